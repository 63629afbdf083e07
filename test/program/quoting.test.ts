// No secret on stdout, on stderr, or in the log of the programs as they were built, whatever has become of the file that holds it.
// The readers themselves are asked far more often, by test/secrets.test.ts: here it is about what the programs make of their words.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { eventually } from "../support/lab.ts";
import { root } from "../support/netns.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";
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
} from "../support/secret-texts.ts";

const KNOCK = [process.execPath, fileURLToPath(new URL("../../dist/knock.js", import.meta.url))];
/** BOUNDED: each of them is a process of Node. */
const RUNS = 3;
/** Nobody's network, and no firewall is touched. */
const ALONE = ["unshare", "--net", ...(root ? [] : ["--map-root-user"])];
/** Its interface is not there, which it says when all else is done. */
const SERVES = /cannot open interface|no default route/;
const BASE64_KEYS = ACCESS.replace(/KEY /g, "KEY_BASE64 ");

const scratch = new Scratch();
beforeAll(() => {
  scratch.make();
  mkdirSync(scratch.pathOf(".config/knock"), { recursive: true });
});
afterAll(() => scratch.remove());

interface Case {
  readonly template: string;
  readonly secret: fc.Arbitrary<string>;
  /** All that it says about the text. */
  readonly say: (text: string) => Promise<string>;
}

/** As the daemon wants its own files. */
function written(name: string, text: string): string {
  const file = scratch.write(name, text);
  chmodSync(file, 0o600);
  return file;
}

async function outputOf(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const running = new Running(argv, { env: { ...env, HOME: scratch.path, XDG_CONFIG_HOME: "" } });
  await running.ended();
  return running.stdout + running.stderr;
}

/** The daemon, until it serves or gives up, and what doctor says of it, with its log. */
async function logOf(yaml: string): Promise<string> {
  const log = scratch.pathOf("log");
  const file = written("run.yaml", yaml);
  rmSync(log, { force: true });
  const env = { ...process.env, STATE_DIRECTORY: scratch.pathOf("state"), RUNTIME_DIRECTORY: scratch.pathOf("run") };
  const running = new Running([...ALONE, ...KNOCKD, "run", "-c", file], { env });
  const textOfLog = () => running.stdout + (existsSync(log) ? readFileSync(log, "utf8") : "");
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  running.ended().then(over, over);
  await eventually("the daemon serves, or has ended", async () => isOver || SERVES.test(textOfLog()));
  const asked = isOver ? "" : await outputOf([...ALONE, ...KNOCKD, "doctor", "-c", file], env);
  await running.stop();
  return textOfLog() + running.stderr + asked;
}

const check = (text: string) => outputOf([...KNOCKD, "check", "-c", scratch.write("check.yaml", text)]);
const checkJson = (text: string) => outputOf([...KNOCKD, "check", "--json", "-c", scratch.write("check.yaml", text)]);
const imported = (text: string) => outputOf([...KNOCKD, "import", scratch.write("old.conf", text)]);

/** Of this run. */
const options = () => `interface: none7, firewall: none, log_level: debug, log_file: ${scratch.pathOf("log")}`;

function withFile(name: string, door: (file: string) => string): Case["say"] {
  return (text) => {
    rmSync(scratch.pathOf(name), { force: true });
    return logOf(`options: { ${options()} }\n${door(written(name, text))}`);
  };
}

function withProfiles(text: string): Promise<string> {
  scratch.write(".config/knock/config.yaml", text);
  return outputOf([...KNOCK, "--print", "--spa", "a"]);
}

const CASES: Record<string, Case> = {
  "knockd check": { template: CONFIG, secret: fc.oneof(base64, base32), say: check },
  "knockd check --json of an access.conf": { template: BASE64_KEYS, secret: base64, say: checkJson },
  "knockd import of keys": { template: BASE64_KEYS, secret: base64, say: imported },
  "knockd import of passphrases": { template: ACCESS, secret: passphrase, say: imported },
  "knockd run": {
    template: CONFIG,
    secret: fc.oneof(base64, base32),
    say: (text) => logOf(text.replace("interface: eth0", `{ ${options()} }`)),
  },
  "knockd run and doctor with a key file": {
    template: "# alice\nKEY_BASE64: S\nHMAC_KEY_BASE64: T\n",
    secret: base64,
    say: withFile(
      "alice",
      (file) => `keys: { alice: { file: ${file}, doors: [d] } }\ndoors: { d: { spa: true, open: 22 } }\n`,
    ),
  },
  "knockd run and doctor with a code's secret": {
    template: "# ssh\nS\n",
    secret: base32,
    say: withFile("code", (file) => `doors: { d: { totp: { secret_file: ${file}, ports: 20000-20299 }, open: 22 } }\n`),
  },
  "knockd run and doctor with one-time sequences": {
    template: " S\n T\n#S\n",
    secret: steps,
    say: withFile("once", (file) => `doors: { d: { one_time_sequences: ${file}, open: 22 } }\n`),
  },
  "knock with profiles": { template: PROFILES, secret: fc.oneof(base64, base32), say: withProfiles },
  "knock --import": {
    template: "knock://S@example.org/7000,T/udp?delay=300&key=S#T",
    secret: base64,
    say: (text) => outputOf([...KNOCK, "--import", text.replaceAll("\0", "")]),
  },
};

describe.each(Object.entries(CASES))("%s", (_name, { template, secret, say }) => {
  it("says nothing of what is secret", async () => {
    let spoke = 0;
    const damages = fc.array(damage, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(secret, secret, damages, async (first, second, acts) => {
        const said = await say(damaged(template, [first, second], acts));
        if (said !== "") spoke++;
        const quoted = found(said, [first, second]);
        expect({ quoted, said: quoted.length > 0 ? said : "" }).toEqual({ quoted: [], said: "" });
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(spoke).toBeGreaterThan(0);
  });
});
