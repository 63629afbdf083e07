// The attack: a packet or a code that was used is kept, and sent again after a power cut has taken the last line of the file of
// used ones (cut short, lost, zeroed), or after the file is gone. What may have been used before this run is refused.

import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openState, type State } from "../../src/io/state/state.ts";
import { memoryLog } from "../support/memory-log.ts";
import { Scratch } from "../support/scratch.ts";

const AGE_MS = 120_000;
const FILES = { usedPackets: "replays", usedCodes: "used-codes" } as const;
const fingerprint = (number: number): string => String(number).padStart(43, "x");

describe.each(["usedPackets", "usedCodes"] as const)("after a power cut, what is in %s", (which) => {
  const scratch = new Scratch();
  let log = memoryLog();
  let usedMs = 0;
  beforeEach(() => {
    scratch.make();
    log = memoryLog();
  });
  afterEach(() => scratch.remove());

  const path = (): string => scratch.pathOf(FILES[which]);
  const start = (): State[typeof which] => {
    const used = openState(scratch.path, log.log)[which];
    used.load();
    return used;
  };
  /** Two were used, and then the machine lost power. `disk` says what it did to the file. */
  function restarted(disk: (bytes: Buffer) => void): State[typeof which] {
    const before = start();
    usedMs = Date.now();
    for (const number of [1, 2])
      before.add({ fingerprint: fingerprint(number), timeMs: usedMs, owner: "alice" }, usedMs, AGE_MS);
    disk(readFileSync(path()));
    return start();
  }
  const isRefused = (used: State[typeof which], number: number): boolean =>
    used.has(fingerprint(number)) || used.mayHaveForgotten(usedMs);
  /** As the next boot finds it. */
  const ofOtherBoot = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString().replace(/^(knockd \S+ \d+ )\S+/, "$1another-boot"));
  const lastLine = (bytes: Buffer): number => bytes.lastIndexOf("\n", bytes.length - 2) + 1;

  it.each<[string, (bytes: Buffer) => void]>([
    ["was lost with its last line", (bytes) => writeFileSync(path(), ofOtherBoot(bytes.subarray(0, lastLine(bytes))))],
    ["was lost with all but the first line", () => writeFileSync(path(), "knockd replays 2 another-boot\nfloor -1\n")],
    ["was cut short", (bytes) => truncateSync(path(), bytes.length - 5)],
    ["was zeroed", (bytes) => writeFileSync(path(), ofOtherBoot(Buffer.from(bytes).fill(0, lastLine(bytes))))],
    ["was zeroed from the first byte", (bytes) => writeFileSync(path(), Buffer.alloc(bytes.length))],
    ["is gone, and the guard secret is there", () => rmSync(path())],
  ])("%s is good no more", (_how, disk) => {
    const used = restarted(disk);
    expect([1, 2].map((number) => isRefused(used, number))).toEqual([true, true]);
    // What is new opens.
    expect(used.mayHaveForgotten(Date.now() + 1)).toBe(false);
    expect(used.add({ fingerprint: fingerprint(3), timeMs: Date.now(), owner: "alice" }, Date.now(), AGE_MS)).toBe(
      true,
    );
  });

  it("is all known within one boot, so nothing but what was used is refused", () => {
    const used = restarted(() => {});
    expect([1, 2, 3].map((number) => used.has(fingerprint(number)))).toEqual([true, true, false]);
    expect(used.mayHaveForgotten(usedMs)).toBe(false);
  });

  it("was nothing at the very first start", () => {
    expect(start().mayHaveForgotten(Date.now() - 1)).toBe(false);
  });

  it("was nothing where the first start came to nothing, and the next one is the first to read", () => {
    openState(scratch.path, log.log);
    expect(start().mayHaveForgotten(Date.now() - 1)).toBe(false);
  });
});
