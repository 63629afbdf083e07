import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BudgetPart, TimeBudget, TRIAL_SHARE } from "../../../src/core/spa/time-budget.ts";

/** Spends from both parts whatever there is, `costMs` at a time, from `fromMs` to `toMs`; the milliseconds spent from each. */
function spendAll(
  budget: TimeBudget,
  fromMs: number,
  toMs: number,
  costMs: number,
  parts: readonly BudgetPart[] = ["kept", "rest"],
) {
  const spent = { kept: 0, rest: 0 };
  for (let nowMs = fromMs; nowMs <= toMs; nowMs++) {
    budget.pass(nowMs);
    for (const part of parts)
      while (budget.has(part)) {
        budget.spend(part, costMs);
        spent[part] += costMs;
      }
  }
  return spent;
}

describe("the time for trying keys", () => {
  it("is a fifth of one core in the long run, whatever a batch takes", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 50, noNaN: true }),
        fc.integer({ min: 1000, max: 5000 }),
        (costMs, ms) => {
          const { kept, rest } = spendAll(new TimeBudget(0), 0, ms, costMs);
          // What was saved up before, and the last batch of each part, come on top.
          expect(kept + rest).toBeLessThanOrEqual(TRIAL_SHARE * (ms + 1000) + 2 * costMs);
          expect(kept + rest).toBeGreaterThanOrEqual(TRIAL_SHARE * (ms + 1000) - 1);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("is kept in part, whatever everybody spends of the rest", () => {
    const budget = new TimeBudget(0);
    const everybody = spendAll(budget, 0, 10_000, 2, ["rest"]);
    expect(everybody.kept).toBe(0);
    expect(budget.has("rest")).toBe(false);
    expect(budget.has("kept")).toBe(true);
    expect(spendAll(budget, 10_001, 20_000, 0.1).kept).toBeGreaterThanOrEqual(10_000 * TRIAL_SHARE * 0.25);
  });

  it("goes to everybody as a whole where nobody needs what is kept", () => {
    const { rest } = spendAll(new TimeBudget(0), 0, 10_000, 0.1, ["rest"]);
    expect(rest).toBeGreaterThanOrEqual(10_000 * TRIAL_SHARE);
  });

  it("says how long it takes until there is some again", () => {
    const budget = new TimeBudget(0);
    budget.spend("rest", 200);
    const { waitMs } = budget;
    expect(waitMs).toBeGreaterThan(0);
    budget.pass(waitMs * 0.5);
    expect(budget.has("rest")).toBe(false);
    budget.pass(waitMs + 0.01);
    expect([budget.has("rest"), budget.waitMs]).toEqual([true, 0]);
  });

  it("gives nothing for a clock that goes back, and takes nothing for ever", () => {
    const budget = new TimeBudget(1_000_000);
    spendAll(budget, 1_000_000, 1_000_000, 1);
    budget.pass(0);
    expect(budget.has("rest")).toBe(false);
    budget.pass(1000);
    expect(budget.has("rest")).toBe(true);
  });
});
