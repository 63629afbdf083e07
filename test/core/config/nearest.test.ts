// Which known word a mistyped one was meant to be.

import { describe, expect, it } from "vitest";
import { nearest } from "../../../src/core/config/nearest.ts";

describe("nearest", () => {
  it.each([
    ["hoome", ["office", "home"], "home"],
    ["HOME", ["office", "home"], "home"],
    ["offices", ["office", "home"], "office"],
    ["offcie-router", ["office-router", "home"], "office-router"],
    ["zzz", ["office", "home"], undefined],
    ["ab", ["ax"], undefined],
    ["home", [], undefined],
  ])("takes %s among %j for %s", (word, known, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });

  it("does not compare a word of any length", () => {
    expect(nearest(`home${" ".repeat(10_000_000)}`, ["home"])).toBeUndefined();
  });
});
