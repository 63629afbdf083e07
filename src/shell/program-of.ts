// commander's definitions -> the program as shells and man pages see it.
import type { Command } from "commander";
import { type Program, readOption } from "./program.ts";

export function programOf(command: Command): Program {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).map(programOf);
  return {
    name: command.name(),
    says: command.summary() || command.description(),
    options: help.visibleOptions(command).map(({ flags, description }) => readOption({ flags, says: description })),
    takes: command.registeredArguments.map((argument) => argument.name()),
    commands,
  };
}
