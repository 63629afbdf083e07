import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../../src/core/text/duration.ts";

describe("a time", () => {
  it.each([
    ["0", 0],
    ["30", 30_000],
    ["30s", 30_000],
    ["300ms", 300],
    ["30 s", 30_000],
    [" 30s ", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
    ["1.5", 1500],
    ["0.25s", 250],
    ["1.5h", 5_400_000],
    ["0.0004", 0],
    ["365d", 31_536_000_000],
    ["31536000", 31_536_000_000],
  ])("%j is %i ms", (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each([
    "",
    " ",
    "s",
    "-1",
    "+1",
    "1e3",
    "0x10",
    ".5",
    "5.",
    "1y",
    "1w",
    "10S",
    "10sec",
    "5:30",
    "1h30m",
    "1 2",
    "366d",
    "31536001",
    "Infinity",
    "NaN",
    "9".repeat(400),
  ])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow(
      new RangeError(`expected a time such as 30, 30s, 5m, 1h or 1d (a year at most), got ${JSON.stringify(text)}`),
    );
  });

  it("is whole milliseconds, at most a year, whatever the text", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{0,12}\.?\d{0,5} ?[smhd]?$/), (text) => {
        try {
          const durationMs = parseDuration(text);
          expect(Number.isInteger(durationMs) && durationMs >= 0 && durationMs <= 31_536_000_000).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe("a time that is left", () => {
  it.each([
    [-5, "0s"],
    [0, "0s"],
    [1, "1s"],
    [12_000, "12s"],
    [59_001, "1m 0s"],
    [300_000, "5m 0s"],
    [3_599_000, "59m 59s"],
    [3_661_000, "1h 1m"],
    [90_000_000, "1d 1h"],
    [31_536_000_000, "365d 0h"],
  ])("of %i ms reads %j", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
