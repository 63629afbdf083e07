// Which command of `knockd`; one place turns an error into stderr lines and an exit code.
import { Command, CommanderError } from "commander";
import { EXIT, type ExitCode, Failure } from "./core/exit.ts";
import { oldHabit } from "./core/text/old-habits.ts";
import { hint, printError } from "./io/terminal.ts";
import { readVersion } from "./version.ts";

/**
 * One row a command: the file that says how it is called, and does it. Only the one that is asked for is loaded, since the
 * daemon must not wait for what it does not need. An action leaves its code in process.exitCode.
 */
const COMMANDS: Record<string, () => Promise<{ readonly command: Command }>> = {
  run: () => import("./commands/run.ts"),
  check: () => import("./commands/check.ts"),
  suggest: () => import("./commands/suggestion.ts"),
  status: () => import("./commands/status.ts"),
  open: () => import("./commands/open.ts"),
  close: () => import("./commands/close.ts"),
  watch: () => import("./commands/watch.ts"),
  explain: () => import("./commands/explain.ts"),
  reload: () => import("./commands/reload.ts"),
  howto: () => import("./commands/howto.ts"),
  doctor: () => import("./commands/doctor.ts"),
  metrics: () => import("./commands/metrics.ts"),
  flush: () => import("./commands/flush.ts"),
  import: () => import("./commands/import.ts"),
  keygen: () => import("./commands/keygen.ts"),
  enroll: () => import("./commands/enroll.ts"),
  complete: () => import("./commands/complete.ts"),
  init: () => import("./commands/init.ts"),
};
/** What commands were called before 1.0, for the hint. */
const RENAMED = new Map([
  ["show", "howto"],
  ["remove", "flush"],
]);
const INSTANCE = "--instance";
/** It speaks of all the others, and none of them of it. */
const FOR_SHELLS = "complete";

/** Ends with the exit code in process.exitCode. */
export async function main(): Promise<void> {
  process.exitCode = EXIT.OK;
  const words = forInstance(process.argv.slice(2));
  const [word = ""] = words;
  if (word === "run") (await import("./io/tuning.ts")).tuneForStart();
  // Who reads our output (`| head`) may have seen enough. The stdout of `run` belongs to its log.
  if (word !== "run") process.stdout.on("error", () => process.exit());
  try {
    const now = RENAMED.get(word);
    if (now !== undefined) throw new Failure(EXIT.USAGE, `unknown command '${word}'`, `it is called knockd ${now} now`);
    const habit = oldHabit(words);
    if (habit !== undefined) throw new Failure(EXIT.USAGE, habit.message, habit.hint);
    const program = await programFor(word);
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** All commands, or, when a word names one that needs no other, that one. */
export async function programFor(word: string): Promise<Command> {
  const program = new Command("knockd")
    .description("port-knocking daemon: hides a service and opens it, for a while, to the one address that knocked")
    .version(readVersion(), "-V, --version", "print the version")
    .option(`${INSTANCE} <name>`, "which of several daemons is meant, as in knockd@NAME.service")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", "\nknockd COMMAND --help tells more, and has examples. Manual: knockd(8), knockd.yaml(5).");
  const asked = word === FOR_SHELLS ? undefined : COMMANDS[word];
  const rows = Object.entries(COMMANDS).filter(([, load]) => asked === undefined || load === asked);
  for (const [name, load] of rows) program.addCommand((await load()).command, { hidden: name === FOR_SHELLS });
  for (const command of [program, ...program.commands]) {
    command.helpOption("-h, --help", "print this help");
    command.exitOverride().configureOutput({ outputError: (text) => printError(text.trim().replace(/^error: /, "")) });
  }
  return program;
}

/** Says which daemon is meant before a command is loaded, since whole files depend on it; returns the other words. */
function forInstance(words: readonly string[]): string[] {
  const at = words[0] === FOR_SHELLS ? -1 : words.findIndex((word) => word.split("=")[0] === INSTANCE);
  const [option, next] = words.slice(at, at + 2);
  if (at < 0 || option === undefined) return [...words];
  const isAssigned = option.includes("=");
  const name = isAssigned ? option.slice(INSTANCE.length + 1) : next;
  // Commander knows what to say.
  if (name === undefined) return [option];
  process.env["KNOCKD_INSTANCE"] = name;
  return words.toSpliced(at, isAssigned ? 1 : 2);
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  if (!(error instanceof Failure)) {
    printError(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
    return EXIT.SOFTWARE;
  }
  printError(error.message);
  if (error.hint !== undefined) hint(error.hint);
  return error.code;
}
