// The last step of the build: the manual pages, each from its source, with what the program itself knows filled in.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { USAGE } from "../client/usage.ts";
import { optionsOfUsage } from "../core/program.ts";
import { programFor } from "../main.ts";
import { commandList, synopsis } from "./commands.ts";
import { keySections } from "./keys.ts";
import { list } from "./mdoc.ts";
import { optionItem } from "./options.ts";

const PAGE = /\.[158]$/;

export async function writePages(from: string, to: string): Promise<void> {
  const parts = await partsOfPages();
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

async function partsOfPages(): Promise<ReadonlyMap<string, string>> {
  const program = await programFor("");
  const usage = [...optionsOfUsage(USAGE)].map(([section, options]): [string, string] => [
    `knock ${section}`,
    list(options.map(optionItem)),
  ]);
  return new Map([
    ["synopsis", synopsis(program)],
    ["commands", commandList(program)],
    ["keys", keySections()],
    ...usage,
  ]);
}
