import { describe, expect, it } from "vitest";
import { NAME_LENGTH_MAX } from "../../src/core/config/blocks.ts";
import { DoorNames } from "../../src/import/door-names.ts";

function named(...names: string[]): string[] {
  const doors = new DoorNames(() => {});
  return names.map((name) => doors.nameFor({ name, line: 1, comments: [], directives: [], after: [] }));
}

describe("the name of an imported door", () => {
  it.each([
    ["openSSH", "openSSH"],
    ["open.ssh_1-a", "open.ssh_1-a"],
    [" open SSH ", "open-SSH"],
    ["22", "door-22"],
    ["_x", "x"],
    ["Gäste", "Gaste"],
    ["ssh!!", "ssh"],
    ["日本", "door"],
    ["a".repeat(200), "a".repeat(NAME_LENGTH_MAX)],
    ["null", "null"],
  ])("of %j is %j", (name, called) => {
    expect(named(name)).toEqual([called]);
  });

  it("is never given twice, however it comes about", () => {
    expect(named("a", "a", "a-2", "a", "a b", "a-b")).toEqual(["a", "a-2", "a-2-2", "a-3", "a-b", "a-b-2"]);
    expect(named("a-2", "a", "a")).toEqual(["a-2", "a", "a-3"]);
    const long = "x".repeat(NAME_LENGTH_MAX);
    expect(named(long, long, long)).toEqual([long, `${long.slice(0, -2)}-2`, `${long.slice(0, -2)}-3`]);
  });

  it("is said only where it changes", () => {
    const said: string[] = [];
    const doors = new DoorNames((line, message) => said.push(`${line}: ${message}`));
    for (const name of ["a", "a", "b c"]) doors.nameFor({ name, line: 7, comments: [], directives: [], after: [] });
    expect(said).toEqual([
      '7: door "a" is called a-2 now, in the log as well: the name is taken already',
      '7: door "b c" is called b-c now, in the log as well: a name has letters, digits, _ . and - here',
    ]);
  });
});
