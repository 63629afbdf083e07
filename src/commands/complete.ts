// `knockd complete`, for the shells alone: the words that may stand at the cursor, one a line, with what each means.
import { readdirSync } from "node:fs";
import { Command } from "commander";
import { optionTexts } from "../client/option-table.ts";
import { configPath, readConfigFile } from "../client/profile-file.ts";

import type { Door } from "../core/door.ts";
import { formatPort } from "../core/port.ts";
import { DEFAULT_CONFIG, loadConfig } from "../io/read-config.ts";
import { print } from "../io/terminal.ts";
import { type Candidate, type Fitting, fitting, type Said } from "../shell/completion.ts";
import { type Program, readOption } from "../shell/program.ts";
import { programOf } from "../shell/program-of.ts";
import { fetchStatus } from "./status.ts";

export const command = new Command("complete")
  .summary("print what may stand at the cursor, for the completion of shells")
  .argument("<program>", "knockd or knock")
  .argument("[words...]", "the words behind it, the last one up to the cursor")
  .action(complete);

/** Whatever goes wrong, nothing is offered: a person who is typing has no use for the reason. */
async function complete(name: string, words: readonly string[], _options: unknown, { parent }: Command): Promise<void> {
  const program = name === "knock" ? KNOCK : parent === null ? undefined : programOf(parent);
  if (program === undefined) return;
  const fits = fitting(program, words);
  const typed = words.at(-1) ?? "";
  for (const { word, says } of await wordsFor(fits)) if (word.startsWith(typed)) print(`${word}\t${says}`);
  // The shell knows better how to find these.
  if (fits.kind === "value" && isFile(fits.takes)) print(":files");
  if (fits.kind === "value" && fits.takes === "host") print(":hosts");
}

const KNOCK: Program = {
  name: "knock",
  says: "knock at a door",
  options: optionTexts().flatMap(([, options]) => options.map(readOption)),
  takes: ["host"],
  commands: [],
};

async function wordsFor(fits: Fitting): Promise<readonly Candidate[]> {
  if (fits.kind === "words") return fits.candidates;
  try {
    const values = await valuesFor(fits.takes, fits.said);
    return values.map(({ word, says }) => ({ word: fits.prefix + word, says }));
  } catch {
    return [];
  }
}

async function valuesFor(takes: string, said: Said): Promise<readonly Candidate[]> {
  switch (takes) {
    case "door":
      return said.command === "close" ? unique((await grants()).map(({ door }) => door)) : doors(said).map(doorSays);
    case "address":
      return said.command === "explain" ? [] : await addresses(said);
    case "interface":
      return unique(readdirSync("/sys/class/net"));
    // The client's own: a word alone is a profile, or a host.
    case "profile":
      return profiles();
    case "host":
      return said.command === undefined && said.given.length === 0 ? profiles() : [];
    default:
      return [];
  }
}

function doors({ values }: Said): readonly Door[] {
  return loadConfig(values.get("--config") ?? DEFAULT_CONFIG).doors;
}

function doorSays({ name, open }: Door): Candidate {
  return { word: name, says: open.length === 0 ? "" : `opens ${open.map(formatPort).join(" ")}` };
}

/** Of a door, those that it is open to; otherwise also those that are knocking. */
async function addresses({ given: [door] }: Said): Promise<readonly Candidate[]> {
  const { grants, attempts } = await fetchStatus();
  if (door !== undefined) return unique(grants.filter((grant) => grant.door === door).map(({ ip }) => ip));
  return unique([...grants, ...attempts.newest].map(({ ip }) => ip));
}

async function grants() {
  return (await fetchStatus()).grants;
}

function profiles(): readonly Candidate[] {
  const named = Object.entries(readConfigFile(configPath())?.profiles ?? {});
  return named.map(([word, { host }]) => ({ word, says: host }));
}

function unique(words: readonly string[]): Candidate[] {
  return [...new Set(words)].map((word) => ({ word, says: "" }));
}

function isFile(takes: string): boolean {
  return ["file", "directory", "capture"].includes(takes);
}
