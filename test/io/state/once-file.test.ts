import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OnceFile } from "../../../src/io/state/once-file.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { Scratch } from "../../support/scratch.ts";

const AGE_MS = 120_000;
const NOW_MS = Date.UTC(2026, 10, 30);
const fingerprintOf = (number: number): string => String(number).padStart(43, "x");

describe("the file of used packets", () => {
  const scratch = new Scratch();
  let log = memoryLog();
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW_MS });
    scratch.make();
    log = memoryLog();
  });
  afterEach(() => {
    vi.useRealTimers();
    scratch.remove();
  });

  const fileOf = (directory = scratch.path, boot = "boot-1", firstRun = true) =>
    new OnceFile(directory, log.log, { boot, firstRun });
  const use = (file: OnceFile, number: number, nowMs = NOW_MS) =>
    file.add({ fingerprint: fingerprintOf(number), timeMs: nowMs, owner: "alice" }, nowMs, AGE_MS);

  it("tells the next run what was used, without a word of goodbye from the last", () => {
    const first = fileOf();
    expect(first.load()).toBeUndefined();
    for (let number = 0; number < 3; number++) expect(use(first, number)).toBe(true);
    const next = fileOf();
    expect(next.load()).toBeUndefined();
    expect([0, 1, 2, 3].map((number) => next.has(fingerprintOf(number)))).toEqual([true, true, true, false]);
    expect(next.mayHaveForgotten(NOW_MS - 1)).toBe(false);
    expect(log.lines).toEqual([]);
    expect(statSync(scratch.pathOf("replays")).mode & 0o777).toBe(0o600);
  });

  it("is read once: what is asked again at a reload was used in this run", () => {
    const file = fileOf();
    file.load();
    use(file, 1);
    writeFileSync(scratch.pathOf("replays"), "rubbish");
    expect(file.load()).toBeUndefined();
    expect(file.has(fingerprintOf(1))).toBe(true);
  });

  it("may end in half a line", () => {
    const first = fileOf();
    first.load();
    use(first, 1);
    use(first, 2);
    const text = readFileSync(scratch.pathOf("replays"), "utf8");
    writeFileSync(scratch.pathOf("replays"), text.slice(0, -20));
    const next = fileOf();
    expect(next.load()).toBeUndefined();
    expect([1, 2].map((number) => next.has(fingerprintOf(number)))).toEqual([true, false]);
    // What the half line was, we cannot know.
    expect(next.mayHaveForgotten(NOW_MS)).toBe(true);
    use(next, 3);
    const last = fileOf();
    expect(last.load()).toBeUndefined();
    expect(last.has(fingerprintOf(3))).toBe(true);
  });

  it.each([
    ["rubbish", /replays is damaged$/],
    ["", /replays is damaged$/],
    [`knockd replays 2 boot-1\nfloor -1\nrubbish\n${fingerprintOf(1)} 5\n`, /^1 damaged lines in /],
  ])("that holds %j is a reason to refuse what is older than now", (text, problem) => {
    writeFileSync(scratch.pathOf("replays"), text);
    const file = fileOf();
    expect(file.load()).toMatch(problem);
    expect(file.mayHaveForgotten(NOW_MS)).toBe(true);
    expect(file.mayHaveForgotten(NOW_MS + 1)).toBe(false);
    // What it knows all the same counts, too.
    expect(file.has(fingerprintOf(1))).toBe(text.includes("x1 5"));
    use(file, 2);
    const next = fileOf();
    expect(next.load()).toBeUndefined();
    expect(next.has(fingerprintOf(2))).toBe(true);
    expect(next.mayHaveForgotten(NOW_MS)).toBe(true);
  });

  it("that cannot be made is said at once, and for each packet", () => {
    const directory = scratch.write("not-a-directory", "");
    const file = fileOf(directory);
    expect(file.load()).toMatch(/exists|not a directory/);
    expect(file.mayHaveForgotten(NOW_MS - 1)).toBe(true);
    expect(use(file, 1)).toBe(true);
    expect(file.has(fingerprintOf(1))).toBe(true);
    expect(log.messages()).toEqual([
      expect.stringMatching(
        /^cannot note that a signed packet was used, after a restart only newer ones will be taken: /,
      ),
    ]);
  });

  it("that cannot be continued tells the next run that it does not know all", () => {
    const directory = scratch.pathOf("state");
    mkdirSync(directory);
    const file = fileOf(directory);
    file.load();
    use(file, 1);
    // A directory in the way of the draft: writing anew fails, as on a full disk.
    mkdirSync(`${directory}/replays.new`);
    let number = 2;
    while (log.lines.length === 0 && number < 20_000) use(file, number++);
    expect(log.messages()[0]).toMatch(/directory/);
    expect(readFileSync(`${directory}/replays`, "utf8")).toBe("");
    rmSync(`${directory}/replays.new`, { recursive: true });
    const next = fileOf(directory);
    expect(next.load()).toMatch(/damaged/);
    expect(next.mayHaveForgotten(NOW_MS)).toBe(true);
    // This run writes all that it knows once it can.
    expect(use(file, number)).toBe(true);
    const last = fileOf(directory);
    expect(last.load()).toBeUndefined();
    expect(last.has(fingerprintOf(1))).toBe(true);
  });

  it("is written anew when it has grown, and stays small", () => {
    const file = fileOf();
    file.load();
    for (let number = 0; number < 20_000; number++) use(file, number, NOW_MS + number * 1000);
    expect(statSync(scratch.pathOf("replays")).size).toBeLessThan(400_000);
  });
});
