// `knockd import`: the configuration of the old knockd as a knockd.yaml on stdout; what it cannot keep, line by line on stderr.
import { readFileSync, statSync } from "node:fs";
import { Command } from "commander";
import { EXIT, type ExitCode, Failure } from "../core/exit.ts";
import { reasonOf } from "../core/text/words.ts";
import { isAccessConf, strangeFile } from "../import/access-conf.ts";
import { importFwknop } from "../import/fwknop-import.ts";
import { DEFAULTS_BYTES_MAX, readDefaults } from "../import/knockd-defaults.ts";
import { type Imported, importKnockd, KNOCKD_CONF_BYTES_MAX } from "../import/knockd-import.ts";
import { formatNote, type Note } from "../import/note.ts";
import { addressesOf } from "../io/label-addresses.ts";
import { makeKeyFiles } from "../io/state/key-files.ts";
import { printError, printPart } from "../io/terminal.ts";
import { sandboxHere } from "../io/unit-files.ts";
import { examples } from "./help-text.ts";

/** What Debian's unit of the old knockd read. */
const KNOCKD_CONF = "/etc/knockd.conf";
const DEFAULTS = "/etc/default/knockd";
/** As for keygen. */
const KEY_DIRECTORY = "/etc/knockd/keys";

interface Options {
  readonly modern?: boolean;
  readonly defaults?: string;
  readonly keys?: string;
}

export const command = new Command("import")
  .summary("turn the config of another knocker into a knockd.yaml")
  .description("Prints the config of another knocker as a knockd.yaml, and on stderr what is different there.")
  .argument("<file>", "a knockd.conf of the old knockd, or an access.conf of fwknop; its content tells which")
  .option("--modern", "write open: where commands do no more than open a port for the knocker")
  .option(
    "--defaults <file>",
    `the file with KNOCKD_OPTS="-i ens3" (default: ${DEFAULTS} if FILE is ${KNOCKD_CONF}, else none)`,
  )
  .option("--keys <directory>", "make the key files of an access.conf there, mode 0600; none is ever overwritten")
  .addHelpText(
    "after",
    examples(
      "knockd import /etc/knockd.conf > /etc/knockd/knockd.yaml && knockd check",
      `knockd import --keys ${KEY_DIRECTORY} /etc/fwknop/access.conf`,
    ),
  )
  .action((file: string, options: Options) => {
    process.exitCode = importFile(file, options);
  });

function importFile(file: string, options: Options): ExitCode {
  const bytes = readBytes(file, KNOCKD_CONF_BYTES_MAX);
  const text = new TextDecoder().decode(bytes);
  const strange = isAccessConf(text) ? undefined : strangeFile(text);
  if (strange !== undefined) throw new Failure(EXIT.CONFIG, `${file}: ${strange}`);
  const imported = isAccessConf(text) ? importKeys(file, text, options) : importDoors(file, bytes, options);
  const isRefused = "problems" in imported;
  printNotes(file, isRefused ? imported.problems : imported.notes);
  if (isRefused) return EXIT.CONFIG;
  printPart(imported.yaml);
  return EXIT.OK;
}

function importDoors(file: string, bytes: Uint8Array, { modern = false, defaults, keys }: Options): Imported {
  if (keys !== undefined) throw new Failure(EXIT.USAGE, "--keys: a knockd.conf has no keys");
  const { listenOn } = defaultsFor(file, defaults);
  return importKnockd(bytes, {
    file,
    modern,
    addressesOf,
    sandbox: sandboxHere(),
    ...(listenOn === undefined ? {} : { listenOn }),
  });
}

function importKeys(file: string, text: string, { modern, defaults, keys }: Options): Imported {
  if (modern || defaults !== undefined)
    throw new Failure(EXIT.USAGE, `${modern ? "--modern" : "--defaults"}: only for a knockd.conf`);
  if (keys !== undefined && !keys.startsWith("/"))
    throw new Failure(EXIT.USAGE, `--keys: expected a path that begins with /, got ${JSON.stringify(keys)}`);
  const directory = keys?.replace(/\/+$/, "") ?? KEY_DIRECTORY;
  const imported = importFwknop(text, { file, directory, makesKeys: keys !== undefined });
  if (keys !== undefined) makeKeyFiles(imported.keyFiles ?? []);
  return imported;
}

/** The machine's own defaults speak of the machine's own file. */
function defaultsFor(file: string, named: string | undefined): { listenOn?: string } {
  const path = named ?? (file === KNOCKD_CONF && exists(DEFAULTS) ? DEFAULTS : undefined);
  if (path === undefined) return {};
  const defaults = readDefaults(new TextDecoder().decode(readBytes(path, DEFAULTS_BYTES_MAX)));
  printNotes(path, defaults.notes);
  return defaults;
}

function printNotes(file: string, notes: readonly Note[]): void {
  for (const note of notes) printError(formatNote(file, note));
}

function readBytes(file: string, bytesMax: number): Uint8Array {
  try {
    if (statSync(file).size > bytesMax) throw new RangeError(`larger than ${bytesMax} bytes`);
    return readFileSync(file);
  } catch (error) {
    throw new Failure(EXIT.NO_INPUT, `cannot read ${JSON.stringify(file)}: ${reasonOf(error)}`);
  }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
