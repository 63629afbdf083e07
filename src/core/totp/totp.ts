// The digits that an authenticator app shows -> the ports they knock on: two digits choose one of a hundred ports.
import type { Port } from "../port.ts";

/** Pair i of a code lies in the i-th hundred of a door's range, so the ports also say in which order they belong. */
export const PORTS_PER_PAIR = 100;
const PORT_MAX = 65_535;

/** As apps show it (`492 817`) -> `492817`. Throws a RangeError that says what was expected. */
export function readCode(text: string): string {
  const code = text.trim().replace(/(?<=\d)[ -](?=\d)/g, "");
  if (/^(\d{6}|\d{8})$/.test(code)) return code;
  throw new RangeError(`expected a code of 6 or 8 digits, got ${JSON.stringify(text)}`);
}

/** `492817` from port 20000 -> 20049, 20128 and 20217, all tcp. */
export function codePorts(code: string, firstPort: number): Port[] {
  const pairs = readCode(code).match(/\d\d/g) ?? [];
  if (firstPort < 1 || lastPort(firstPort, code.length) > PORT_MAX) {
    throw new RangeError(`the ports of a code must be 1 to ${PORT_MAX}, got ${firstPort} as the first`);
  }
  return pairs.map((pair, index) => ({ protocol: "tcp", number: firstPort + PORTS_PER_PAIR * index + Number(pair) }));
}

/** The last port that a code of so many digits can mean: 6 digits from 20000 stay within 20299. */
export function lastPort(firstPort: number, digits: number): number {
  return firstPort + (digits / 2) * PORTS_PER_PAIR - 1;
}

/** `20000-20299`: all that a code of so many digits can mean. */
export function formatCodeRange(firstPort: number, digits: number): string {
  return `${firstPort}-${lastPort(firstPort, digits)}`;
}

/** `20000-20299` -> 20000. Throws a RangeError that says what was expected. */
export function parseCodeRange(text: string, digits: number): number {
  const first = Number(/^(\d+)-\d+$/.exec(text)?.[1] ?? text);
  const isRange = first >= 1 && lastPort(first, digits) <= PORT_MAX;
  if (isRange && text === formatCodeRange(first, digits)) return first;
  const wanted = isRange ? formatCodeRange(first, digits) : `a range such as ${formatCodeRange(20_000, digits)}`;
  throw new RangeError(`expected ${wanted}, for the ports of ${digits} digits, got ${JSON.stringify(text)}`);
}

/** `20100-20199/tcp`: the ports of pair `index`, counted from 0. */
export function pairPorts(firstPort: number, index: number): string {
  const first = firstPort + PORTS_PER_PAIR * index;
  return `${first}-${lastPort(first, 2)}/tcp`;
}
