// `knockd enroll`: makes the secret of a door's codes, shows it to an authenticator app, and asks for a first code.
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import type { CodeRule } from "../core/door.ts";
import { EXIT, type ExitCode, Failure } from "../core/exit.ts";
import { reasonOf } from "../core/text/words.ts";
import { base32, type CodeSecret, formatSecretFile } from "../core/totp/code.ts";
import { codeFault, codeProfileText, otpauthText } from "../core/totp/code-enrol.ts";
import { readCode } from "../core/totp/totp.ts";
import { CodeWindow } from "../core/totp/window.ts";
import { hostName } from "../io/host-name.ts";
import { CONFIG_OPTION, loadConfig } from "../io/read-config.ts";
import { writeKeyFile } from "../io/state/key-files.ts";
import { randomKey } from "../io/state/secret.ts";
import { hint, print, printError, printPart } from "../io/terminal.ts";
import { examples } from "./help-text.ts";
import { drawnCode } from "./qr.ts";

/** RFC 4226 recommends 160 bits. */
const SECRET_BYTES = 20;
const TRIES_MAX = 3;
/** What a URI and a terminal show as it is. */
const LABEL = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;

interface Options {
  readonly config: string;
  readonly label?: string;
}

export const command = new Command("enroll")
  .summary("make the secret of a door's codes, for an authenticator app")
  .description(
    "Makes the secret of a door's codes, shows it to an authenticator app as a code to scan, and tries the app's first code. " +
      "A secret is never overwritten.",
  )
  .argument("<door>", "a door with totp")
  .option(...CONFIG_OPTION)
  .option("--label <label>", "what the app calls it (default: DOOR@this machine's name)")
  .addHelpText("after", examples("knockd enroll phone --label home"))
  .action(async (name: string, options: Options) => {
    process.exitCode = await enroll(name, options);
  });

async function enroll(name: string, { config, label = `${name}@${hostName()}` }: Options): Promise<ExitCode> {
  if (!LABEL.test(label))
    throw new Failure(EXIT.USAGE, `expected a label of letters and digits, got ${JSON.stringify(label)}`);
  const rule = ruleOf(name, config);
  const secret: CodeSecret = Uint8Array.from(randomKey(SECRET_BYTES));
  write(rule.secretFile, formatSecretFile(secret, `knockd: codes of door ${name}, for ${label}`));
  const uri = otpauthText(secret, rule, label);
  print(`# The secret is in ${rule.secretFile}. For an authenticator app: scan this, it is the secret itself`);
  print(`${drawnCode(uri)}\n${uri}\n`);
  print(`# Or type it in: ${base32(secret).replace(/(.{4})(?=.)/g, "$1 ")}\n`);
  print(`# For knock: ~/.config/knock/config.yaml. Then: knock ${name}\n${codeProfileText(name, hostName(), rule)}\n`);
  return await verify(new CodeWindow(secret, rule.digits), rule);
}

function ruleOf(name: string, file: string): CodeRule {
  const { doors } = loadConfig(file);
  const door = doors.find((each) => each.name === name);
  const names = doors.map((each) => each.name).join(" ");
  if (door === undefined) throw new Failure(EXIT.USAGE, `no door ${JSON.stringify(name)}, expected one of ${names}`);
  if (door.totp !== undefined) return door.totp;
  const line = `totp: { secret_file: /etc/knockd/keys/${name}.totp, ports: 20000-20299 }`;
  throw new Failure(EXIT.USAGE, `door ${name} takes no codes`, `give it ${line}`);
}

function write(file: string, text: string): void {
  try {
    writeKeyFile(file, text);
  } catch (error) {
    const reason = reasonOf(error);
    const again = `a secret is never overwritten: remove it first, and the apps that have it show useless codes`;
    throw new Failure(
      EXIT.UNAVAILABLE,
      `cannot make ${JSON.stringify(file)}: ${reason}`,
      reason.includes("already exists") ? again : undefined,
    );
  }
}

/** Nothing on stdin: a script that enrolls, and nobody to ask. */
async function verify(window: CodeWindow, { digits, secretFile }: CodeRule): Promise<ExitCode> {
  printPart(`The first code of the app, ${digits} digits: `);
  let tries = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const fault = faultOf(line, window);
    if (fault === undefined) {
      print("\nfine, the code fits. Reload knockd to take it up: systemctl reload knockd");
      return EXIT.OK;
    }
    print("");
    printError(`the code does not fit: ${fault}`);
    if (++tries >= TRIES_MAX) break;
    printPart("The next one: ");
  }
  if (tries === 0) {
    print("\nnot tried: no code was given. Reload knockd to take it up: systemctl reload knockd");
    return EXIT.OK;
  }
  hint(`to begin anew, remove ${secretFile} and enroll again`);
  return EXIT.UNAVAILABLE;
}

function faultOf(line: string, window: CodeWindow): string | undefined {
  try {
    return codeFault(readCode(line), window, Date.now());
  } catch (error) {
    return reasonOf(error);
  }
}
