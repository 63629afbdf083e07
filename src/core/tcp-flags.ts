// Which TCP flags a door asks for, in knockd's own syntax.

/** A packet passes when `flags & mask === value`. */
export interface FlagRule {
  readonly mask: number;
  readonly value: number;
}

/** RFC 9293 section 3.1. */
const BITS = new Map(Object.entries({ fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10, urg: 0x20 }));

export const ANY_FLAGS: FlagRule = { mask: 0, value: 0 };

/** The flags of the first packet of an ordinary connection. */
export const SYN = 0x02;

/** A connection attempt, and not the answer to one. */
export const FIRST_SYN: FlagRule = { mask: 0x12, value: 0x02 };

export function isFirstSyn(flags: number): boolean {
  return (flags & FIRST_SYN.mask) === FIRST_SYN.value;
}

/** Reads `syn,!ack` or `any`: listed must be set, `!` must be clear, the rest does not matter. Throws a RangeError. */
export function parseFlags(text: string): FlagRule {
  if (text.trim().toLowerCase() === "any") return ANY_FLAGS;
  let mask = 0;
  let value = 0;
  for (const word of text.split(",")) {
    const [, not, name = ""] = /^\s*(!?)\s*([a-z]+)\s*$/i.exec(word) ?? [];
    const bit = BITS.get(name.toLowerCase());
    if (bit === undefined)
      throw new RangeError(
        `expected any or a list of fin syn rst psh ack urg, each with or without !, got ${JSON.stringify(text)}`,
      );
    const set = not === "" ? bit : 0;
    if ((mask & bit) !== 0 && (value & bit) !== set) {
      throw new RangeError(`${name} cannot be both set and clear, got ${JSON.stringify(text)}`);
    }
    mask |= bit;
    value |= set;
  }
  return { mask, value };
}

/** The flags of a packet: `SYN,ACK`, or `none`. */
export function formatFlags(flags: number): string {
  const names = [...BITS].filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name.toUpperCase());
  return names.length === 0 ? "none" : names.join(",");
}

/** A rule in knockd's syntax, in one canonical order. */
export function formatRule({ mask, value }: FlagRule): string {
  const names = [...BITS]
    .filter(([, bit]) => (mask & bit) !== 0)
    .map(([name, bit]) => ((value & bit) === 0 ? `!${name}` : name));
  return names.length === 0 ? "any" : names.join(",");
}

/** The strictest rule that every packet passing any of `rules` also passes. */
export function commonFlags(rules: readonly FlagRule[]): FlagRule {
  const [first = ANY_FLAGS, ...rest] = rules;
  const mask = rest.reduce((bits, rule) => bits & rule.mask & ~(rule.value ^ first.value), first.mask);
  return { mask, value: first.value & mask };
}
