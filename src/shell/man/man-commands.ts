// The commands of knockd as they are defined -> their part of knockd(8).
import type { Command } from "commander";
import { optionItem } from "./man-options.ts";
import { argument, type Item, list, prose, sentences } from "./mdoc.ts";

/** They are told once, for all commands. */
const COMMON = ["--help", "--config"];

export function synopsis(program: Command): string {
  return commandsOf(program)
    .map((command) => `.Nm\n${callOf(command)}`)
    .join("\n");
}

export function commandList(program: Command): string {
  return list(commandsOf(program).map(commandItem));
}

function commandsOf(program: Command): readonly Command[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== "help");
}

function commandItem(command: Command): Item {
  const options = optionsOf(command).filter(({ long }) => !COMMON.includes(long ?? ""));
  const items = options.map(({ flags, description, defaultValue }) =>
    optionItem({ flags, says: withDefault(description, defaultValue) }),
  );
  const parts = [sentences(command.description()), ...(items.length > 0 ? [list(items)] : []), prose(moreOf(command))];
  return { head: `Xo\n${callOf(command)}\n.Xc`, body: parts.join("\n") };
}

/** `.Cm open`, `.Op Fl Fl for Ar time`, ...: a macro a line. */
function callOf(command: Command): string {
  const options = optionsOf(command)
    .filter(({ long }) => long !== "--help")
    .map((option) => {
      const head = optionItem({ flags: option.flags.replace(/^(-\w), \S+/, "$1"), says: "" }).head;
      return option.mandatory ? `.${head}` : `.Op ${head}`;
    });
  const wanted = command.registeredArguments.map((each) =>
    each.required ? `.Ar ${argument(each.name())}` : `.Op Ar ${argument(each.name())}`,
  );
  return [`.Cm ${argument(command.name())}`, ...options, ...wanted].join("\n");
}

function optionsOf(command: Command) {
  return command.createHelp().visibleOptions(command);
}

function withDefault(description: string, value: unknown): string {
  return typeof value === "string" ? `${description} (default: ${value})` : description;
}

/** What --help says below the options. */
function moreOf(command: Command): string {
  let all = "";
  command.configureOutput({ writeOut: (words) => (all += words) }).outputHelp();
  return all.slice(command.helpInformation().length);
}
