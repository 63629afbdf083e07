import { expect, it } from "vitest";
import { keyWeaknesses } from "../../../src/core/config/key-weakness.ts";
import type { Key } from "../../../src/core/spa/key.ts";
import { key } from "../../support/spa-packets.ts";

const NOW_MS = Date.UTC(2027, 5, 1);
const DAY_MS = 86_400_000;
const few = Buffer.alloc(15, 1);

it("of a good key is none", () => {
  const expires = { lastDay: "2027-12-31", atMs: Date.UTC(2028, 0, 1) };
  expect(keyWeaknesses([key({ expires, key: Buffer.alloc(16, 1), hmacKey: Buffer.alloc(16, 1) })], NOW_MS)).toEqual([]);
});

it.each<[Partial<Key>, string[]]>([
  [{ key: few }, ["its KEY has 15 bytes, use 16 or more"]],
  [{ hmacKey: few }, ["its HMAC_KEY has 15 bytes, use 16 or more"]],
  [{ hmacKey: undefined }, ["no-hmac takes packets that anybody may have changed"]],
  [{ legacy: ["legacy-iv"] }, ["legacy-iv cuts its KEY to 16 bytes, use a newer client"]],
  [{ legacy: ["md5", "sha1"] }, ["it takes digests of md5 and sha1, which are broken"]],
  [{ hmac: "md5" }, ["md5 signs its packets, use sha256"]],
  [{ mode: "ecb" }, ["ecb shows which parts of two packets are equal, use cbc"]],
  [{ source: "sender" }, ["source: sender opens for an address that the packet's way does not prove"]],
  [{ source: "embedded" }, ["source: embedded opens for an address that the packet's way does not prove"]],
  [{ expires: { lastDay: "2027-05-31", atMs: NOW_MS } }, ["has expired, its last day was 2027-05-31"]],
  [{ expires: { lastDay: "2027-06-14", atMs: NOW_MS + 14 * DAY_MS } }, ["expires soon, its last day is 2027-06-14"]],
  [{ expires: { lastDay: "2027-06-15", atMs: NOW_MS + 14 * DAY_MS + 1 } }, []],
])("of %j: %j", (options, texts) => {
  expect(keyWeaknesses([key(options)], NOW_MS)).toEqual(texts.map((text) => `keys.alice: ${text}`));
});
