import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableLine } from "../../../src/core/text/printable.ts";

describe("foreign text", () => {
  it.each([
    ["an escape", "a\u001b[2Jb", "a\\u001b[2Jb"],
    ["a carriage return that writes over the line", "ok\rfail", "ok\\u000dfail"],
    ["C1, which some terminals obey, too", "a\u009b2Jb", "a\\u009b2Jb"],
    ["a turned direction of writing", "allow \u202e7.2.0.291\u202c", "allow \\u202e7.2.0.291\\u202c"],
    ["an isolate", "a\u2066b\u2069", "a\\u2066b\\u2069"],
    ["a blank without a width", "ssh\u200b", "ssh\\u200b"],
    ["half a surrogate pair", "a\ud800b", "a\\ud800b"],
  ])("shows %s as what it is", (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it("that is harmless stays as it is: letters of all scripts, emoji, newlines, tabs", () => {
    const text = "héllo שלום 你好 🙂\n\tcol";
    expect(printable(text)).toBe(text);
    expect(printableLine("a\nb\u001b[2J")).toBe("a | b?[2J");
  });

  it("that is printed as JSON means the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(JSON.parse(printable(JSON.stringify({ text })))).toEqual({ text });
      }),
    );
  });
});
