// Texts that hold secrets, and what may happen to a text: for the tests that no secret is ever quoted.

import fc from "fast-check";

/** BOUNDED: a shorter piece of a secret is worth nothing to its finder. */
const PIECE = 12;

export const base64 = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));
export const base32 = fc.string({
  unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
  minLength: 16,
  maxLength: 32,
});
/** Of no word that a message of ours has. */
export const passphrase = fc.string({ unit: fc.constantFrom(..."aeiouXYZ0189!$-_"), minLength: PIECE, maxLength: 32 });
export const steps = fc
  .array(fc.integer({ min: 1024, max: 65_535 }), { minLength: 4, maxLength: 8 })
  .map((list) => list.join(","));

export const ACCESS =
  "SDP_CLIENT_ID 1\nSOURCE ANY\nOPEN_PORTS tcp/22\nKEY S\nHMAC_KEY T;\nREQUIRE_SOURCE Y\nFW_ACCESS_TIMEOUT 30\n" +
  "MAX_FW_TIMEOUT 20\nENCRYPTION_MODE cbc\nHMAC_DIGEST_TYPE sha256\nACCESS_EXPIRE 1/1/2030\nDESTINATION 192.0.2.1\n" +
  "GPG_DECRYPT_PW S\n%include_keys /x\n";
export const CONFIG =
  "options:\n  interface: eth0\nkeys:\n  alice:\n    file: S\n    doors: ssh\n    expires: 2030-01-01\ndoors:\n  ssh:\n" +
  "    sequence: [7001/tcp, 8002/udp, 9003]\n    totp: {secret_file: T, ports: 20000-20299}\n    spa: true\n    open: 22/tcp\n";
export const PROFILES =
  "profiles:\n  a:\n    host: example.org\n    spa:\n      key: S\n      hmac_key: T\n      open: [22/tcp]\n" +
  "  b:\n    host: example.org\n    totp: {ports: 20000-20299, secret: S}\n";

export type Damage = (text: string) => string;

function at(text: string, place: number): number {
  return Math.floor(place * (text.length + 1));
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const inserted = fc.constantFrom(
  ..."\n|\n\n|:|: |\"|'|#|=| = | |\t|\u00a0|[|]|{|}|,|- |%|!|*|&|@|`|\\|<|>|;|\r|\0|–|/|?|? |...\n---\n".split("|"),
);
export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(fraction, inserted).map(
    ([place, what]): Damage =>
      (text) =>
        text.slice(0, at(text, place)) + what + text.slice(at(text, place)),
  ),
  fc.tuple(fraction, fc.integer({ min: 1, max: 20 })).map(
    ([place, length]): Damage =>
      (text) =>
        text.slice(0, at(text, place)) + text.slice(at(text, place) + length),
  ),
  fc.tuple(fraction, fraction).map(
    ([from, to]): Damage =>
      (text) =>
        text.slice(0, at(text, to)) + text.slice(at(text, from), at(text, from) + 30) + text.slice(at(text, to)),
  ),
  fraction.map(
    (place): Damage =>
      (text) =>
        text.slice(0, at(text, place)),
  ),
  fraction.map(
    (place): Damage =>
      (text) =>
        text.replaceAll("\n", (newline, index: number) => (index > at(text, place) ? newline : "")),
  ),
);

/** `S` and `T` as words are the secrets, and then the damage is done. */
export function damaged(template: string, secrets: readonly [string, string], damages: readonly Damage[]): string {
  const whole = template.replace(/\bS\b/g, () => secrets[0]).replace(/\bT\b/g, () => secrets[1]);
  return damages.reduce((each, act) => act(each), whole);
}

export function found(said: string, secrets: readonly string[]): string[] {
  return secrets.flatMap(piecesOf).filter((piece) => said.includes(piece));
}

function piecesOf(secret: string): string[] {
  return Array.from({ length: Math.max(1, secret.length - PIECE + 1) }, (_, index) =>
    secret.slice(index, index + PIECE),
  );
}
