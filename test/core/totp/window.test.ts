import { describe, expect, it } from "vitest";
import { codeAt } from "../../../src/core/totp/code.ts";
import { CodeWindow } from "../../../src/core/totp/window.ts";

const SECRET = Uint8Array.from(Buffer.from("12345678901234567890"));
const STEP = 41_152_263;

describe("the window of codes", () => {
  it.each([-10, -2, -1, 0, 1, 2, 10])("knows the code of %i steps from now", (offset) => {
    expect(new CodeWindow(SECRET, 6).stepsOf(codeAt(SECRET, 6, STEP + offset), STEP)).toEqual([STEP + offset]);
  });

  it("knows nothing of codes further away", () => {
    const window = new CodeWindow(SECRET, 6);
    for (const offset of [-11, 11]) expect(window.stepsOf(codeAt(SECRET, 6, STEP + offset), STEP)).toEqual([]);
  });

  it("goes with the time, also back", () => {
    const window = new CodeWindow(SECRET, 8);
    const code = codeAt(SECRET, 8, STEP);
    for (const step of [STEP, STEP + 100, STEP - 100, STEP + 3])
      expect(window.stepsOf(code, step)).toEqual(Math.abs(step - STEP) <= 10 ? [STEP] : []);
  });

  it("names the only pair that differs from a code that is good now", () => {
    const window = new CodeWindow(SECRET, 6);
    const good = codeAt(SECRET, 6, STEP + 1);
    const other = (pair: string): string => String((Number(pair) + 50) % 100).padStart(2, "0");
    expect(window.wrongPair(good.slice(0, 2) + other(good.slice(2, 4)) + good.slice(4), STEP)).toBe(2);
    expect(window.wrongPair(good.slice(0, 4) + other(good.slice(4)), STEP)).toBe(3);
    expect(window.wrongPair(other(good.slice(0, 2)) + other(good.slice(2, 4)) + good.slice(4), STEP)).toBeUndefined();
  });

  it("has no codes before 1970, and does not fall over there", () => {
    expect(new CodeWindow(SECRET, 6).stepsOf(codeAt(SECRET, 6, 0), 0)).toEqual([0]);
  });
});
