// The text of a signed packet -> whose it is and what it asks for. The signature first, over the text as it came: what is
// not signed with one of our keys is neither decoded nor deciphered.

import { BLOCK_BYTES, decrypt, fingerprint, SALT_BYTES, sameText, TAG_CHARACTERS, tagText } from "./crypto.ts";
import type { Key } from "./key.ts";
import type { Refusal } from "./refusal.ts";
import { looksDeciphered, readRequest, type SpaRequest } from "./request.ts";
import { PREFIX } from "./seal.ts";

/** fwknop's limits. */
export const SPA_CHARACTERS_MIN = 140;
export const SPA_CHARACTERS_MAX = 1500;
/** What may follow the prefix: its last character ends `Salted__`, all but two bits of the next do so too. */
export const SPA_FIRST_CHARACTERS = "89+/";

export interface Opened {
  readonly key: Key;
  readonly request: SpaRequest;
  /** Says whether two packets are one, however they are spelled or framed. */
  readonly fingerprint: string;
}

/** No padding, no newline, no prefix: each is somebody's try to make a packet that was used look like another. */
const FORM = new RegExp(`^[${SPA_FIRST_CHARACTERS}][A-Za-z0-9+/]+$`);
const MAGIC = Buffer.from("Salted__");
const BYTES_MIN = 48;

/** `keys` in the order of the config; the first whose signature fits decides. Never throws, whatever the text. */
export function open(text: string, keys: readonly Key[]): Opened | Refusal {
  if (text.length < SPA_CHARACTERS_MIN || text.length > SPA_CHARACTERS_MAX || !FORM.test(text)) {
    return { reason: "malformed" };
  }
  const unsigned: Key[] = [];
  for (const key of keys) {
    if (key.hmacKey === undefined) unsigned.push(key);
    else {
      const signed = PREFIX + text.slice(0, -TAG_CHARACTERS[key.hmac]);
      if (!canHold(signed.length)) continue;
      if (sameText(tagText(key.hmac, key.hmacKey, signed), text.slice(-TAG_CHARACTERS[key.hmac])))
        return decipher(signed, key);
    }
  }
  for (const key of unsigned) {
    const opened = decipher(PREFIX + text, key);
    if (!("reason" in opened) || opened.reason !== "unreadable") return opened;
  }
  return { reason: "no-key" };
}

/** Which lengths of a packet's text any of these keys could have made: most others need no calculation at all. */
export function possibleLengths(keys: readonly Key[]): ReadonlySet<number> {
  const tags = keys.map(({ hmacKey, hmac }) => (hmacKey === undefined ? 0 : TAG_CHARACTERS[hmac]));
  const lengths = new Set<number>();
  for (let length = SPA_CHARACTERS_MIN; length <= SPA_CHARACTERS_MAX; length++) {
    if (tags.some((tag) => canHold(PREFIX.length + length - tag))) lengths.add(length);
  }
  return lengths;
}

/** Whether base64 of this length, without padding, is that of whole blocks. */
function canHold(characters: number): boolean {
  const bytes = Math.floor((characters * 3) / 4);
  return bytes >= BYTES_MIN && bytes % BLOCK_BYTES === 0 && Math.ceil((bytes * 4) / 3) === characters;
}

function decipher(base64: string, key: Key): Opened | Refusal {
  const unreadable = { reason: "unreadable", key: key.name } as const;
  const bytes = Buffer.from(base64, "base64");
  if (!canHold(base64.length) || bytes.toString("base64").replace(/=+$/, "") !== base64) return unreadable;
  const saltEnd = MAGIC.length + SALT_BYTES;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return unreadable;
  const legacy = key.legacy.includes("legacy-iv");
  const salt = bytes.subarray(MAGIC.length, saltEnd);
  const blocks = decrypt({ key: key.key, salt, mode: key.mode, legacy }, bytes.subarray(saltEnd));
  const text = withoutPadding(blocks, legacy);
  if (text === undefined || !looksDeciphered(text)) return unreadable;
  const request = readRequest(text);
  if ("wrong" in request) return { reason: "field", key: key.name, field: request.wrong };
  const { digest } = request;
  if ((digest === "md5" || digest === "sha1") && !key.legacy.includes(digest)) {
    return { reason: "weak-digest", key: key.name, digest };
  }
  return { key, request, fingerprint: fingerprint(bytes) };
}

/** PKCS#7 (RFC 5652 section 6.3). Clients up to 2.0.3 left it out when the text filled its blocks. */
function withoutPadding(blocks: Uint8Array, mayLack: boolean): string | undefined {
  const count = blocks.at(-1) ?? 0;
  const end = blocks.length - count;
  const fits = count >= 1 && count <= BLOCK_BYTES && blocks.subarray(end).every((byte) => byte === count);
  if (!fits && !mayLack) return undefined;
  return Buffer.from(fits ? blocks.subarray(0, end) : blocks).toString("latin1");
}
