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
import {
  ACCESS,
  base32,
  base64,
  CONFIG,
  damage,
  damaged,
  found,
  PROFILES,
  passphrase,
  steps,
} from "./support/secret-texts.ts";

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

describe.each(Object.entries(READERS))("%s", (_name, { read, template, secret }) => {
  it("is never quoted where a secret may be", () => {
    let spoke = 0;
    fc.assert(
      fc.property(secret, secret, fc.array(damage, { maxLength: 4 }), (first, second, damages) => {
        const said = read(damaged(template, [first, second], damages)).join("\n");
        if (said !== "" && said !== "0") spoke++;
        const quoted = found(said, [first, second]);
        expect({ quoted, said: quoted.length > 0 ? said : "" }).toEqual({ quoted: [], said: "" });
      }),
      { numRuns: 400 },
    );
    // A reader that never says anything would prove nothing.
    expect(spoke).toBeGreaterThan(20);
  });
});
