import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../../src/core/address.ts";
import type { Sighting } from "../../../src/core/verdict/verdict.ts";
import { SIGHTINGS_A_SECOND, TRACERS_MAX, Tracers } from "../../../src/io/control/tracers.ts";

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
function happen(tracers: Tracers, source: Int32Array, agoMs = 0): boolean {
  const wanted = tracers.wants(source, performance.now());
  if (wanted) tracers.tell({ source: source === X ? "X" : "Y", agoMs, verdicts: [] });
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
    expect(happen(new Tracers(), X)).toBe(false);
  });

  it("hear what they came for, with its time, until they leave", () => {
    const tracers = new Tracers();
    const [all, onlyX] = [new Eye(), new Eye(X)];
    tracers.add(all);
    const leave = tracers.add(onlyX);
    happen(tracers, X);
    happen(tracers, Y, 400);
    leave?.();
    happen(tracers, X);
    expect(all.saw.map(({ source }) => source)).toEqual(["X", "Y", "X"]);
    expect(onlyX.saw.map(({ source }) => source)).toEqual(["X"]);
    expect(all.at.map((at) => at.getTime())).toEqual([1_000_000, 999_600, 1_000_000]);
  });

  it("hear a bounded number a second, and how many more there were", () => {
    const tracers = new Tracers();
    const eye = new Eye();
    tracers.add(eye);
    const wanted = Array.from({ length: 10_000 }, () => happen(tracers, Y)).filter(Boolean);
    expect(wanted).toHaveLength(SIGHTINGS_A_SECOND);
    expect(eye.saw).toHaveLength(SIGHTINGS_A_SECOND);
    vi.advanceTimersByTime(999);
    expect(eye.missedCounts).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(eye.missedCounts).toEqual([10_000 - SIGHTINGS_A_SECOND]);
    vi.advanceTimersByTime(60_000);
    expect(eye.missedCounts).toHaveLength(1);
    expect(happen(tracers, Y)).toBe(true);
  });

  it("who asked for one address lose none of its knocks in a stranger's flood", () => {
    const tracers = new Tracers();
    const [all, onlyX] = [new Eye(), new Eye(X)];
    tracers.add(all);
    tracers.add(onlyX);
    for (let knock = 0; knock < 100_000; knock++) happen(tracers, Y);
    expect(happen(tracers, X)).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(onlyX.saw.map(({ source }) => source)).toEqual(["X"]);
    expect(onlyX.missedCounts).toEqual([]);
    expect(all.saw.every(({ source }) => source === "Y")).toBe(true);
  });

  it("who left hear no more, not even what they missed", () => {
    const tracers = new Tracers();
    const eye = new Eye();
    const leave = tracers.add(eye);
    for (let knock = 0; knock < 1000; knock++) happen(tracers, Y);
    leave?.();
    vi.advanceTimersByTime(60_000);
    expect(eye.missedCounts).toEqual([]);
  });

  it("are a bounded number, until one leaves", () => {
    const tracers = new Tracers();
    const leaves = Array.from({ length: TRACERS_MAX }, () => tracers.add(new Eye()));
    expect(tracers.add(new Eye())).toBeUndefined();
    leaves[0]?.();
    expect(tracers.add(new Eye())).toBeDefined();
  });
});
