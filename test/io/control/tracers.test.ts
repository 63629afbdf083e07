import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../../src/core/address.ts";
import type { Sighting } from "../../../src/core/verdict/verdict.ts";
import { ONLOOKERS_MAX, Onlookers, SIGHTINGS_A_SECOND } from "../../../src/io/control/tracers.ts";

const addressOf = (text: string) => parseAddress(text) ?? new Int32Array(4);
const X = addressOf("192.0.2.7");
const Y = addressOf("192.0.2.8");

class Eye {
  readonly saw: Sighting[] = [];
  readonly at: Date[] = [];
  readonly missedCounts: number[] = [];
  readonly source?: Int32Array;

  constructor(source?: Int32Array) {
    if (source !== undefined) this.source = source;
  }

  sighting(sighting: Sighting, at: Date): void {
    this.saw.push(sighting);
    this.at.push(at);
  }

  missed(count: number): void {
    this.missedCounts.push(count);
  }
}

/** As the witness does it: asks, and tells if somebody wants to hear. */
function happen(onlookers: Onlookers, source: Int32Array, agoMs = 0): boolean {
  const wanted = onlookers.wants(source, performance.now());
  if (wanted) onlookers.tell({ source: source === X ? "X" : "Y", agoMs, verdicts: [] });
  return wanted;
}

describe("onlookers", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("want nothing while there are none", () => {
    expect(happen(new Onlookers(), X)).toBe(false);
  });

  it("hear what they came for, with its time, until they leave", () => {
    const onlookers = new Onlookers();
    const [all, onlyX] = [new Eye(), new Eye(X)];
    onlookers.add(all);
    const leave = onlookers.add(onlyX);
    happen(onlookers, X);
    happen(onlookers, Y, 400);
    leave?.();
    happen(onlookers, X);
    expect(all.saw.map(({ source }) => source)).toEqual(["X", "Y", "X"]);
    expect(onlyX.saw.map(({ source }) => source)).toEqual(["X"]);
    expect(all.at.map((at) => at.getTime())).toEqual([1_000_000, 999_600, 1_000_000]);
  });

  it("hear a bounded number a second, and how many more there were", () => {
    const onlookers = new Onlookers();
    const eye = new Eye();
    onlookers.add(eye);
    const wanted = Array.from({ length: 10_000 }, () => happen(onlookers, Y)).filter(Boolean);
    expect(wanted).toHaveLength(SIGHTINGS_A_SECOND);
    expect(eye.saw).toHaveLength(SIGHTINGS_A_SECOND);
    vi.advanceTimersByTime(999);
    expect(eye.missedCounts).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(eye.missedCounts).toEqual([10_000 - SIGHTINGS_A_SECOND]);
    vi.advanceTimersByTime(60_000);
    expect(eye.missedCounts).toHaveLength(1);
    expect(happen(onlookers, Y)).toBe(true);
  });

  it("who asked for one address lose none of its knocks in a stranger's flood", () => {
    const onlookers = new Onlookers();
    const [all, onlyX] = [new Eye(), new Eye(X)];
    onlookers.add(all);
    onlookers.add(onlyX);
    for (let knock = 0; knock < 100_000; knock++) happen(onlookers, Y);
    expect(happen(onlookers, X)).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(onlyX.saw.map(({ source }) => source)).toEqual(["X"]);
    expect(onlyX.missedCounts).toEqual([]);
    expect(all.saw.every(({ source }) => source === "Y")).toBe(true);
  });

  it("who left hear no more, not even what they missed", () => {
    const onlookers = new Onlookers();
    const eye = new Eye();
    const leave = onlookers.add(eye);
    for (let knock = 0; knock < 1000; knock++) happen(onlookers, Y);
    leave?.();
    vi.advanceTimersByTime(60_000);
    expect(eye.missedCounts).toEqual([]);
  });

  it("are a bounded number, until one leaves", () => {
    const onlookers = new Onlookers();
    const leaves = Array.from({ length: ONLOOKERS_MAX }, () => onlookers.add(new Eye()));
    expect(onlookers.add(new Eye())).toBeUndefined();
    leaves[0]?.();
    expect(onlookers.add(new Eye())).toBeDefined();
  });
});
