import { describe, expect, it } from "vitest";
import { LINES_MAX, LineLimit } from "../../../src/core/text/line-limit.ts";

const admitted = (limit: LineLimit, count: number, event: string, door?: string): number =>
  Array.from({ length: count }, () => limit.admit(event, door)).filter((yes) => yes).length;

describe("the limit on lines", () => {
  it("admits so many of a kind in a minute, and says how many it left out", () => {
    const limit = new LineLimit(3);
    expect(admitted(limit, 10, "opened", "ssh")).toBe(3);
    expect(limit.turn()).toEqual([{ kind: { event: "opened", door: "ssh" }, lines: 7, addresses: [] }]);
  });

  it("begins each minute anew", () => {
    const limit = new LineLimit(3);
    admitted(limit, 10, "opened", "ssh");
    limit.turn();
    expect(admitted(limit, 3, "opened", "ssh")).toBe(3);
    expect(limit.turn()).toEqual([]);
  });

  it("lets one door's flood hide neither another door's lines nor another event's", () => {
    const limit = new LineLimit(3);
    admitted(limit, 1000, "opened", "ssh");
    expect(admitted(limit, 3, "opened", "web")).toBe(3);
    expect(admitted(limit, 3, "closed", "ssh")).toBe(3);
    expect(admitted(limit, 3, "opened")).toBe(3);
  });

  it("has room for what honest people do", () => {
    expect(admitted(new LineLimit(), 10_000, "opened", "ssh")).toBe(LINES_MAX);
    expect(LINES_MAX).toBe(1000);
  });
});
