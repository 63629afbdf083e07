import { describe, expect, it } from "vitest";
import {
  base32,
  codeAt,
  codeFingerprint,
  formatSecretFile,
  parseSecretFile,
  stepOf,
} from "../../../src/core/totp/code.ts";

const SECRET = Uint8Array.from(Buffer.from("12345678901234567890"));

describe("codes", () => {
  // RFC 6238, appendix B, its table for SHA-1.
  it.each([
    [59, "94287082"],
    [1111111109, "07081804"],
    [1111111111, "14050471"],
    [1234567890, "89005924"],
    [2000000000, "69279037"],
    [20000000000, "65353130"],
  ])("at %i seconds are those of RFC 6238, with 8 digits and with the last 6 of them", (seconds, code) => {
    expect(codeAt(SECRET, 8, stepOf(seconds * 1000))).toBe(code);
    expect(codeAt(SECRET, 6, stepOf(seconds * 1000))).toBe(code.slice(2));
  });

  it("change every thirty seconds, on the half minute", () => {
    expect([29_999, 30_000, 59_999, 60_000].map(stepOf)).toEqual([0, 1, 1, 2]);
  });

  it("are remembered by secret and step, whichever door they open", () => {
    const other = Uint8Array.from(Buffer.from("12345678901234567891"));
    expect(codeFingerprint(SECRET, 7)).toMatch(/^[\w-]{43}$/);
    expect(codeFingerprint(SECRET, 7)).toBe(codeFingerprint(Uint8Array.from(SECRET), 7));
    expect(new Set([codeFingerprint(SECRET, 7), codeFingerprint(SECRET, 8), codeFingerprint(other, 7)]).size).toBe(3);
  });
});

describe("the file of a secret", () => {
  it("comes back from what enroll writes", () => {
    expect([...parseSecretFile(formatSecretFile(SECRET, "knockd: codes of door ssh"))]).toEqual([...SECRET]);
  });

  it.each([
    "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
    "# old\n\nGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ==\n",
  ])("may be written as apps show it: %j", (text) => {
    expect(base32(parseSecretFile(text))).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  });

  it.each([
    ["", "nothing"],
    ["GEZDGNBVGY3TQOJ", "too short"],
    ["GEZDGNBVGY3TQOJQ1", "a digit that base32 has not"],
    ["GEZDGNBVGY3TQOJQ\nGEZDGNBVGY3TQOJQ", "two lines"],
  ])("that is %j is refused (%s), and not quoted", (text) => {
    expect(() => parseSecretFile(text)).toThrow(/^expected one line of base32, at least 16 of the letters/);
  });
});
