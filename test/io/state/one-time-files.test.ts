import { readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatPort } from "../../../src/core/port.ts";
import { OneTimeFiles } from "../../../src/io/state/one-time-files.ts";
import { door } from "../../support/doors.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

function oneTimeDoor(text: string) {
  const path = scratch.write("sequences", text);
  const doors = [door({ name: "plain" }), door({ name: "once", one_time_sequences: path })];
  const { log, messages } = memoryLog();
  const files = new OneTimeFiles(doors, log);
  const [plain = door(), once = door()] = doors;
  const sequences = () => files.current(doors).map((each) => each.sequence.map(formatPort).join(" "));
  return { path, files, plain, once, messages, sequences };
}

const PLAIN = "7000/tcp 8000/tcp 9000/tcp";

describe("the doors with one-time sequences", () => {
  it("are knocked at with one sequence after the other, until none is left", () => {
    const { path, files, once, messages, sequences } = oneTimeDoor("1,2\n3,4/udp\n");
    expect(sequences()).toEqual([PLAIN, "1/tcp 2/tcp"]);
    expect(files.spend(once)).toBe(true);
    expect(sequences()).toEqual([PLAIN, "3/tcp 4/udp"]);
    expect(files.spend(once)).toBe(true);
    expect(sequences()).toEqual([PLAIN, ""]);
    expect(readFileSync(path, "utf8")).toBe("#,2\n#,4/udp\n");
    expect(messages()).toEqual([
      "once: one-time sequence used, 1 left",
      "once: no one-time sequence left, the door is disabled",
    ]);
  });

  it("leave the others as they are", () => {
    const { files, plain, messages } = oneTimeDoor("1,2\n");
    expect(files.spend(plain)).toBe(false);
    expect(messages()).toEqual([]);
  });

  it("say at once what their file lacks", () => {
    expect(oneTimeDoor("nonsense\n70000\n").messages()).toEqual([
      "once: 2 unreadable lines in the file of one-time sequences",
      "once: no one-time sequence left, the door is disabled",
    ]);
  });

  it("are disabled alone when their file cannot be read", () => {
    const doors = [door({ name: "plain" }), door({ name: "once", one_time_sequences: scratch.pathOf("nowhere") })];
    const { log, messages } = memoryLog();
    const files = new OneTimeFiles(doors, log);
    expect(files.current(doors).map(({ sequence }) => sequence.length)).toEqual([3, 0]);
    expect(messages()).toEqual([
      expect.stringMatching(/^once: cannot read ".*", the door is disabled: no such file or directory$/),
    ]);
  });

  it("let an honest knocker in though the used sequence cannot be struck out, and say so", () => {
    const { path, files, once, messages, sequences } = oneTimeDoor("1,2\n3,4\n");
    rmSync(path);
    expect(files.spend(once)).toBe(true);
    expect(sequences()).toEqual([PLAIN, "3/tcp 4/tcp"]);
    expect(messages()).toEqual([
      expect.stringMatching(
        /^once: cannot strike out the used one-time sequence, it will work again after a restart: no such file or directory$/,
      ),
      "once: one-time sequence used, 1 left",
    ]);
  });
});
