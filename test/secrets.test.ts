// No key, no code's secret, no sequence of a one-time file in any message of any reader, whatever the text that holds it looks like.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLine } from "../src/client/line.ts";
import { parseProfiles } from "../src/client/profiles.ts";
import { parseUri } from "../src/client/uri.ts";
import { parseConfig } from "../src/core/config/config.ts";
import { hints } from "../src/core/config/hints.ts";
import { formatProblem } from "../src/core/config/problem.ts";
import { weaknesses } from "../src/core/config/weakness.ts";
import { parseOneTime } from "../src/core/one-time.ts";
import { parseKeyFile } from "../src/core/spa/key-file.ts";
import { parseSecretFile } from "../src/core/totp/code.ts";
import { isAccessConf } from "../src/import/access-conf.ts";
import { importFwknop } from "../src/import/fwknop-import.ts";
import { readDefaults } from "../src/import/knockd-defaults.ts";
import { importKnockd } from "../src/import/knockd-import.ts";
import { shippedSandbox } from "../src/io/unit-files.ts";

/** BOUNDED: a shorter piece of a secret is worth nothing to its finder. */
const PIECE = 12;
const BYTES = new TextEncoder();
const sandbox = shippedSandbox();

/** What a reader says of a text: every message, whether it took it or not. */
type Reader = (text: string) => readonly string[];

function thrown(read: (text: string) => unknown): Reader {
  return (text) => {
    try {
      read(text);
      return [];
    } catch (error) {
      return [String(error)];
    }
  };
}

function saidByConfig(text: string): string[] {
  const parsed = parseConfig(text);
  if ("problems" in parsed) return parsed.problems.map((problem) => formatProblem("f", problem));
  const remarks = parsed.remarks.map((problem) => formatProblem("f", problem));
  return [...remarks, ...weaknesses(parsed.config), ...hints(parsed.config)];
}

/** As `knockd import` does it: the content tells which. */
function saidByImport(text: string): string[] {
  const imported = isAccessConf(text)
    ? importFwknop(text, { file: "f", directory: "/k", makesKeys: text.length % 2 === 0 })
    : importKnockd(BYTES.encode(text), { file: "f", modern: text.length % 2 === 0, sandbox });
  return ("problems" in imported ? imported.problems : imported.notes).map(({ message }) => message);
}

function saidByProfiles(text: string): string[] {
  const parsed = parseProfiles(text);
  return "problems" in parsed ? parsed.problems.map((problem) => formatProblem("f", problem)) : [];
}

const base64 = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const base32 = fc.string({
  unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
  minLength: 16,
  maxLength: 32,
});
/** Of no word that a message of ours has. */
const passphrase = fc.string({ unit: fc.constantFrom(..."aeiouXYZ0189!$-_"), minLength: PIECE, maxLength: 32 });
const steps = fc
  .array(fc.integer({ min: 1024, max: 65_535 }), { minLength: 4, maxLength: 8 })
  .map((list) => list.join(","));

const ACCESS =
  "SDP_CLIENT_ID 1\nSOURCE ANY\nOPEN_PORTS tcp/22\nKEY S\nHMAC_KEY T;\nREQUIRE_SOURCE Y\nFW_ACCESS_TIMEOUT 30\n" +
  "MAX_FW_TIMEOUT 20\nENCRYPTION_MODE cbc\nHMAC_DIGEST_TYPE sha256\nACCESS_EXPIRE 1/1/2030\nDESTINATION 192.0.2.1\n" +
  "GPG_DECRYPT_PW S\n%include_keys /x\n";
const CONFIG =
  "options:\n  interface: eth0\nkeys:\n  alice:\n    file: S\n    doors: ssh\n    expires: 2030-01-01\ndoors:\n  ssh:\n" +
  "    sequence: [7001/tcp, 8002/udp, 9003]\n    totp: {secret_file: T, ports: 20000-20299}\n    spa: true\n    open: 22/tcp\n";
const PROFILES =
  "profiles:\n  a:\n    host: example.org\n    spa:\n      key: S\n      hmac_key: T\n      open: [22/tcp]\n" +
  "  b:\n    host: example.org\n    totp: {ports: 20000-20299, secret: S}\n";

const READERS: Record<string, { read: Reader; template: string; secret: fc.Arbitrary<string> }> = {
  "access.conf with keys": { read: saidByImport, template: ACCESS.replace(/KEY /g, "KEY_BASE64 "), secret: base64 },
  "access.conf with passphrases": { read: saidByImport, template: ACCESS, secret: passphrase },
  "access.conf below a section": { read: saidByImport, template: `[options]\n${ACCESS}`, secret: base64 },
  "knockd.conf": {
    read: saidByImport,
    template:
      "[options]\n UseSyslog\n KEY_BASE64 S\n[ssh]\n sequence = 7001,8002\n key = T\n start_command = iptables -F\n S\n tcpflags = syn\n",
    secret: base64,
  },
  "knockd.yaml": { read: saidByConfig, template: CONFIG, secret: fc.oneof(base64, base32) },
  "access.conf as knockd.yaml": {
    read: saidByConfig,
    template: ACCESS.replace(/KEY /g, "KEY_BASE64 "),
    secret: base64,
  },
  "a client's profiles": { read: saidByProfiles, template: PROFILES, secret: fc.oneof(base64, base32) },
  "a key file": {
    read: thrown((text) => parseKeyFile(text, text.length % 2 === 0 ? ["no-hmac"] : ["legacy-iv", "no-hmac"])),
    template: "# alice\nKEY_BASE64: S\nHMAC_KEY_BASE64: T\nKEY: S\n",
    secret: fc.oneof(base64, passphrase),
  },
  "a code's secret": { read: thrown(parseSecretFile), template: "# ssh\nS\n", secret: base32 },
  "one-time sequences": {
    read: (text) => [
      ...thrown((each) => parseOneTime(BYTES.encode(each)))(text),
      String(parseOneTime(BYTES.encode(text)).unreadable),
    ],
    template: " S\n T\n#S\nx S\n",
    secret: steps,
  },
  "a URI": { read: thrown(parseUri), template: "knock://S@example.org/7000,T/udp?delay=300&key=S#T", secret: base64 },
  "a line to import": {
    read: thrown((text) => parseLine(text, () => undefined)),
    template: "knock -d 300 --key S example.org 7000 T",
    secret: base64,
  },
  KNOCKD_OPTS: {
    read: (text) => readDefaults(text).notes.map(({ message }) => message),
    template: 'KNOCKD_OPTS="-i eth0 --key S"\nS\n',
    secret: base64,
  },
};

type Damage = (text: string) => string;

function at(text: string, place: number): number {
  return Math.floor(place * (text.length + 1));
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const inserted = fc.constantFrom(
  ..."\n|\n\n|:|: |\"|'|#|=| = | |\t|\u00a0|[|]|{|}|,|- |%|!|*|&|@|`|\\|<|>|;|\r|\0|–|/|?|? |...\n---\n".split("|"),
);
const damage: fc.Arbitrary<Damage> = fc.oneof(
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

function piecesOf(secret: string): string[] {
  return Array.from({ length: Math.max(1, secret.length - PIECE + 1) }, (_, index) =>
    secret.slice(index, index + PIECE),
  );
}

describe.each(Object.entries(READERS))("%s", (_name, { read, template, secret }) => {
  it("is never quoted where a secret may be", () => {
    let spoke = 0;
    fc.assert(
      fc.property(secret, secret, fc.array(damage, { maxLength: 4 }), (first, second, damages) => {
        const whole = template.replace(/\bS\b/g, () => first).replace(/\bT\b/g, () => second);
        const text = damages.reduce((each, act) => act(each), whole);
        const said = read(text).join("\n");
        if (said !== "" && said !== "0") spoke++;
        const found = [...piecesOf(first), ...piecesOf(second)].filter((piece) => said.includes(piece));
        expect({ found, said: found.length > 0 ? said : "" }).toEqual({ found: [], said: "" });
      }),
      { numRuns: 400 },
    );
    // A reader that never says anything would prove nothing.
    expect(spoke).toBeGreaterThan(20);
  });
});
