import { describe, expect, it } from "vitest";
import { dayNumber, dayText } from "../../../src/core/text/civil-day.ts";

describe("a day of the calendar", () => {
  it("goes both ways for every day of four centuries", () => {
    for (let days = 0; days < 146_097; days++) {
      const written = new Date(days * 86_400_000).toISOString().slice(0, 10);
      if (dayText(days) !== written) expect(dayText(days)).toBe(written);
      const [year = 0, month = 0, day = 0] = written.split("-").map(Number);
      if (dayNumber(year, month, day) !== days) expect(dayNumber(year, month, day)).toBe(days);
    }
  });

  it.each([
    [2027, 2, 29],
    [2027, 13, 1],
    [2027, 0, 1],
    [2027, 4, 31],
    [1969, 12, 31],
    [10_000, 1, 1],
    [Number.NaN, 1, 1],
  ])("%j-%j-%j is none", (year, month, day) => {
    expect(dayNumber(year, month, day)).toBeUndefined();
  });
});
