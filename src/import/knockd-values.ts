// The values of a knockd.conf, read as knockd reads them: with atoi, so that half of what is no number is one.
import { STEPS_MAX } from "../core/door.ts";
import type { Port } from "../core/port.ts";
import { quote, trimC } from "./note.ts";

const PORT_MAX = 65_535;
const FLAGS = new Set(["fin", "syn", "rst", "psh", "ack", "urg"]);
const INT64_MAX = 2n ** 63n - 1n;

/** `comment` worked as one by accident, `notes` say where the value is not what it looks like. */
export interface Reading<Value> {
  readonly value: Value;
  readonly comment?: string;
  readonly notes: readonly string[];
}

/** C's atoi on a 64-bit glibc, and what it left unread. */
export function atoi(text: string): { number: number; rest: string } {
  const [whole = "", sign = "", digits = ""] = /^[ \t\n\v\f\r]*([+-]?)(\d*)/.exec(text) ?? [];
  if (digits === "") return { number: 0, rest: text };
  const magnitude = BigInt(digits);
  const clamped = sign === "-" ? -clamp(magnitude, INT64_MAX + 1n) : clamp(magnitude, INT64_MAX);
  return { number: Number(BigInt.asIntN(32, clamped)), rest: text.slice(whole.length) };
}

/** Whole seconds. */
export function readSeconds(text: string): Reading<number> {
  const { number, rest } = atoi(text);
  const [, junk = "", comment] = /^([^#]*?)\s*(?:#(.*))?$/s.exec(rest) ?? [];
  const harmless = trimC(junk) === "" || /^\s*(s|secs?|seconds?)$/i.test(junk);
  const notes = harmless ? [] : [`knockd reads ${quote(text)} as ${number} seconds`];
  return { value: number, ...(comment === undefined ? {} : { comment }), notes };
}

/** A port 0 among the steps is one that knockd reads where none is. Throws a RangeError for what knockd refuses. */
export function readSequence(text: string): Reading<readonly Port[]> {
  const items = text.split(",");
  if (items.length > STEPS_MAX) throw new RangeError(`expected at most ${STEPS_MAX} ports, got ${items.length}`);
  const notes: string[] = [];
  const comment = /^\s*\d+\s*#(.*)$/s.exec(items.at(-1) ?? "")?.[1];
  const value = items.map((item) => readStep(item, notes));
  return { value, ...(comment === undefined ? {} : { comment }), notes };
}

function readStep(item: string, notes: string[]): Port {
  const [port = "", word, ...dropped] = item.split(":");
  const { number, rest } = atoi(port);
  if (number > PORT_MAX) throw new RangeError(`port must be 1 to ${PORT_MAX}, got ${quote(trimC(item))}`);
  const protocol = word === undefined ? "tcp" : trimC(word).toLowerCase();
  if (protocol !== "tcp" && protocol !== "udp") {
    throw new RangeError(`protocol must be tcp or udp, got ${quote(trimC(item))}${commentHint(word)}`);
  }
  // knockd keeps 16 bits of it.
  const kept = number & PORT_MAX;
  const said = trimC(port.slice(0, port.length - rest.length));
  const cut = trimC(rest) !== "" && !trimC(rest).startsWith("#");
  if (kept !== 0 && (cut || !new RegExp(`^\\+?0*${kept}$`).test(said) || dropped.length > 0)) {
    notes.push(`knockd reads ${quote(trimC(item))} as ${kept}/${protocol}`);
  }
  return { protocol, number: kept };
}

/** knockd has no comments behind a value; numbers alone get away with it. */
function commentHint(word: string | undefined): string {
  return word?.includes("#") ? ": knockd has no comments behind a protocol" : "";
}

/** Several directives add up, and of one flag the last word counts. Throws a RangeError for what knockd refuses. */
export function readFlags(texts: readonly string[]): Reading<string> {
  const flags = new Map<string, string>();
  const notes: string[] = [];
  for (const text of texts) {
    for (const word of text.split(",")) {
      const [, not = "", letters = ""] = /^\s*(!?)\s*([a-z]+)\s*$/i.exec(word) ?? [];
      const name = letters.toLowerCase();
      const flag = not + name;
      if (!FLAGS.has(name)) {
        const wanted = "expected a list of fin syn rst psh ack urg, each with or without !";
        throw new RangeError(`${wanted}, got ${quote(text)}${commentHint(word)}`);
      }
      const earlier = flags.get(name);
      if (earlier !== undefined && earlier !== flag) notes.push(`knockd takes the last word, ${flag}, not ${earlier}`);
      flags.set(name, flag);
    }
    if (/\s/.test(text)) notes.push(`knockd takes no blanks in ${quote(text)} and would not start; left out`);
  }
  return { value: [...flags.values()].join(","), notes };
}

function clamp(value: bigint, max: bigint): bigint {
  return value > max ? max : value;
}
