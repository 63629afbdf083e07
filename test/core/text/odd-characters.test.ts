import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/core/config/config.ts";
import { masked } from "../../../src/core/text/masked.ts";
import { oddText } from "../../../src/core/text/odd-characters.ts";

describe("characters that nobody sees", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["a\u00a0b", "holds U+00A0 (no-break space) at column 2"],
    ["iptables \u2013I INPUT", "holds U+2013 (en dash, not -) at column 10"],
    ["\u201cx\u201d", 'holds U+201C (quotation mark, not ") at column 1, U+201D (quotation mark, not ") at column 3'],
    ["x\u200b", "holds U+200B (zero width space) at column 2"],
    ["x\u2003y", "holds U+2003 (typographic space) at column 2"],
    ["x\u0007", "holds U+0007 (control character) at column 2"],
    ["7000\uff0c8000", "holds U+FF0C (full-width comma) at column 5"],
  ])("%j %s", (line, expected) => {
    expect(oddText(line)).toBe(expected);
  });

  it.each(["plain\ttext", "Grüße, мир, 日本", ""])("are none in %j", (line) => {
    expect(oddText(line)).toBeUndefined();
  });

  it("are told of a line with a problem, and of a file that is fine", () => {
    const bad = parseConfig("doors:\n  a:\n    sequence: 7000,\u00a08000x\n");
    expect("problems" in bad && bad.problems[0]?.message).toMatch(
      /; the line holds U\+00A0 \(no-break space\) at column 20$/,
    );
    const fine = parseConfig(
      "# – only a comment\ndoors:\n  a:\n    sequence: 1,2,3 # –\n    start_command: iptables –F\n",
    );
    expect("remarks" in fine && fine.remarks).toMatchObject([
      { line: 5, column: 29, message: "holds U+2013 (en dash, not -) at column 29" },
    ]);
  });
});

describe("what looks like a key", () => {
  it.each([
    ["KEY_BASE64 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= x", "KEY_BASE64 ... x"],
    ["JBSWY3DPEHPK3PXP", "..."],
    ["/usr/local/lib/knockd/eth0", "/usr/local/lib/knockd/eth0"],
    ["someLongDoorName", "someLongDoorName"],
    ["4294974296000000", "4294974296000000"],
    ["HMAC_KEY_BASE64", "HMAC_KEY_BASE64"],
    ["a-name-that-is-long", "a-name-that-is-long"],
  ])("%s is shown as %s", (text, shown) => {
    expect(masked(text)).toBe(shown);
  });
});
