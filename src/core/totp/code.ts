// The codes of RFC 6238: a door's secret and a moment -> the digits that an authenticator app shows then. Of this floor, only
// this file and totp-enrol.ts use otpauth, which is arithmetic here: it is told the time.
import { HOTP, Secret } from "otpauth";
import { fingerprint } from "../spa/crypto.ts";

/** What all apps take for granted: SHA-1, steps of 30 seconds. */
export const STEP_MS = 30_000;
const ALGORITHM = "SHA1";
/** Characters of base32: 80 bits, what Google's own server makes; enroll makes 160 bits. */
const SECRET_CHARACTERS_MIN = 16;
/** BOUNDED: bytes of a secret's file. */
export const SECRET_FILE_BYTES_MAX = 4096;

/** 10 bytes or more. */
export type CodeSecret = Uint8Array<ArrayBuffer>;

export function stepOf(wallMs: number): number {
  return Math.floor(wallMs / STEP_MS);
}

export function codeAt(secret: CodeSecret, digits: number, step: number): string {
  return HOTP.generate({ secret: new Secret({ buffer: secret.buffer }), algorithm: ALGORITHM, digits, counter: step });
}

/** Under which a code is remembered: of the secret, not of the door, so that it opens once even where doors share a secret. */
export function codeFingerprint(secret: CodeSecret, step: number): string {
  return fingerprint(Buffer.concat([Buffer.from(`knockd code ${step} `), secret]));
}

/** A line of base32, blanks allowed; # begins a comment. Throws a RangeError that quotes no secret. */
export function parseSecretFile(text: string): CodeSecret {
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  const compact = lines.join("").replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase();
  if (lines.length !== 1 || !/^[A-Z2-7]+$/.test(compact) || compact.length < SECRET_CHARACTERS_MIN) {
    throw new RangeError(
      `expected one line of base32, at least ${SECRET_CHARACTERS_MIN} of the letters and the digits 2 to 7`,
    );
  }
  return Uint8Array.from(Secret.fromBase32(compact).bytes);
}

export function formatSecretFile(secret: CodeSecret, label: string): string {
  return `# ${label}\n${base32(secret)}\n`;
}

export function base32(secret: CodeSecret): string {
  return new Secret({ buffer: secret.buffer }).base32;
}
