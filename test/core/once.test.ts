import { describe, expect, it } from "vitest";
import { OnceMemory, onceLine, readOnce } from "../../src/core/once.ts";

const AGE_MS = 120_000;
const NOW_MS = 1_800_000_000_000;
const fingerprintOf = (number: number): string => String(number).padStart(43, "x");

const OWNER = { owner: "alice" };

/** Of one key. */
function memoryOf(count: number, max?: number): OnceMemory {
  const memory = new OnceMemory(max, 0);
  for (let number = 0; number < count; number++)
    memory.add({ fingerprint: fingerprintOf(number), timeMs: NOW_MS, ...OWNER }, NOW_MS, AGE_MS);
  return memory;
}

function linesOf(memory: OnceMemory): string[] {
  return [...memory.lines()].map((line) => line.slice(0, -1));
}

describe("the memory of used packets", () => {
  it("knows what was used", () => {
    const memory = memoryOf(2);
    expect([0, 1, 2].map((number) => memory.has(fingerprintOf(number)))).toEqual([true, true, false]);
    expect(memory.mayHaveForgotten(0)).toBe(false);
  });

  it("is full at its bound, and forgets nothing early to make room", () => {
    const memory = memoryOf(100, 100);
    expect(memory.add({ fingerprint: fingerprintOf(100), timeMs: NOW_MS, ...OWNER }, NOW_MS, AGE_MS)).toBe(false);
    expect(memory.size).toBe(100);
    expect(memory.has(fingerprintOf(0))).toBe(true);
  });

  it("keeps each for two age limits after it was used at least, then makes room", () => {
    const memory = new OnceMemory(1, 0);
    const used = { fingerprint: fingerprintOf(0), timeMs: NOW_MS - AGE_MS, ...OWNER };
    expect(memory.add(used, NOW_MS, AGE_MS)).toBe(true);
    const next = { fingerprint: fingerprintOf(1), timeMs: NOW_MS + 2 * AGE_MS, ...OWNER };
    expect(memory.add(next, NOW_MS + 2 * AGE_MS, AGE_MS)).toBe(false);
    expect(memory.has(used.fingerprint)).toBe(true);
    expect(memory.add(next, NOW_MS + 2 * AGE_MS + 1, AGE_MS)).toBe(true);
    expect(memory.has(used.fingerprint)).toBe(false);
  });

  it("refuses what is as old as what it has forgotten, also when the clock goes back or the limit grows", () => {
    const memory = new OnceMemory(1, 0);
    memory.add({ fingerprint: fingerprintOf(0), timeMs: NOW_MS, ...OWNER }, NOW_MS, AGE_MS);
    // The clock was an hour ahead for a moment.
    memory.add({ fingerprint: fingerprintOf(1), timeMs: NOW_MS + 3_600_000, ...OWNER }, NOW_MS + 3_600_000, AGE_MS);
    expect(memory.mayHaveForgotten(NOW_MS)).toBe(true);
    expect(memory.mayHaveForgotten(NOW_MS + 1000)).toBe(false);
  });

  it("does not look through all of itself for each packet", () => {
    const memory = memoryOf(5000);
    expect(memory.size).toBe(5000);
    memory.add({ fingerprint: fingerprintOf(9999), timeMs: NOW_MS + 400_000, ...OWNER }, NOW_MS + 400_000, AGE_MS);
    // The next look is when it has doubled.
    expect(memory.size).toBe(5001);
  });

  it("goes through a file and back", () => {
    const memory = memoryOf(3);
    memory.raiseFloor(NOW_MS - 7);
    const kept = readOnce(linesOf(memory));
    expect(kept).toEqual({
      entries: [0, 1, 2].map((number) => ({ fingerprint: fingerprintOf(number), timeMs: NOW_MS })),
      floorMs: NOW_MS - 7,
      damaged: 0,
    });
    const next = new OnceMemory();
    if (kept !== undefined) next.restore(kept);
    expect(linesOf(next)).toEqual(linesOf(memory));
  });

  it("that takes up more than it may refuses what it could not take up", () => {
    const kept = readOnce(linesOf(memoryOf(3)));
    const small = new OnceMemory(2, 0);
    if (kept !== undefined) small.restore(kept);
    expect(small.size).toBe(2);
    expect(small.mayHaveForgotten(NOW_MS)).toBe(true);
  });
});

describe("the lines of used packets", () => {
  const lines = [...linesOf(memoryOf(2)), onceLine({ fingerprint: fingerprintOf(2), timeMs: NOW_MS + 1000 }).trim()];

  it.each([
    ["there are none", []],
    ["the first one is cut short", ["flo", ...lines.slice(1)]],
    ["they are another file's", ["doors: {}"]],
    ["they are zeros, which a power cut has left", ["\0\0\0\0"]],
  ])("are none if %s", (_how, damaged) => {
    expect(readOnce(damaged)).toBeUndefined();
  });

  it("say how many of them are damaged", () => {
    const damaged = [lines[0] ?? "", "rubbish", `${fingerprintOf(1)} -5`, lines[3] ?? ""];
    expect(readOnce(damaged)).toMatchObject({ damaged: 2, entries: [{ fingerprint: fingerprintOf(2) }] });
  });
});
