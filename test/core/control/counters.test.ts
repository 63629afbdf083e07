import { describe, expect, it } from "vitest";
import { Counters } from "../../../src/core/control/counters.ts";

describe("counters of doors", () => {
  it("stand at zero before anything has happened", () => {
    const counters = new Counters();
    counters.apply([{ name: "ssh" }, { name: "web" }]);
    const zero = { openings: 0, extensions: 0, closings: 0, commands: 0, commandFailures: 0 };
    expect([...counters.doors]).toEqual([
      ["ssh", zero],
      ["web", zero],
    ]);
  });

  it("go on over a reload for doors that stay, and end for those that go", () => {
    const counters = new Counters();
    counters.apply([{ name: "ssh" }, { name: "web" }]);
    counters.of("ssh").openings++;
    counters.of("web").openings++;
    counters.apply([{ name: "ssh" }, { name: "mail" }]);
    expect([...counters.doors.keys()]).toEqual(["ssh", "mail"]);
    expect(counters.of("ssh").openings).toBe(1);
  });
});
