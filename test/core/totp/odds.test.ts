// The odds of guessing a code that SECURITY.md states, calculated from the bounds that the code itself has.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FAILURES_MAX, LOCKED_MS, Lockouts } from "../../../src/core/totp/lockout.ts";
import { DRIFT_STEPS } from "../../../src/core/totp/window.ts";

const SECURITY = readFileSync(fileURLToPath(new URL("../../../SECURITY.md", import.meta.url)), "utf8").replace(
  /\s+/g,
  " ",
);
const GOOD_CODES = 2 * DRIFT_STEPS + 1;
const DAY_MINUTES = 24 * 60;
const GUESSER = Int32Array.of(0, 0, 0xffff, 7);

/** How many wrong codes a source gets through in a day that always sends the next one as soon as it may. */
function guessesADay(): number {
  const lockouts = new Lockouts(1, 8);
  let guesses = 0;
  for (let nowMs = 0; nowMs < DAY_MINUTES * 60_000; ) {
    const leftMs = lockouts.leftMs(GUESSER, 0, nowMs);
    if (leftMs > 0) nowMs += leftMs;
    else lockouts.fail(GUESSER, 0, guesses++, nowMs);
  }
  return guesses;
}

/** The chance that at least one of so many guesses is good. */
function chance(guesses: number, digits: number): number {
  return 1 - (1 - GOOD_CODES / 10 ** digits) ** guesses;
}

/** Minutes until the chance is one half. */
function halfMinutes(addresses: number, digits: number): number {
  return Math.log(0.5) / Math.log(1 - GOOD_CODES / 10 ** digits) / (FAILURES_MAX * addresses);
}

describe("the odds of guessing", () => {
  it("let one source try five codes a minute, 7,200 a day", () => {
    expect(guessesADay()).toBe((FAILURES_MAX * DAY_MINUTES * 60_000) / LOCKED_MS);
    expect(guessesADay()).toBe(7200);
    expect(SECURITY).toContain("7,200 a day");
  });

  it("are 3 in a million a guess with 6 digits, 3 in a hundred million with 8", () => {
    expect(GOOD_CODES).toBe(3);
    expect(SECURITY).toContain("3 in 1,000,000");
    expect(SECURITY).toContain("3 in 100,000,000");
  });

  it.each([
    [1, 6, (minutes: number) => minutes / DAY_MINUTES, 32, "32 days"],
    [1000, 6, (minutes: number) => minutes, 46, "46 minutes"],
    [10_000, 6, (minutes: number) => minutes, 4.6, "4.6 minutes"],
    [1, 8, (minutes: number) => minutes / DAY_MINUTES / 365.25, 8.8, "8.8 years"],
    [1000, 8, (minutes: number) => minutes / DAY_MINUTES, 3.2, "3.2 days"],
    [10_000, 8, (minutes: number) => minutes / 60, 7.7, "7.7 hours"],
  ])(
    "of one half take %i addresses with %i digits as long as SECURITY.md says",
    (addresses, digits, inUnit, time, text) => {
      const exact = inUnit(halfMinutes(addresses, digits));
      expect(Number(exact.toFixed(time < 10 ? 1 : 0))).toBe(time);
      expect(SECURITY).toContain(text);
    },
  );

  it("of a day are 2.1 % for one source with 6 digits, 0.02 % with 8", () => {
    expect((100 * chance(7200, 6)).toFixed(1)).toBe("2.1");
    expect((100 * chance(7200, 8)).toFixed(2)).toBe("0.02");
    expect(SECURITY).toContain("2.1 %");
    expect(SECURITY).toContain("0.02 %");
  });

  it("of a scan in random order are at most five guesses, 15 in a million", () => {
    expect(chance(FAILURES_MAX, 6) * 1e6).toBeCloseTo(15, 1);
    expect(SECURITY).toContain("15 in a million");
  });
});
