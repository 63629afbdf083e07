// Which command of `knockd`, with which options; one place turns an error into stderr lines and an exit code.
import { Command, CommanderError } from "commander";
import { type CheckOptions, check } from "./commands/check.ts";
import { DEFAULT_CONFIG } from "./commands/config-file.ts";
import { remove } from "./commands/remove.ts";
import { run } from "./commands/run.ts";
import { hint, printError } from "./commands/terminal.ts";
import { EXIT, type ExitCode, Failure } from "./core/exit.ts";
import { readVersion } from "./version.ts";

export async function main(): Promise<ExitCode> {
  let code: ExitCode = EXIT.OK;
  const program = new Command("knockd")
    .description("port-knocking daemon: hides a service and opens it, for a while, to the one address that knocked")
    .version(readVersion())
    .exitOverride()
    .configureOutput({ outputError: (text) => printError(text.trim().replace(/^error: /, "")) });

  program
    .command("run")
    .description("run the daemon in the foreground; SIGHUP reads the file again, SIGTERM ends it")
    .option("-c, --config <file>", "the config file", DEFAULT_CONFIG)
    .option("-i, --interface <name>", "where to listen; beats the file")
    .action(async (options: { config: string; interface?: string }) => {
      code = await run(options);
    });
  program
    .command("check")
    .description("say every problem of a config file at once")
    .option("-c, --config <file>", "the config file", DEFAULT_CONFIG)
    .option("-i, --interface <name>", "ignored, so that check takes what run takes")
    .option("--json", "print one JSON object")
    .option("--suggest", "print a sequence that nobody guesses, and nothing else")
    .action((options: CheckOptions) => {
      code = check(options);
    });
  program
    .command("remove")
    .description("take everything of ours out of the firewall")
    .option("-c, --config <file>", "the config file", DEFAULT_CONFIG)
    .action(async (options: { config: string }) => {
      code = await remove(options);
    });

  try {
    await program.parseAsync();
    return code;
  } catch (error) {
    return exitCodeOf(error);
  }
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
