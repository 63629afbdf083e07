// What an administrator answers to `knockd init` -> values. Each reader throws a RangeError that says what was expected.
import { parseNetwork } from "../core/address.ts";
import { STEPS_MAX } from "../core/door.ts";
import { formatPort, type Port, parsePort } from "../core/port.ts";
import { formatDuration, parseDuration } from "../core/text/duration.ts";

export interface Answers {
  readonly interface: string;
  readonly port: Port;
  readonly steps: readonly Port[];
  readonly forMs: number;
  /** Nothing is hidden from here. */
  readonly allow?: string;
}

/** The longer a trial, the longer a machine stays shut where everything that watches over it was killed. */
const TRIAL_MS = { min: 1000, max: 600_000 };

export function readInterface(text: string, known: readonly string[]): string {
  if (known.includes(text)) return text;
  throw new RangeError(`expected one of ${known.join(" ")}, got ${JSON.stringify(text)}`);
}

export function readServicePort(text: string): Port {
  const port = parsePort(text);
  if (port.protocol !== "icmp") return port;
  throw new RangeError(`expected a tcp or udp port such as 22/tcp, got ${JSON.stringify(text)}`);
}

/** The form of knockd.yaml, with or without brackets. */
export function readSteps(text: string, hidden: Port): Port[] {
  const steps = text
    .replace(/^\[(.*)\]$/, "$1")
    .split(",")
    .map(parsePort);
  if (steps.length > STEPS_MAX) throw new RangeError(`expected at most ${STEPS_MAX} ports, got ${steps.length}`);
  if (!steps.some((step) => formatPort(step) === formatPort(hidden))) return steps;
  throw new RangeError(`${formatPort(hidden)} is to be hidden, so it cannot be part of the knock`);
}

export function readOpenTime(text: string): number {
  const forMs = parseDuration(text);
  if (forMs > 0) return forMs;
  throw new RangeError(`expected a time above 0, got ${JSON.stringify(text)}`);
}

export function readTrialTime(text: string): number {
  const forMs = parseDuration(text);
  if (forMs >= TRIAL_MS.min && forMs <= TRIAL_MS.max) return forMs;
  const [min, max] = [TRIAL_MS.min, TRIAL_MS.max].map(formatDuration);
  throw new RangeError(`expected a time from ${min} to ${max}, got ${JSON.stringify(text)}`);
}

/** An address or a network, in its canonical form. */
export function readAllowed(text: string): string {
  const network = parseNetwork(text);
  if (network !== undefined) return text.includes("/") ? network.text : network.text.replace(/\/\d+$/, "");
  throw new RangeError(`expected an address or a network such as 192.0.2.7, got ${JSON.stringify(text)}`);
}

export function readYes(text: string): boolean {
  if (/^y(es)?$/i.test(text)) return true;
  if (/^no?$/i.test(text)) return false;
  throw new RangeError(`expected y or n, got ${JSON.stringify(text)}`);
}
