// --help: every command says what it is for, and every example it gives is understood.

import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { programFor } from "../../src/main.ts";

const program = await programFor("");
const commands = program.createHelp().visibleCommands(program);
const named = commands.filter((command) => command.name() !== "help");

function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

/** The words behind `knockd` in each example, without what the shell does with its output. */
function examplesOf(command: Command): string[][] {
  const [, lines = ""] = helpOf(command).split(/\nExamples?:\n/);
  const calls = lines.split(/\n| && | \| /).map((part) => part.trim().replace(/ > \S+$/, ""));
  return calls.filter((call) => call.startsWith("knockd ")).map((call) => call.split(" ").slice(1));
}

describe.each(named.map((command) => [command.name(), command] as const))("knockd %s --help", (name, command) => {
  it("has a line for the list of commands, and sentences of its own", () => {
    expect(command.summary()).toMatch(/^[a-z].{0,61}[^.]$/);
    expect(command.description()).toMatch(/^[A-Z].*\.$/);
    for (const { description } of [...command.options, ...command.registeredArguments])
      expect(description).toMatch(/^[^A-Z.].*[^.]$/);
  });

  it("fits a terminal of 80 columns, but for what is set in", () => {
    const long = helpOf(command)
      .split("\n")
      .filter((line) => line.length > 80 && !line.startsWith("  "));
    expect(long).toEqual([]);
  });

  it("gives examples of it, each of which is understood", async () => {
    const examples = examplesOf(command);
    expect(examples.filter(([word]) => word === name)).not.toEqual([]);
    for (const words of examples) {
      const fresh = await programFor("");
      let reached = "";
      for (const each of fresh.commands)
        each.exitOverride().action(() => {
          reached = each.name();
        });
      await fresh.parseAsync(words, { from: "user" });
      expect(reached).toBe(words[0]);
    }
  });
});

it("speaks of every command but the one for shells", () => {
  const all = program.commands.map((command) => command.name());
  expect(all).toContain("complete");
  expect(named.map((command) => command.name())).toEqual(all.filter((name) => name !== "complete"));
});
