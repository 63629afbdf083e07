// The odds of guessing a code that SECURITY.md states, calculated from the bounds that the code itself has.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { BUDGETS, FAILURES_MAX, Suspicion, WITHIN_MS } from "../../../src/core/totp/suspicion.ts";
import { DRIFT_STEPS } from "../../../src/core/totp/window.ts";

const SECURITY = readFileSync(fileURLToPath(new URL("../../../SECURITY.md", import.meta.url)), "utf8").replace(
  /\s+/g,
  " ",
);
const GOOD_CODES = 2 * DRIFT_STEPS + 1;
const DAY_MINUTES = 24 * 60;
const GUESSER = Int32Array.of(0, 0, 0xffff, 7);
const ALL_A_MINUTE = BUDGETS.at(-1)?.failures ?? 0;

/** How many wrong codes a source sends in a day that never lets two be asked for: a right one among them would have opened. */
function guessesADay(): number {
  const suspicion = new Suspicion(1, 64);
  let guesses = 0;
  for (let nowMs = 0; nowMs < DAY_MINUTES * 60_000; ) {
    if (suspicion.of(GUESSER, 0, nowMs) !== undefined) nowMs += WITHIN_MS;
    else suspicion.fail(GUESSER, 0, guesses++, nowMs);
  }
  return guesses;
}

/** The chance that at least one of so many guesses is good. */
function chance(guesses: number, digits: number): number {
  return 1 - (1 - GOOD_CODES / 10 ** digits) ** guesses;
}

/** Minutes until the chance is one half, with so many guesses a minute. */
function halfMinutes(guesses: number, digits: number): number {
  return Math.log(0.5) / Math.log(1 - GOOD_CODES / 10 ** digits) / guesses;
}

describe("the odds of guessing", () => {
  it("let one source try five codes a minute that a right one among would open, 7,200 a day", () => {
    expect(guessesADay()).toBe(FAILURES_MAX * DAY_MINUTES);
    expect(SECURITY).toContain("7,200 a day");
  });

  it("let all sources together try 200 a minute, however many addresses they have", () => {
    expect(ALL_A_MINUTE).toBe(200);
    expect(SECURITY).toContain("200 a minute");
  });

  it("are 3 in a million a guess with 6 digits, 3 in a hundred million with 8", () => {
    expect(GOOD_CODES).toBe(3);
    expect(SECURITY).toContain("3 in 1,000,000");
    expect(SECURITY).toContain("3 in 100,000,000");
  });

  it("of two in a row are about 1 in 10^11 with 6 digits, 1 in 10^15 with 8", () => {
    // The second has one step that it may be of.
    expect(-Math.log10((GOOD_CODES / 1e6) * (1 / 1e6))).toBeGreaterThan(11);
    expect(-Math.log10((GOOD_CODES / 1e8) * (1 / 1e8))).toBeGreaterThan(15);
    expect(SECURITY).toContain("10^11");
    expect(SECURITY).toContain("10^15");
  });

  it.each([
    [FAILURES_MAX, 6, DAY_MINUTES, 32, "32 days"],
    [ALL_A_MINUTE, 6, 60, 19, "19 hours"],
    [FAILURES_MAX, 8, DAY_MINUTES * 365.25, 8.8, "8.8 years"],
    [ALL_A_MINUTE, 8, DAY_MINUTES, 80, "80 days"],
  ])(
    "of one half take %i guesses a minute with %i digits as long as SECURITY.md says",
    (guesses, digits, unit, time, text) => {
      const exact = halfMinutes(guesses, digits) / unit;
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
});
