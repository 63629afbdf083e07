// The words of the command line -> options and the rest. Only its form is checked here.

import { parseArgs } from "node:util";
import { EXIT, Failure } from "../core/exit.ts";
import { OPTIONS, type OptionName } from "./option-table.ts";

export interface Words {
  /** In the order given; of one given twice, the last counts. */
  readonly options: ReadonlyMap<OptionName, string | undefined>;
  /** The last of -4 and -6 wins, as in the C client. */
  readonly family: 0 | 4 | 6;
  readonly rest: readonly string[];
  /** What is wrong with an option, said only when no help was asked for. */
  readonly mistakes: readonly Failure[];
}

/** Not strict: parseArgs would refuse in its own words, and could not be asked for help beside a mistake. */
export function readWords(argv: readonly string[]): Words {
  const types = Object.entries(OPTIONS).map(([name, { short, takes = "" }]) => {
    // A value in brackets comes behind "=", or not at all.
    const type: "string" | "boolean" = /^\w/.test(takes) ? "string" : "boolean";
    return [name, { type, ...(short === undefined ? {} : { short }) }] as const;
  });
  const { tokens, positionals } = parseArgs({
    args: withPorts(argv),
    options: Object.fromEntries(types),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const options = new Map<OptionName, string | undefined>();
  const mistakes: Failure[] = [];
  let family: Words["family"] = 0;
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const mistake = mistakeIn(token.name, token.rawName, token.value);
    if (mistake !== undefined) mistakes.push(mistake);
    if (isOption(token.name)) options.set(token.name, token.value);
    if (token.name === "ipv4") family = 4;
    if (token.name === "ipv6") family = 6;
  }
  return { options, family, rest: positionals, mistakes };
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

const PORT_WORD = /^\d+(?:[/:][a-z]+)?$/i;

/** `--wait 22` -> `--wait=22`. A host or a profile is never a number. */
function withPorts(argv: readonly string[]): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const isPort = (index: number): boolean => index < end && PORT_WORD.test(argv[index] ?? "");
  return argv.flatMap((word, index) => {
    if (index < end && word === "--wait" && isPort(index + 1)) return [`--wait=${argv[index + 1]}`];
    return index > 0 && argv[index - 1] === "--wait" && isPort(index) ? [] : [word];
  });
}

/** Before 1.0 there was --resolve. */
const HINTS = new Map([["resolve", 'it is called "--source local" now']]);

function mistakeIn(name: string, rawName: string, value: string | undefined): Failure | undefined {
  const option = JSON.stringify(rawName);
  if (!isOption(name))
    return new Failure(EXIT.FAILED, `unknown option ${option}`, HINTS.get(name) ?? 'try "knock --help"');
  const { takes } = OPTIONS[name];
  if (takes === undefined && value !== undefined) return new Failure(EXIT.FAILED, `option ${option} takes no value`);
  if (takes?.startsWith("[") === false && value === undefined)
    return new Failure(EXIT.FAILED, `option ${option} needs a value`);
  return undefined;
}
