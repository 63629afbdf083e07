import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Alarm } from "../../src/io/alarm.ts";

const DAY_MS = 86_400_000;

describe("an alarm", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function alarmThatCounts() {
    const rung: number[] = [];
    const startMs = performance.now();
    const alarm = new Alarm(() => rung.push(Math.round(performance.now() - startMs)));
    return { alarm, rung, in: (ms: number) => startMs + ms };
  }

  it("rings once at its time, and never before", () => {
    const { alarm, rung, in: at } = alarmThatCounts();
    alarm.set(at(1000));
    vi.advanceTimersByTime(999);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(5000);
    expect(rung).toEqual([1000]);
  });

  it("rounds up, so that what is due is due when it rings", () => {
    const { alarm, rung, in: at } = alarmThatCounts();
    alarm.set(at(10.2));
    vi.advanceTimersByTime(10);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rung).toEqual([11]);
  });

  it("rings as soon as it can for a time that is over", () => {
    const { alarm, rung, in: at } = alarmThatCounts();
    alarm.set(at(-500));
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rung).toHaveLength(1);
  });

  it("forgets its time for a new one, later or earlier, and for none", () => {
    const { alarm, rung, in: at } = alarmThatCounts();
    alarm.set(at(100));
    alarm.set(at(200));
    vi.advanceTimersByTime(150);
    expect(rung).toEqual([]);
    alarm.set(at(160));
    vi.advanceTimersByTime(100);
    expect(rung).toEqual([160]);
    alarm.set(at(300));
    alarm.set(undefined);
    vi.advanceTimersByTime(1000);
    expect(rung).toEqual([160]);
  });

  it("rings within a day for a time that is too far away for one timer, to be set again", () => {
    const { alarm, rung, in: at } = alarmThatCounts();
    alarm.set(at(365 * DAY_MS));
    vi.advanceTimersByTime(DAY_MS - 1);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rung).toEqual([DAY_MS]);
  });
});
