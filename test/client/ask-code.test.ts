// Codes made from a secret: RFC 6238's own test vectors (appendix B, SHA-1).

import { describe, expect, it } from "vitest";
import { codeOfNow } from "../../src/client/ask-code.ts";

/** `12345678901234567890` in base32. */
const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

describe("codeOfNow", () => {
  it.each([
    [59, "94287082"],
    [1_111_111_109, "07081804"],
    [1_111_111_111, "14050471"],
    [1_234_567_890, "89005924"],
    [2_000_000_000, "69279037"],
    [20_000_000_000, "65353130"],
  ])("at %i s is %s", async (seconds, code) => {
    expect(await codeOfNow(SECRET, 8, seconds * 1000)).toBe(code);
    expect(await codeOfNow(SECRET, 6, seconds * 1000)).toBe(code.slice(2));
  });
});
