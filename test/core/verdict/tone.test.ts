import { expect, it } from "vitest";
import { toneOf } from "../../../src/core/verdict/tone.ts";

it.each([
  [["opened"], "good"],
  [["wrong-port", "extended"], "good"],
  [["advanced"], undefined],
  [["wrong-port", "advanced"], undefined],
  [["too-slow"], "bad"],
  [["guard", "flags"], "bad"],
  [[], undefined],
])("%j is %s news", (outcomes, tone) => {
  expect(toneOf(outcomes)).toBe(tone);
});
