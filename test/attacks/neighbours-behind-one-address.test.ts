// The attack that is none: two people behind one address knock at the same time. Where an address had one attempt at a door, and
// each watched port ended all others, neither got in.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DoorOptions } from "../support/doors.ts";
import { startRig, stopClock } from "../support/rig.ts";

const A: DoorOptions = { name: "A", sequence: "21347,9283,52917", start_command: "A" };
const B: DoorOptions = { name: "B", sequence: "35104,14733,61250", start_command: "B" };
const ONE = ["S21347", "S9283", "S52917"];
const OTHER = ["S35104", "S14733", "S61250"];

beforeEach(stopClock);
afterEach(() => vi.useRealTimers());

/** All ways in which two rows of three fall into each other. */
function interleavings<T>(one: readonly T[], other: readonly T[]): T[][] {
  const [first, ...rest] = one;
  const [second, ...later] = other;
  if (first === undefined || second === undefined) return [[...one, ...other]];
  return [
    ...interleavings(rest, other).map((row) => [first, ...row]),
    ...interleavings(one, later).map((row) => [second, ...row]),
  ];
}

describe("two people behind one address", () => {
  it.each(interleavings(ONE, OTHER).map((row) => [row.join(" ")]))("open two doors: %s", async (knocks) => {
    const rig = await startRig([A, B]);
    await rig.play(knocks);
    expect([...rig.ran].sort()).toEqual(["A", "B"]);
    await rig.daemon.stop();
  });

  it.each(interleavings(ONE, ONE).map((row) => [row.join(" ")]))("open the same door: %s", async (knocks) => {
    const rig = await startRig([A]);
    await rig.play(knocks);
    expect(rig.ran.length).toBeGreaterThan(0);
    // Where the second is overtaken, the door is open for the address all the same.
    if (!knocks.includes("S52917 S52917") || knocks.startsWith("S21347 S21347")) expect(rig.ran).toEqual(["A", "A"]);
    await rig.daemon.stop();
  });
});
