// The command line of the client -> what it asks for. Everything is checked here, before the first packet leaves.

import { isIP } from "node:net";
import { EXIT, Failure } from "../core/exit.ts";
import type { Port } from "../core/port.ts";
import { parseDuration } from "../core/text/duration.ts";
import { readWords } from "./argv.ts";
import type { OptionName } from "./option-table.ts";
import { type FindService, parseTarget } from "./target.ts";

/** 0: every family that the host has. */
export type Family = 0 | 4 | 6;

/** What options say about a knock; undefined leaves it to the profile, or to the default. */
export interface Choices {
  readonly family: Family;
  readonly delayMs: number | undefined;
  readonly interface: string | undefined;
  /** An address, or LOCAL. */
  readonly source: string | undefined;
  readonly waits: boolean;
  readonly waitPort: Port | undefined;
  readonly waitMs: number | undefined;
  readonly verbose: boolean;
  readonly print: boolean;
}

/** `spaOnly`: the profile must be one that sends a packet. */
export interface ProfileRequest extends Choices {
  readonly name: string;
  readonly spaOnly: boolean;
  readonly code: string | undefined;
}

/** `usage`: the command line names nothing to knock on, so all that can be done is to say how it should look. */
export type Request =
  | { readonly wants: "help" }
  | { readonly wants: "version" }
  | { readonly wants: "usage" }
  | { readonly wants: "list" }
  | { readonly wants: "import"; readonly text: string; readonly as: string | undefined }
  | { readonly wants: "export"; readonly name: string }
  | ({ readonly wants: "profile" } & ProfileRequest)
  | ({ readonly wants: "knocks"; readonly host: string; readonly ports: readonly Port[] } & Choices);

/** As a source: the address that packets leave from by themselves, whatever the host may see in its place. */
export const LOCAL = "local";

/** What a timer of Node can hold (24.8 days); it turns anything longer into 1 ms. */
export const DELAY_MAX_MS = 2 ** 31 - 1;

export function parseRequest(argv: readonly string[], findService: FindService): Request {
  const { options, family, rest, mistakes } = readWords(argv);
  if (options.has("help")) return { wants: "help" };
  if (options.has("version")) return { wants: "version" };
  for (const mistake of mistakes) throw mistake;
  const allUdp = options.has("udp");
  const choices = readChoices(options, family, (text) => parseTarget(text, false, findService));
  const [host, ...targets] = rest;

  const whole = wholeRequest(options);
  if (whole !== undefined) {
    if (host === undefined) return whole;
    throw new Failure(EXIT.FAILED, `option "--${whole.wants}" takes no host and no ports, got ${JSON.stringify(host)}`);
  }
  const spa = options.get("spa");
  if (spa !== undefined && host !== undefined) {
    throw new Failure(EXIT.FAILED, `option "--spa" takes a profile alone, got ${JSON.stringify(host)}`);
  }
  if (host === "") throw new Failure(EXIT.FAILED, 'expected a host, got ""');
  const name = spa ?? (targets.length === 0 ? host : undefined);
  if (name !== undefined) {
    refuse(options, ["udp", "as"], "cannot be combined with a profile");
    return { wants: "profile", name, spaOnly: spa !== undefined, code: options.get("code"), ...choices };
  }
  if (host === undefined) return { wants: "usage" };
  refuse(options, ["code", "as"], "cannot be combined with HOST PORT");
  if (choices.waits && choices.waitPort === undefined) {
    throw new Failure(EXIT.FAILED, "which port to wait for?", 'give it, as in "--wait 22"');
  }
  return { wants: "knocks", host, ports: targets.map((word) => parseTarget(word, allUdp, findService)), ...choices };
}

type Options = ReadonlyMap<OptionName, string | undefined>;

/** What is asked for without a knock. */
function wholeRequest(options: Options): (Request & { wants: "list" | "import" | "export" }) | undefined {
  if (options.has("list")) return { wants: "list" };
  const name = options.get("export");
  if (name !== undefined) return { wants: "export", name };
  const text = options.get("import");
  return text === undefined ? undefined : { wants: "import", text, as: options.get("as") };
}

function refuse(options: Options, names: readonly OptionName[], why: string): void {
  const misplaced = names.find((name) => options.has(name));
  if (misplaced !== undefined) throw new Failure(EXIT.FAILED, `option "--${misplaced}" ${why}`, 'try "knock --help"');
}

function readChoices(options: Options, family: Family, readPort: (text: string) => Port): Choices {
  const waitText = options.get("wait");
  const waitTime = options.get("wait-time");
  return {
    family,
    delayMs: options.has("delay") ? parseDelayMs(options.get("delay")) : undefined,
    interface: options.get("interface"),
    source: readSource(options.get("source"), family),
    waits: options.has("wait"),
    waitPort: waitText === undefined ? undefined : waitable(readPort(waitText), waitText),
    waitMs: waitTime === undefined ? undefined : parseWaitMs(waitTime),
    verbose: options.has("verbose"),
    print: options.has("print"),
  };
}

function parseDelayMs(text: string | undefined): number {
  const delayMs = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (delayMs <= DELAY_MAX_MS) return delayMs;
  throw new Failure(EXIT.FAILED, `delay must be 0 to ${DELAY_MAX_MS} milliseconds, got ${JSON.stringify(text)}`);
}

function readSource(text: string | undefined, family: Family): string | undefined {
  if (text === undefined || text === LOCAL) return text;
  const literal = isIP(text);
  const wanted = family === 0 ? "an IP address" : `an IPv${family} address`;
  if (literal !== 0 && (family === 0 || family === literal)) return text;
  throw new Failure(EXIT.FAILED, `source must be ${wanted}, got ${JSON.stringify(text)}`);
}

function waitable(port: Port, text: string): Port {
  if (port.protocol !== "icmp") return port;
  throw new Failure(EXIT.FAILED, `a port to wait for is tcp or udp, got ${JSON.stringify(text)}`);
}

function parseWaitMs(text: string): number {
  try {
    const waitMs = parseDuration(text);
    if (waitMs > 0 && waitMs <= DELAY_MAX_MS) return waitMs;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new Failure(EXIT.FAILED, `wait time must be a time such as 10, 30s or 5m, got ${JSON.stringify(text)}`);
}
