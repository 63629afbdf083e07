// What the program says of itself, as the build writes it down: for those who only ask, and for the shells at each press of Tab,
// who must not wait for all commands to be loaded.
import type { Command } from "commander";
import type { Program } from "./program.ts";
import { programOf } from "./program-of.ts";

export interface Outline {
  readonly version: string;
  /** The help of each command by its name, of the program itself by "". */
  readonly help: Readonly<Record<string, string>>;
  /** `knockd` and `knock`. */
  readonly programs: Readonly<Record<string, Program>>;
}

/** `program` has all commands. */
export function outlineOf(program: Command, client: Program): Outline {
  const commands = [program, ...program.commands];
  return {
    version: program.version() ?? "",
    help: Object.fromEntries(commands.map((command) => [command === program ? "" : command.name(), helpOf(command)])),
    programs: { knockd: programOf(program), knock: client },
  };
}

/** As it is printed, with what comes after the options. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}
