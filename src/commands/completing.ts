// The words that may stand at the cursor, printed for the completion of shells. Where only the machine can tell them, what
// asks it is loaded then: this runs at each press of Tab.
import { readdirSync } from "node:fs";
import { doorOutlines } from "../core/config/door-outlines.ts";
import { type Candidate, candidateLines, type Fitting, type Said } from "../shell/completion.ts";

/** Lines for the shell: a word and what it means; or what the shell knows better how to find. */
export async function completion(fits: Fitting, typed: string): Promise<string[]> {
  return [
    ...candidateLines(await candidatesOf(fits), typed),
    ...(fits.kind === "value" && isFile(fits.takes) ? [":files"] : []),
    ...(fits.kind === "value" && fits.takes === "host" ? [":hosts"] : []),
  ];
}

/** Whatever goes wrong, nothing is offered: a person who is typing has no use for the reason. */
async function candidatesOf(fits: Fitting): Promise<readonly Candidate[]> {
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
      return said.command === "close" ? unique((await grants()).map(({ door }) => door)) : await doors(said);
    case "address":
      return said.command === "explain" ? [] : await addresses(said);
    case "interface":
      return unique(readdirSync("/sys/class/net"));
    // The client's own: a word alone is a profile, or a host.
    case "profile":
      return await profiles();
    case "host":
      return said.command === undefined && said.given.length === 0 ? await profiles() : [];
    default:
      return [];
  }
}

async function doors({ values }: Said): Promise<readonly Candidate[]> {
  const { DEFAULT_CONFIG, readConfigText } = await import("../io/config-text.ts");
  const { readYaml } = await import("../core/config/yaml-file.ts");
  const file = readYaml(readConfigText(values.get("--config") ?? DEFAULT_CONFIG));
  if ("problems" in file) return [];
  return doorOutlines(file.value).map(({ name, opens }) => ({
    word: name,
    says: opens.length === 0 ? "" : `opens ${opens.join(" ")}`,
  }));
}

/** Of a door, those that it is open to; otherwise also those that are knocking. */
async function addresses({ given: [door] }: Said): Promise<readonly Candidate[]> {
  const { grants: open, attempts } = await status();
  if (door !== undefined) return unique(open.filter((grant) => grant.door === door).map(({ ip }) => ip));
  return unique([...open, ...attempts.newest].map(({ ip }) => ip));
}

async function grants() {
  return (await status()).grants;
}

async function status() {
  const { fetchStatus } = await import("./fetch-status.ts");
  return await fetchStatus();
}

async function profiles(): Promise<readonly Candidate[]> {
  const { configPath, readConfigFile } = await import("../client/profile-file.ts");
  const named = Object.entries(readConfigFile(configPath())?.profiles ?? {});
  return named.map(([word, { host }]) => ({ word, says: host }));
}

function unique(words: readonly string[]): Candidate[] {
  return [...new Set(words)].map((word) => ({ word, says: "" }));
}

function isFile(takes: string): boolean {
  return ["file", "directory", "capture"].includes(takes);
}
