// What a door opens: a port of this machine, or one of a host behind it.
import { type Address, type Family, familyOf, formatAddress, parseAddress } from "./address.ts";
import { formatPort, type Port, parsePort } from "./port.ts";

/** A host behind this one, and its port there. */
export interface Inside {
  readonly family: Family;
  /** Canonical text. */
  readonly ip: string;
  readonly port: number;
}

/** Where a port leads that is not this machine's own. */
export interface Gateway extends Inside {
  /** The host sees this machine as its visitor: for hosts whose way back does not lead through here. */
  readonly masquerade: boolean;
}

export interface Opening extends Port {
  readonly to?: Gateway;
}

/** An opening that leads on. */
export type GatewayOpening = Required<Opening>;

/** What `to` takes. In YAML an IPv6 address in brackets needs quotes. */
export const INSIDE_FORM = 'a host behind this one and its port, such as 192.168.1.10:22 or "[fd00::10]:22"';
const FORM = /^(?:\[([^\][]+:[^\][]*)\]|([^\][:]+)):(\d{1,10})$/;

/** Reads `192.168.1.10:22` or `[fd00::10]:22`. Throws a RangeError that says what was expected. */
export function parseInside(text: string): Inside {
  const [, address6, address4, number = ""] = FORM.exec(text.trim()) ?? [];
  const address = parseAddress(address6 ?? address4 ?? "");
  if (address === undefined) throw new RangeError(`expected ${INSIDE_FORM}, got ${JSON.stringify(text)}`);
  const ip = formatAddress(address);
  const kind = unreachable(ip);
  if (kind !== undefined) throw new RangeError(`expected ${INSIDE_FORM}, not ${kind}, got ${JSON.stringify(text)}`);
  return { family: familyOf(address), ip, port: parsePort(number).number };
}

/** `2222/tcp`, or `2222/tcp to 192.168.1.10:22`. */
export function formatOpening(opening: Opening): string {
  if (opening.to === undefined) return formatPort(opening);
  return `${formatPort(opening)} to ${formatInside(opening.to)}`;
}

export function formatInside({ family, ip, port }: Inside): string {
  return family === 4 ? `${ip}:${port}` : `[${ip}]:${port}`;
}

export function leadsOn(opening: Opening): opening is GatewayOpening {
  return opening.to !== undefined;
}

/** What is wrong with several together, or with one for those who knock at the address `target`. */
export function openingProblems(
  openings: readonly Opening[],
  target: Address | undefined,
): { readonly index: number; readonly message: string }[] {
  return openings.flatMap((opening, index) => {
    const port = formatPort(opening);
    const rival = openings.slice(0, index).find((earlier) => formatPort(earlier) === port && rivals(earlier, opening));
    const clash = `${port} leads to ${destination(opening)}, but to ${destination(rival ?? opening)} already`;
    const family = target && familyOf(target);
    const lost = `${formatOpening(opening)} is for nobody: who knocks at the door's target comes over IPv${family}`;
    return [
      ...(rival === undefined ? [] : [{ index, message: clash }]),
      ...(family === undefined || serves(opening, family) ? [] : [{ index, message: lost }]),
    ];
  });
}

/** Whether one knocker would have to be led to two places. */
function rivals(one: Opening, other: Opening): boolean {
  if (one.to !== undefined && other.to !== undefined && one.to.family !== other.to.family) return false;
  return destination(one) !== destination(other);
}

function destination({ to }: Opening): string {
  if (to === undefined) return "this machine";
  return `${formatInside(to)}${to.masquerade ? " with masquerade" : ""}`;
}

/** Whether a knocker of this family gets anything of it: no address translation leads from one family to the other. */
export function serves({ to }: Opening, family: Family): boolean {
  return to === undefined || to.family === family;
}

/** No packet from outside can be sent on to these. A link-local address says nothing without its interface. */
function unreachable(ip: string): string | undefined {
  if (/^(127\.|::1$)/.test(ip)) return "this machine itself";
  if (/^(0\.|::$)/.test(ip)) return "the unspecified address";
  if (/^(22[4-9]|23\d)\.|^ff/.test(ip)) return "a multicast address";
  if (/^(24\d|25[0-5])\./.test(ip)) return "a reserved address";
  if (/^fe[89ab]/.test(ip)) return "a link-local address";
  return undefined;
}
