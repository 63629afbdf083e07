// Signed packets for tests: through our own seal, and, where a packet must lie, from a plaintext of the test's own.
import { randomBytes } from "node:crypto";
import { type DigestKind, digestText, encrypt, tagText } from "../../src/core/spa/crypto.ts";
import type { Key } from "../../src/core/spa/key.ts";
import { type Outgoing, PREFIX, seal } from "../../src/core/spa/seal.ts";

export const KEY_BYTES = Buffer.alloc(32, 1);
export const HMAC_BYTES = Buffer.alloc(64, 2);

export function key(options: Partial<Key> = {}): Key {
  return {
    name: "alice",
    file: "/etc/knockd/keys/alice",
    doors: ["ssh"],
    source: "match",
    prefixes: {},
    hmac: "sha256",
    mode: "cbc",
    legacy: [],
    key: KEY_BYTES,
    hmacKey: HMAC_BYTES,
    ...options,
  };
}

/** What alice sends, by default from 192.0.2.7 for ssh. */
export function packet(options: Partial<Outgoing> & Pick<Outgoing, "nowS">): string {
  return seal({
    username: "alice",
    random: randomBytes(16),
    message: "192.0.2.7,tcp/22",
    key: KEY_BYTES,
    hmacKey: HMAC_BYTES,
    ...options,
  });
}

/** Plaintext fields -> a well-signed packet; the digest is right unless it is given. */
export function packetOfFields(fields: string, digest = digestText("sha256", fields), hmac: DigestKind = "sha256") {
  return signed(padded(Buffer.from(`${fields}:${digest}`, "latin1")), hmac);
}

/** Blocks -> a well-signed packet, whatever they hold. */
export function signed(blocks: Uint8Array, hmac: DigestKind = "sha256"): string {
  const salt = randomBytes(8);
  const sealed = encrypt({ key: KEY_BYTES, salt, mode: "cbc", legacy: false }, blocks);
  const text = Buffer.concat([Buffer.from("Salted__"), salt, sealed])
    .toString("base64")
    .replace(/=+$/, "");
  return text.slice(PREFIX.length) + tagText(hmac, HMAC_BYTES, text);
}

export function padded(text: Uint8Array): Uint8Array {
  const count = 16 - (text.length % 16);
  return Buffer.concat([text, Buffer.alloc(count, count)]);
}
