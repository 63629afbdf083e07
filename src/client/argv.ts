// The words of the command line -> options and the rest. Only its form is checked here.

import { parseArgs } from "node:util";
import { EXIT, Failure } from "../core/exit.ts";

/** `maybe`: a value only behind "=", or a port as the next word. */
type Takes = "nothing" | "a value" | "maybe";

/** The first seven are the C client's. */
const OPTIONS = {
  udp: { short: "u", takes: "nothing" },
  delay: { short: "d", takes: "a value" },
  ipv4: { short: "4", takes: "nothing" },
  ipv6: { short: "6", takes: "nothing" },
  verbose: { short: "v", takes: "nothing" },
  version: { short: "V", takes: "nothing" },
  help: { short: "h", takes: "nothing" },
  interface: { short: "i", takes: "a value" },
  source: { takes: "a value" },
  resolve: { takes: "nothing" },
  wait: { takes: "maybe" },
  "wait-time": { takes: "a value" },
  code: { takes: "a value" },
  spa: { takes: "a value" },
  print: { takes: "nothing" },
  list: { takes: "nothing" },
  import: { takes: "a value" },
  as: { takes: "a value" },
  export: { takes: "a value" },
} as const satisfies Record<string, { short?: string; takes: Takes }>;

export type OptionName = keyof typeof OPTIONS;

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
  const types = Object.entries(OPTIONS).map(([name, option]) => {
    const type: "string" | "boolean" = option.takes === "a value" ? "string" : "boolean";
    return [name, "short" in option ? { type, short: option.short } : { type }] as const;
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

function mistakeIn(name: string, rawName: string, value: string | undefined): Failure | undefined {
  const option = JSON.stringify(rawName);
  if (!isOption(name)) return new Failure(EXIT.FAILED, `unknown option ${option}`, 'try "knock --help"');
  const { takes } = OPTIONS[name];
  if (takes === "nothing" && value !== undefined) return new Failure(EXIT.FAILED, `option ${option} takes no value`);
  if (takes === "a value" && value === undefined) return new Failure(EXIT.FAILED, `option ${option} needs a value`);
  return undefined;
}
