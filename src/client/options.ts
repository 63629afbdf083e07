// The command line of the client -> what to knock on. Everything is checked here, before the first packet leaves.

import { parseArgs } from "node:util";
import type { Port } from "../core/port.ts";
import { KnockError } from "./error.ts";
import { type FindService, parseTarget } from "./target.ts";

/** 0 leaves the choice to the resolver. */
export type Family = 0 | 4 | 6;

export interface Knocks {
  readonly host: string;
  readonly family: Family;
  readonly delayMs: number;
  readonly verbose: boolean;
  readonly ports: readonly Port[];
}

/** `ports`: the command line names no port, so all that can be done is to say how it should look. */
export type Request =
  | { readonly wants: "help" }
  | { readonly wants: "version" }
  | { readonly wants: "ports" }
  | ({ readonly wants: "knocks" } & Knocks);

/** What a timer of Node can hold (24.8 days); it turns anything longer into 1 ms. */
const DELAY_MAX_MS = 2 ** 31 - 1;

export function parseRequest(argv: readonly string[], findService: FindService): Request {
  const { values, positionals, tokens } = readArgv(argv);
  if (values.help === true) return { wants: "help" };
  if (values.version === true) return { wants: "version" };
  tokens.forEach(refuseMisuse);
  const [host, ...targets] = positionals;
  if (host === undefined || targets.length === 0) return { wants: "ports" };
  if (host === "") throw new KnockError('expected a host, got ""');
  return {
    wants: "knocks",
    host,
    family: lastFamily(tokens),
    delayMs: parseDelayMs(values.delay),
    verbose: values.verbose === true,
    ports: targets.map((target) => parseTarget(target, values.udp === true, findService)),
  };
}

type Token = ReturnType<typeof readArgv>["tokens"][number];

/** Not strict: parseArgs would refuse in its own words, and could not be asked for help beside a mistake. */
function readArgv(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    options: {
      udp: { type: "boolean", short: "u" },
      delay: { type: "string", short: "d" },
      ipv4: { type: "boolean", short: "4" },
      ipv6: { type: "boolean", short: "6" },
      verbose: { type: "boolean", short: "v" },
      version: { type: "boolean", short: "V" },
      help: { type: "boolean", short: "h" },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
}

const SWITCHES = new Set(["udp", "ipv4", "ipv6", "verbose", "version", "help"]);

function refuseMisuse(token: Token): void {
  if (token.kind !== "option") return;
  const option = JSON.stringify(token.rawName);
  const isSwitch = SWITCHES.has(token.name);
  if (!isSwitch && token.name !== "delay") throw new KnockError(`unknown option ${option}`, 'try "knock --help"');
  if (isSwitch && token.value !== undefined) throw new KnockError(`option ${option} takes no value`);
  if (!isSwitch && token.value === undefined) throw new KnockError(`option ${option} needs a value`);
}

/** The last of -4 and -6 wins, as in the C client. */
function lastFamily(tokens: readonly Token[]): Family {
  const families = tokens.flatMap((token): Family[] => {
    if (token.kind !== "option") return [];
    if (token.name === "ipv4") return [4];
    return token.name === "ipv6" ? [6] : [];
  });
  return families.at(-1) ?? 0;
}

function parseDelayMs(text: unknown): number {
  if (text === undefined) return 0;
  const delayMs = typeof text === "string" && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (delayMs <= DELAY_MAX_MS) return delayMs;
  throw new KnockError(`delay must be 0 to ${DELAY_MAX_MS} milliseconds, got ${JSON.stringify(text)}`);
}
