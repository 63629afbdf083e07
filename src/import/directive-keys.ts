// One directive of an old door -> the key, the value and the comments that mean the same in knockd.yaml.
import { formatAddress, parseAddress } from "../core/address.ts";
import { formatPort } from "../core/port.ts";
import type { Value } from "./draft.ts";
import type { Directive } from "./knockd-conf.ts";
import { type Reading, readFlags, readSeconds, readSequence } from "./knockd-values.ts";
import { quote, type Say } from "./note.ts";

/** Our name of each of knockd's keys, and of those of its forks. */
const KEYS = new Map([
  ["sequence", "sequence"],
  ["one_time_sequences", "one_time_sequences"],
  ["seq_timeout", "seq_timeout"],
  ["timeout", "seq_timeout"],
  ["seq_cooldown", "seq_cooldown"],
  ["cooldown", "seq_cooldown"],
  ["tcpflags", "tcpflags"],
  ["target", "target"],
  ["start_command", "start_command"],
  ["command", "start_command"],
  ["start_command_6", "start_command_6"],
  ["command_6", "start_command_6"],
  ["stop_command", "stop_command"],
  ["stop_command_6", "stop_command_6"],
  ["cmd_timeout", "cmd_timeout"],
  ["otp", "otp"],
]);

const YEAR_S = 365 * 86_400;

/** What is written for a directive; `above` are comments of ours. */
export interface Part {
  readonly value: Value;
  readonly comment?: string;
  readonly above?: readonly string[];
}

export interface Context {
  readonly key: string;
  readonly directive: Directive;
  /** The values of all TCPFlags of the door. */
  readonly flags: readonly string[];
  /** The door's directives that are in force. */
  readonly winners: readonly Directive[];
}

export function isDoorKey(key: string): boolean {
  return KEYS.has(key);
}

/** An alias under its full name. */
export function ourKey({ key }: Directive): string {
  return KEYS.get(key) ?? key;
}

/** Undefined: nothing is written. */
export function readPart(
  context: Context,
  tell: (message: string) => void,
  shut: (reason: string) => void,
  refuse: Say,
): Part | undefined {
  const { key, directive, flags, winners } = context;
  const { value = "", name, line } = directive;
  const read = <T extends Value>(reader: () => Reading<T>): (Reading<T> & Part) | undefined => {
    try {
      const reading = reader();
      reading.notes.forEach(tell);
      return reading;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refuse(line, `${name}: ${error.message}`);
      return undefined;
    }
  };
  const runs = (...wanted: string[]): boolean =>
    winners.some((other) => wanted.includes(ourKey(other)) && other.value !== "");
  const isOneStep = winners.some((other) => other.key === "sequence" && !other.value?.includes(","));

  switch (key) {
    case "sequence": {
      const sequence = read(() => readSequence(value));
      if (sequence === undefined) return undefined;
      const steps = sequence.value.filter(({ number }) => number !== 0);
      if (steps.length < sequence.value.length) {
        const zeros = sequence.value.map(formatPort).join(", ");
        shut(`${name} ${quote(value)}: knockd reads ${zeros}, and nobody knocks at port 0`);
      }
      return { ...sequence, value: steps };
    }
    case "seq_timeout": {
      const seconds = read(() => readSeconds(value));
      if (seconds === undefined || seconds.value > 0) return seconds && { ...seconds, ...capped(seconds.value, tell) };
      if (isOneStep) tell(`${quote(value)} is no time, and a sequence of one port needs none; left out`);
      else shut(`${name} ${quote(value)}: knockd gives nobody the time for a second knock`);
      return undefined;
    }
    case "seq_cooldown": {
      const seconds = read(() => readSeconds(value));
      return seconds && { ...seconds, ...capped(Math.max(seconds.value, 0), tell) };
    }
    case "cmd_timeout": {
      const seconds = read(() => readSeconds(value));
      if (seconds === undefined) return undefined;
      if (!runs("stop_command", "stop_command_6")) tell("without effect, there is no stop_command");
      // 0 is at once; a negative number of seconds is unsigned for sleep(3), more than a century.
      if (seconds.value === 0) return { ...seconds, value: 0.001, above: [" knockd stops at once: a millisecond"] };
      return { ...seconds, ...capped(seconds.value < 0 ? Number.POSITIVE_INFINITY : seconds.value, tell) };
    }
    case "tcpflags":
      return read(() => readFlags(flags));
    case "target": {
      const address = parseAddress(value);
      if (address === undefined) shut(`${name} ${quote(value)}: knockd compares it with addresses, and it is none`);
      else if (formatAddress(address) !== value)
        tell(`knockd never finds ${quote(value)}, only ${formatAddress(address)}`);
      return { value: address === undefined ? value : formatAddress(address) };
    }
    case "one_time_sequences":
      if (value === "") refuse(line, `${name}: expected the path of a file, got nothing`);
      tell("the service runs as user knockd, which must be able to write this file: /var/lib/knockd is the place");
      return { value };
    case "otp":
      shut(`${name}: one-time passwords of a patched knockd, which nobody else knows`);
      return undefined;
    default:
      if (key.startsWith("stop_command") && value !== "" && !runs("start_command", "start_command_6"))
        tell("never runs, as in knockd: there is no start_command");
      return { value };
  }
}

function capped(seconds: number, tell: (message: string) => void): { value: number } {
  if (seconds > YEAR_S)
    tell(
      `${Number.isFinite(seconds) ? seconds : "more than 4000000000"} seconds are more than a year, the longest time here`,
    );
  return { value: Math.min(seconds, YEAR_S) };
}
