// The calculations of a signed packet: digests, HMACs, key derivation, ciphers. The one file of this floor that uses
// node:crypto, which is arithmetic here and no edge: it asks nobody and knows no time; random bytes come in as values.
import { createCipheriv, createDecipheriv, createHash, createHmac, hash } from "node:crypto";

/** OpenSSL's names. Neither the kind of an HMAC nor the mode of a cipher is on the wire: both ends must know. */
export const DIGEST_KINDS = ["md5", "sha1", "sha256", "sha384", "sha512", "sha3-256", "sha3-512"] as const;
export type DigestKind = (typeof DIGEST_KINDS)[number];

export const CIPHER_MODES = ["cbc", "cfb", "ctr", "ofb", "ecb"] as const;
export type CipherMode = (typeof CIPHER_MODES)[number];

/** Characters of a digest or tag in base64 without padding. */
export const TAG_CHARACTERS: Record<DigestKind, number> = {
  md5: 22,
  sha1: 27,
  sha256: 43,
  sha384: 64,
  sha512: 86,
  "sha3-256": 43,
  "sha3-512": 86,
};

/** Of a digest's input: an HMAC fills one with its key (RFC 2104, FIPS 180-4, FIPS 202). */
const HASH_BLOCK_BYTES: Record<DigestKind, number> = {
  md5: 64,
  sha1: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
  "sha3-256": 136,
  "sha3-512": 72,
};
const HASH_BLOCK_BYTES_MAX = 136;
const INNER = 0x36;
const OUTER = 0x5c;

export const BLOCK_BYTES = 16;
export const SALT_BYTES = 8;
const AES_KEY_BYTES = 32;
/** Keys are this long in the legacy mode, cut or filled up with the digit 0. */
const LEGACY_KEY_BYTES = 16;
const DIGIT_0 = 0x30;

export interface CipherChoice {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  readonly mode: CipherMode;
  /** The derivation of clients before 2.5 (`-M legacy`). */
  readonly legacy: boolean;
}

/** Base64 without padding. */
export function digestText(kind: DigestKind, text: string): string {
  return unpadded(createHash(kind).update(text).digest("base64"));
}

export function tagText(kind: DigestKind, key: Uint8Array, text: string): string {
  return unpadded(createHmac(kind, key).update(text).digest("base64"));
}

/** In a time that says nothing about where two texts differ. */
export function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

/** A text that is signed with one key after the other: the key of each goes into the room before it. */
export class SignedText {
  readonly #bytes: Buffer;
  /** By how much of that room it has. BOUNDED: by the kinds of digests. */
  readonly #views = new Map<number, Buffer>();

  constructor(text: string) {
    this.#bytes = Buffer.allocUnsafe(HASH_BLOCK_BYTES_MAX + text.length);
    this.#bytes.write(text, HASH_BLOCK_BYTES_MAX, "latin1");
  }

  behind(block: Uint8Array): Buffer {
    const known = this.#views.get(block.length);
    const view = known ?? this.#bytes.subarray(HASH_BLOCK_BYTES_MAX - block.length);
    if (known === undefined) this.#views.set(block.length, view);
    view.set(block);
    return view;
  }
}

/** An HMAC whose key is prepared once. Two digests, each in one call, take a third of the time that createHmac() takes. */
export class Signer {
  readonly #kind: DigestKind;
  readonly #inner: Buffer;
  /** Ends with room for the inner digest. */
  readonly #outer: Buffer;
  readonly #blockBytes: number;

  constructor(kind: DigestKind, key: Uint8Array) {
    this.#kind = kind;
    this.#blockBytes = HASH_BLOCK_BYTES[kind];
    const secret = key.length > this.#blockBytes ? createHash(kind).update(key).digest() : key;
    const digestBytes = hash(kind, "", "buffer").length;
    this.#inner = Buffer.alloc(this.#blockBytes, INNER);
    this.#outer = Buffer.alloc(this.#blockBytes + digestBytes, OUTER);
    for (const [at, byte] of secret.entries()) {
      this.#inner[at] = byte ^ INNER;
      this.#outer[at] = byte ^ OUTER;
    }
  }

  /** In hexadecimal. */
  tag(text: SignedText): string {
    this.#outer.write(hash(this.#kind, text.behind(this.#inner), "hex"), this.#blockBytes, "hex");
    return hash(this.#kind, this.#outer, "hex");
  }
}

/** Under which a packet is remembered: SHA-256 of its salt and ciphertext. */
export function fingerprint(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}

/** Whole blocks in, whole blocks out: the padding is the caller's. */
export function encrypt(choice: CipherChoice, blocks: Uint8Array): Uint8Array {
  const { key, iv } = derive(choice);
  const cipher = createCipheriv(`aes-256-${choice.mode}`, key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks), cipher.final()]);
}

export function decrypt(choice: CipherChoice, blocks: Uint8Array): Uint8Array {
  const { key, iv } = derive(choice);
  const decipher = createDecipheriv(`aes-256-${choice.mode}`, key, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(blocks), decipher.final()]);
}

/** EVP_BytesToKey(3) with MD5 and a count of 1: weak for passphrases, harmless for 32 random bytes. */
function derive({ key, salt, mode, legacy }: CipherChoice): { key: Uint8Array; iv: Uint8Array | null } {
  const secret = legacy ? legacyKey(key) : key;
  const rounds: Uint8Array[] = [];
  for (let round = 0; round < 3; round++) {
    const hash = createHash("md5");
    rounds.push(
      hash
        .update(rounds.at(-1) ?? "")
        .update(secret)
        .update(salt)
        .digest(),
    );
  }
  const derived = Buffer.concat(rounds);
  return { key: derived.subarray(0, AES_KEY_BYTES), iv: mode === "ecb" ? null : derived.subarray(AES_KEY_BYTES) };
}

function legacyKey(key: Uint8Array): Uint8Array {
  const filled = new Uint8Array(LEGACY_KEY_BYTES).fill(DIGIT_0);
  filled.set(key.subarray(0, LEGACY_KEY_BYTES));
  return filled;
}

export function unpadded(base64: string): string {
  return base64.replace(/=+$/, "");
}

/** MD5 is missing where OpenSSL runs in FIPS mode. */
export function derivationWorks(): boolean {
  try {
    createHash("md5");
    return true;
  } catch {
    return false;
  }
}
