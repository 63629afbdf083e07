// `knockd import`: the configuration of the old knockd as a knockd.yaml on stdout; what it cannot keep, line by line on stderr.
import { readFileSync, statSync } from "node:fs";
import { Command } from "commander";
import { EXIT, type ExitCode, Failure } from "../core/exit.ts";
import { importKnockd, KNOCKD_CONF_BYTES_MAX } from "../core/import-knockd.ts";
import { formatNote, type Note } from "../core/import-note.ts";
import { DEFAULTS_BYTES_MAX, readDefaults } from "../core/knockd-defaults.ts";
import { reasonOf } from "../core/words.ts";
import { printError } from "./terminal.ts";

/** What Debian's unit of the old knockd read. */
const KNOCKD_CONF = "/etc/knockd.conf";
const DEFAULTS = "/etc/default/knockd";

interface Options {
  readonly modern?: boolean;
  readonly defaults?: string;
}

export const command = new Command("import")
  .description("turn the file of another knocker into a knockd.yaml on stdout; say on stderr what is different there")
  .argument("<file>", "a knockd.conf of the old knockd")
  .option("--modern", "write open: where commands do no more than open a port for the knocker")
  .option(
    "--defaults <file>",
    `the file with KNOCKD_OPTS="-i ens3" (default: ${DEFAULTS} if FILE is ${KNOCKD_CONF}, else none)`,
  )
  .addHelpText("after", "\nExample:\n  knockd import /etc/knockd.conf > /etc/knockd/knockd.yaml && knockd check")
  .action((file: string, options: Options) => {
    process.exitCode = importFile(file, options);
  });

function importFile(file: string, { modern = false, defaults }: Options): ExitCode {
  const bytes = readBytes(file, KNOCKD_CONF_BYTES_MAX);
  const { listenOn } = defaultsFor(file, defaults);
  const imported = importKnockd(bytes, { file, modern, ...(listenOn === undefined ? {} : { listenOn }) });
  const isRefused = "problems" in imported;
  printNotes(file, isRefused ? imported.problems : imported.notes);
  if (isRefused) return EXIT.CONFIG;
  process.stdout.write(imported.yaml);
  return EXIT.OK;
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
