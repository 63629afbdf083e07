import { expect, it } from "vitest";
import { paint } from "../../src/io/colour.ts";

const terminal = { hasColors: () => true };
const dumb = { hasColors: () => false };
const RED = "\u001b[31mno\u001b[39m";

it.each([
  ["a terminal", terminal, {}, RED],
  ["a file", {}, {}, "no"],
  ["a terminal without colours", dumb, {}, "no"],
  ["NO_COLOR", terminal, { NO_COLOR: "1" }, "no"],
  ["an empty NO_COLOR, which does not count", terminal, { NO_COLOR: "" }, RED],
  ["FORCE_COLOR, a file", {}, { FORCE_COLOR: "1" }, RED],
  ["FORCE_COLOR over NO_COLOR", {}, { FORCE_COLOR: "1", NO_COLOR: "1" }, RED],
  ["FORCE_COLOR=0", terminal, { FORCE_COLOR: "0" }, "no"],
])("%s", (_name, screen, env, painted) => {
  expect(paint("bad", "no", screen, env)).toBe(painted);
});
