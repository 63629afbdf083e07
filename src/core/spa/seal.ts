// A request -> the text of one signed packet, as fwknop's client makes it: what goes into the datagram, without a newline.
import { BLOCK_BYTES, type CipherMode, type DigestKind, digestText, encrypt, SALT_BYTES, tagText } from "./crypto.ts";

/** Random bytes that one packet needs: a salt, and a number that no two packets share. */
export const SEAL_RANDOM_BYTES = 16;
/** Every packet would begin with these: base64 of `Salted__`. They are left out on the wire. */
export const PREFIX = "U2FsdGVkX1";
const MAGIC = "Salted__";
const VERSION = "3.0.0";
const RANDOM_DIGITS = 16;

export interface Outgoing {
  /** 1 to 48 printable characters, without those that fwknop refuses. */
  readonly username: string;
  /** Unix seconds. */
  readonly nowS: number;
  /** SEAL_RANDOM_BYTES, new for each packet. */
  readonly random: Uint8Array;
  /** `192.0.2.7,tcp/22,udp/53`: the address that shall be let in, and the ports. */
  readonly message: string;
  /** `192.168.1.10,22`: a host behind the other one. */
  readonly nat?: string;
  /** The nat's host is the other machine itself. */
  readonly natLocal?: boolean;
  /** How long the doors shall stay open; the other side has the last word. */
  readonly timeoutS?: number;
  /** 1 to 32 bytes. */
  readonly key: Uint8Array;
  /** 1 to 128 bytes; without one, the packet is not signed, and few servers take it. */
  readonly hmacKey?: Uint8Array | undefined;
  /** All three must be what the server expects (defaults sha256, sha256, cbc). */
  readonly digest?: DigestKind;
  readonly hmac?: DigestKind;
  readonly mode?: CipherMode;
  /** As clients before 2.5, for servers as old; never with an HMAC. */
  readonly legacy?: boolean;
}

export function seal(request: Outgoing): string {
  const { random, key, hmacKey, hmac = "sha256", mode = "cbc", legacy = false } = request;
  const salt = random.subarray(0, SALT_BYTES);
  const blocks = encrypt({ key, salt, mode, legacy }, padded(Buffer.from(plaintextOf(request))));
  const text = base64(Buffer.concat([Buffer.from(MAGIC), salt, blocks]));
  const tag = hmacKey === undefined ? "" : tagText(hmac, hmacKey, text);
  return text.slice(PREFIX.length) + tag;
}

function plaintextOf(request: Outgoing): string {
  const { username, nowS, random, message, nat, timeoutS, digest = "sha256" } = request;
  const fields = [
    randomDigits(random.subarray(SALT_BYTES)),
    base64(Buffer.from(username)),
    String(Math.floor(nowS)),
    VERSION,
    String(typeOf(request)),
    base64(Buffer.from(message)),
    ...(nat === undefined ? [] : [base64(Buffer.from(nat))]),
    ...(timeoutS === undefined ? [] : [String(timeoutS)]),
  ];
  const text = fields.join(":");
  return `${text}:${digestText(digest, text)}`;
}

/** fwknop's message types: 1 access, 2 NAT, 3 access with time-out, 4 NAT with time-out, 5 local NAT, 6 the same with time-out. */
function typeOf({ nat, natLocal = false, timeoutS }: Outgoing): number {
  const timed = timeoutS !== undefined;
  if (nat === undefined) return timed ? 3 : 1;
  if (natLocal) return timed ? 6 : 5;
  return timed ? 4 : 2;
}

function randomDigits(bytes: Uint8Array): string {
  const number = Buffer.from(bytes).readBigUInt64BE() % 10n ** BigInt(RANDOM_DIGITS);
  return number.toString().padStart(RANDOM_DIGITS, "0");
}

/** PKCS#7 (RFC 5652 section 6.3), which fwknop also uses where the mode would need none. */
function padded(text: Uint8Array): Uint8Array {
  const count = BLOCK_BYTES - (text.length % BLOCK_BYTES);
  return Buffer.concat([text, new Uint8Array(count).fill(count)]);
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
