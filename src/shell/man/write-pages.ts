// The last step of the build: the manual pages, each from its source, with what the program itself knows filled in.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { optionTexts } from "../../client/option-table.ts";
import { commandList, synopsis } from "./man-commands.ts";
import { keySections } from "./man-keys.ts";
import { optionItem } from "./man-options.ts";
import { list } from "./mdoc.ts";

const PAGE = /\.[158]$/;

/** `program` has all commands. */
export function writePages(from: string, to: string, program: Command): void {
  const parts = partsOfPages(program);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((file) => PAGE.test(file)))
    writeFileSync(`${to}/${name}`, filled(readFileSync(`${from}/${name}`, "utf8"), parts));
}

/** `@commands@` on a line of its own -> the list of the commands. */
export function filled(source: string, parts: ReadonlyMap<string, string>): string {
  return source.replace(/^@(.*)@$/gm, (_line, name: string) => {
    const part = parts.get(name);
    if (part === undefined) throw new RangeError(`no part ${JSON.stringify(name)} of a manual page`);
    return part;
  });
}

function partsOfPages(program: Command): ReadonlyMap<string, string> {
  const client = optionTexts().map(([section, options]): [string, string] => [
    `knock ${section}`,
    list(options.map(optionItem)),
  ]);
  return new Map([
    ["synopsis", synopsis(program)],
    ["commands", commandList(program)],
    ["keys", keySections()],
    ...client,
  ]);
}
