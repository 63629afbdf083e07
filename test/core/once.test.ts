import { describe, expect, it } from "vitest";
import { OnceMemory, onceLine, readOnce } from "../../src/core/once.ts";

const AGE_MS = 120_000;
const NOW_MS = 1_800_000_000_000;
const fingerprintOf = (number: number): string => String(number).padStart(43, "x");

function memoryOf(count: number, max?: number): OnceMemory {
  const memory = new OnceMemory(max);
  for (let number = 0; number < count; number++)
    memory.add({ fingerprint: fingerprintOf(number), timeMs: NOW_MS }, NOW_MS, AGE_MS);
  return memory;
}

describe("the memory of used packets", () => {
  it("knows what was used", () => {
    const memory = memoryOf(2);
    expect([0, 1, 2].map((number) => memory.has(fingerprintOf(number)))).toEqual([true, true, false]);
    expect(memory.mayHaveForgotten(0)).toBe(false);
  });

  it("is full at its bound, and forgets nothing early to make room", () => {
    const memory = memoryOf(100, 100);
    expect(memory.add({ fingerprint: fingerprintOf(100), timeMs: NOW_MS }, NOW_MS, AGE_MS)).toBe(false);
    expect(memory.size).toBe(100);
    expect(memory.has(fingerprintOf(0))).toBe(true);
  });

  it("keeps each for two age limits after it was used at least, then makes room", () => {
    const memory = new OnceMemory(1);
    const used = { fingerprint: fingerprintOf(0), timeMs: NOW_MS - AGE_MS };
    expect(memory.add(used, NOW_MS, AGE_MS)).toBe(true);
    const next = { fingerprint: fingerprintOf(1), timeMs: NOW_MS + 2 * AGE_MS };
    expect(memory.add(next, NOW_MS + 2 * AGE_MS, AGE_MS)).toBe(false);
    expect(memory.has(used.fingerprint)).toBe(true);
    expect(memory.add(next, NOW_MS + 2 * AGE_MS + 1, AGE_MS)).toBe(true);
    expect(memory.has(used.fingerprint)).toBe(false);
  });

  it("refuses what is as old as what it has forgotten, also when the clock goes back or the limit grows", () => {
    const memory = new OnceMemory(1);
    memory.add({ fingerprint: fingerprintOf(0), timeMs: NOW_MS }, NOW_MS, AGE_MS);
    // The clock was an hour ahead for a moment.
    memory.add({ fingerprint: fingerprintOf(1), timeMs: NOW_MS + 3_600_000 }, NOW_MS + 3_600_000, AGE_MS);
    expect(memory.mayHaveForgotten(NOW_MS)).toBe(true);
    expect(memory.mayHaveForgotten(NOW_MS + 1000)).toBe(false);
  });

  it("does not look through all of itself for each packet", () => {
    const memory = memoryOf(5000);
    expect(memory.size).toBe(5000);
    memory.add({ fingerprint: fingerprintOf(9999), timeMs: NOW_MS + 400_000 }, NOW_MS + 400_000, AGE_MS);
    // The next look is when it has doubled.
    expect(memory.size).toBe(5001);
  });

  it("goes through a file and back", () => {
    const memory = memoryOf(3);
    memory.raiseFloor(NOW_MS - 7);
    const kept = readOnce(memory.text());
    expect(kept).toEqual({
      entries: [0, 1, 2].map((number) => ({ fingerprint: fingerprintOf(number), timeMs: NOW_MS })),
      floorMs: NOW_MS - 7,
      damaged: 0,
    });
    const next = new OnceMemory();
    if (kept !== undefined) next.restore(kept);
    expect(next.text()).toBe(memory.text());
  });

  it("that takes up more than it may refuses what it could not take up", () => {
    const kept = readOnce(memoryOf(3).text());
    const small = new OnceMemory(2);
    if (kept !== undefined) small.restore(kept);
    expect(small.size).toBe(2);
    expect(small.mayHaveForgotten(NOW_MS)).toBe(true);
  });
});

describe("the file of used packets", () => {
  const text = memoryOf(2).text() + onceLine({ fingerprint: fingerprintOf(2), timeMs: NOW_MS + 1000 });

  it("may end in the middle of a line: we were killed before that packet opened anything", () => {
    for (let end = "knockd replays 1 -1\n".length; end <= text.length; end++) {
      const whole = text.slice(0, end).split("\n").length - 2;
      expect(readOnce(text.slice(0, end))).toMatchObject({ damaged: 0 });
      expect(readOnce(text.slice(0, end))?.entries.length).toBe(whole);
    }
  });

  it.each([
    ["is empty", ""],
    ["has half a first line", text.slice(0, 10)],
    ["is another file", "doors: {}\n"],
    ["has another version", text.replace("replays 1", "replays 2")],
  ])("is none if it %s", (_how, damaged) => {
    expect(readOnce(damaged)).toBeUndefined();
  });

  it("says how many of its lines are damaged", () => {
    const lines = text.split("\n");
    lines[1] = "rubbish";
    lines[2] = `${fingerprintOf(1)} -5`;
    expect(readOnce(lines.join("\n"))).toMatchObject({ damaged: 2, entries: [{ fingerprint: fingerprintOf(2) }] });
  });
});
