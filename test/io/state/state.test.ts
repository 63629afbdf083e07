import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openState } from "../../../src/io/state/state.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

describe("what outlives a run", () => {
  it("keeps the guards where they are, and says nothing", () => {
    const { log, lines } = memoryLog();
    const { guardSecret } = openState(scratch.pathOf("state"), log);
    expect(openState(scratch.pathOf("state"), log).guardSecret).toEqual(guardSecret);
    expect(lines).toEqual([]);
  });

  it("goes on without a place to keep it, and says so", () => {
    const { log, lines } = memoryLog();
    const { guardSecret } = openState(scratch.write("a-file", ""), log);
    expect(guardSecret).toHaveLength(4);
    expect(lines).toEqual([expect.objectContaining({ event: "guard-secret-failed" })]);
  });
});
