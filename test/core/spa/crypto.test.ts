import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DIGEST_KINDS, SignedText, Signer, sameText } from "../../../src/core/spa/crypto.ts";

describe("a prepared key", () => {
  it.each(DIGEST_KINDS)("signs with %s as OpenSSL's HMAC does, whatever its length", (kind) => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    const text = fc.string({ unit: "binary-ascii", maxLength: 300 });
    fc.assert(
      fc.property(bytes, text, text, (key, first, second) => {
        const signer = new Signer(kind, key);
        for (const each of [first, second, first])
          expect(signer.tag(new SignedText(each))).toBe(createHmac(kind, key).update(each).digest("hex"));
      }),
    );
  });

  it("signs a text that others have signed before it", () => {
    const text = new SignedText("the same for all");
    for (let round = 0; round < 2; round++)
      for (const kind of DIGEST_KINDS) {
        const key = Buffer.from(`${kind} ${round}`);
        expect(new Signer(kind, key).tag(text)).toBe(createHmac(kind, key).update("the same for all").digest("hex"));
      }
  });
});

it("two texts are the same or not, wherever they differ", () => {
  expect(sameText("abc", "abc")).toBe(true);
  for (const other of ["abd", "bbc", "ab", "abcd", ""]) expect(sameText("abc", other)).toBe(false);
});
