// `knockd keygen`: makes a key for signed packets, and prints what each kind of client needs of it.
import { existsSync } from "node:fs";
import { Command } from "commander";
import type { Config } from "../core/config/config.ts";
import { EXIT, Failure } from "../core/exit.ts";
import type { Port } from "../core/port.ts";
import { configText, type Enrolment, fwknopText, profileText, qrText } from "../core/spa/key-enrol.ts";
import { formatKeyFile } from "../core/spa/key-file.ts";
import { reasonOf } from "../core/text/words.ts";
import { CONFIG_OPTION, loadConfig } from "../io/read-config.ts";
import { writeKeyFile } from "../io/state/key-files.ts";
import { randomKey } from "../io/state/secret.ts";
import { hint, print } from "../io/terminal.ts";
import { examples } from "./help-text.ts";
import { drawnCode } from "./qr.ts";

const KEY_DIRECTORY = "/etc/knockd/keys";
/** As `fwknop --key-gen` makes them. */
const KEY_BYTES = 32;
const HMAC_KEY_BYTES = 64;
const NAME = /^[A-Za-z][\w.-]{0,63}$/;
const HOST = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,253}$/;
const SSH: Port = { protocol: "tcp", number: 22 };
/** fwknop's own, where no config says another. */
const SPA_PORT = 62_201;

interface Options {
  readonly config: string;
  readonly host: string;
  readonly door: string;
  readonly file?: string;
}

export const command = new Command("keygen")
  .summary("make a key for signed packets")
  .description(
    "Makes a key for signed packets, and prints what its owner needs: lines for knockd.yaml, for fwknop and for knock, " +
      "and a code to scan. A key is never overwritten.",
  )
  .argument("<name>", "whose key it is, for the log")
  .option(...CONFIG_OPTION)
  .option("--host <host>", "what the owner calls this machine", "HOST")
  .option("--door <door>", "the door that it opens", "ssh")
  .option("--file <file>", `where to keep it (default: ${KEY_DIRECTORY}/NAME)`)
  .addHelpText("after", examples("knockd keygen alice --host server.example.com --door ssh"))
  .action(keygen);

function keygen(name: string, { config: configFile, host, door, file = `${KEY_DIRECTORY}/${name}` }: Options): void {
  if (!NAME.test(name)) throw usage(`a key's name begins with a letter, got ${JSON.stringify(name)}`);
  if (!HOST.test(host)) throw usage(`expected a host's name or address, got ${JSON.stringify(host)}`);
  if (!file.startsWith("/")) throw usage(`expected a path that begins with /, got ${JSON.stringify(file)}`);
  const { ports, spaPort } = askedOf(configFile, door);
  const secrets = { key: randomKey(KEY_BYTES), hmacKey: randomKey(HMAC_KEY_BYTES) };
  write(file, formatKeyFile(secrets));
  tell({ name, file, host, doors: [door], ports, spaPort, ...secrets });
}

/** What a request for this door has to name, as far as there is a config to tell. */
function askedOf(configFile: string, name: string): { ports: readonly Port[]; spaPort: number } {
  const config = existsSync(configFile) ? loadConfig(configFile) : undefined;
  const door = config?.doors.find((each) => each.name === name);
  if (config !== undefined && door === undefined) {
    throw new Failure(EXIT.USAGE, `no door ${JSON.stringify(name)} in ${configFile}`, `one of ${doorNames(config)}`);
  }
  if (door !== undefined && door.spaPorts.length === 0)
    hint(`doors.${name} takes no signed packets yet: add spa: true`);
  const ports = door === undefined ? [SSH] : door.spaPorts.length > 0 ? door.spaPorts : door.open;
  return { ports: ports.length > 0 ? ports : [SSH], spaPort: config?.spaPort ?? SPA_PORT };
}

function doorNames({ doors }: Config): string {
  return doors.map(({ name }) => name).join(" ");
}

function write(file: string, text: string): void {
  try {
    writeKeyFile(file, text);
  } catch (error) {
    const reason = reasonOf(error);
    const again = reason.includes("already exists")
      ? "a key is never overwritten: name another with --file"
      : undefined;
    throw new Failure(EXIT.UNAVAILABLE, `cannot make ${JSON.stringify(file)}: ${reason}`, again);
  }
}

function tell(enrolment: Enrolment): void {
  const { file, host, name } = enrolment;
  const parts = [
    [`The key is in ${file}. For knockd.yaml, then reload knockd:`, configText(enrolment)],
    [
      `For fwknop: ~/.fwknoprc, mode 0600. Then: fwknop -n ${name} -a ADDRESS (yours, as ${host} sees it)`,
      fwknopText(enrolment),
    ],
    [`For knock: ~/.config/knock/config.yaml, mode 0600. Then: knock --spa ${name}`, profileText(enrolment)],
    ["For the apps (Fwknop2, fwknop-gui): scan this, it is the key itself", drawnCode(qrText(enrolment))],
  ];
  print(parts.map(([what, text]) => `# ${what}\n${text}\n`).join("\n"));
}

function usage(message: string): Failure {
  return new Failure(EXIT.USAGE, message);
}
