// The text of a signed packet -> whose it is and what it asks for. The signature first, over the text as it came: what is
// not signed with one of our keys is neither decoded nor deciphered.

import {
  BLOCK_BYTES,
  decrypt,
  fingerprint,
  SALT_BYTES,
  SignedText,
  Signer,
  sameText,
  TAG_CHARACTERS,
  unpadded,
} from "./crypto.ts";
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

/** A key, ready to be tried. */
export interface PreparedKey {
  readonly key: Key;
  /** Undefined: its packets are not signed. */
  readonly signer: Signer | undefined;
}

export function prepare(keys: readonly Key[]): readonly PreparedKey[] {
  return keys.map((key) => ({
    key,
    signer: key.hmacKey === undefined ? undefined : new Signer(key.hmac, key.hmacKey),
  }));
}

/** Whether a text could be a packet at all: most of what strangers send ends here. */
export function looksSealed(text: string): boolean {
  return text.length >= SPA_CHARACTERS_MIN && text.length <= SPA_CHARACTERS_MAX && FORM.test(text);
}

/** `keys` in the order of the config; the first whose signature fits decides. Never throws, whatever the text. */
export function open(text: string, keys: readonly PreparedKey[]): Opened | Refusal {
  if (!looksSealed(text)) return { reason: "malformed" };
  let signed: Signed | undefined;
  for (const { key, signer } of keys) {
    if (signer === undefined) continue;
    // What is signed is the same for all keys with tags of the same length.
    if (signed?.tag.length !== TAG_CHARACTERS[key.hmac]) signed = split(text, TAG_CHARACTERS[key.hmac]);
    if (signed.text !== undefined && sameText(signer.tag(signed.text), signed.tagHex))
      return decipher(signed.base64, key);
  }
  for (const { key, signer } of keys) {
    if (signer !== undefined) continue;
    const opened = decipher(PREFIX + text, key);
    if (!("reason" in opened) || opened.reason !== "unreadable") return opened;
  }
  return { reason: "no-key" };
}

interface Signed {
  readonly base64: string;
  /** Undefined: nobody signs what has this length, or writes a tag this way. */
  readonly text: SignedText | undefined;
  readonly tag: string;
  readonly tagHex: string;
}

function split(packet: string, tagCharacters: number): Signed {
  const base64 = PREFIX + packet.slice(0, -tagCharacters);
  const tag = packet.slice(-tagCharacters);
  const tagBytes = Buffer.from(tag, "base64");
  // The last character says more than the tag needs: only one of its spellings is ours.
  const fits = canHold(base64.length) && unpadded(tagBytes.toString("base64")) === tag;
  return { base64, text: fits ? new SignedText(base64) : undefined, tag, tagHex: tagBytes.toString("hex") };
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
  if (!canHold(base64.length) || unpadded(bytes.toString("base64")) !== base64) return unreadable;
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
