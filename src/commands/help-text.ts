// The end of a command's --help: what more there is to know, and lines that work as they stand. The man page shows both, and a
// test gives each line to the parser.
import type { AddHelpTextContext } from "commander";

/** Where no terminal says how wide it is. */
const WIDTH = 80;

export function examples(...lines: readonly string[]): string {
  return `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

/** Paragraphs as wide as the terminal; what is set in stays as it stands. */
export function paragraphs(words: string): (context: AddHelpTextContext) => string {
  return ({ command }) => {
    const help = command.createHelp();
    const width = command.configureOutput().getOutHelpWidth?.() ?? WIDTH;
    const blocks = words.trim().split("\n\n");
    const wrapped = blocks.map((block) =>
      block.startsWith(" ") ? block : help.boxWrap(block.replaceAll("\n", " "), width),
    );
    return `\n${wrapped.join("\n\n")}`;
  };
}
