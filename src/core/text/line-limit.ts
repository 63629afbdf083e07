// How many lines of one kind the log takes in a minute: whoever overheard a knock can repeat it from a thousand addresses, and
// must not fill the disk with that. Nor must they hide in it: an opening is the audit.
import { familyOfText, parseAddress } from "../address.ts";
import { PerMinute } from "./per-minute.ts";

/** BOUNDED: lines of one kind in a minute. The others are counted, which is one line more. */
export const LINES_MAX = 1000;
/** BOUNDED: networks of which the first opening in a minute has its line all the same, as many as can be open at a time. */
export const NETWORKS_MAX = 65_536;
/** BOUNDED: addresses that the line on those that were left out names. */
export const NAMED_MAX = 200;
/** What may not go unseen. */
const AUDIT: ReadonlySet<string> = new Set(["opened"]);

export interface LeftOut {
  readonly kind: LineKind;
  readonly lines: number;
  /** Some of those that the lines were about. */
  readonly addresses: readonly string[];
}

/** What a line is about; a door stands with its own, so that one door's flood hides nothing of another's. */
export interface LineKind {
  readonly event: string;
  readonly door: string | undefined;
}

interface Seen {
  readonly kind: LineKind;
  /** Of which a line was admitted, where that matters. BOUNDED: NETWORKS_MAX. */
  readonly networks: Set<string>;
  /** BOUNDED: NAMED_MAX. */
  readonly addresses: Set<string>;
}

export class LineLimit {
  /** By event and door. BOUNDED: by the events there are and the doors. */
  readonly #lines: PerMinute<Seen>;

  constructor(max = LINES_MAX) {
    this.#lines = new PerMinute(max);
  }

  /** Whether one more line of this kind, about this address, has room in this minute. */
  admit(event: string, door: string | undefined, ip?: string): boolean {
    const { told, tally } = this.#lines.admit(
      `${event} ${door ?? ""}`,
      () => ({ kind: { event, door }, networks: new Set(), addresses: new Set() }),
      (seen) => ip !== undefined && AUDIT.has(event) && isFirstOfNetwork(seen, ip),
    );
    if (!told && ip !== undefined && tally.addresses.size < NAMED_MAX) tally.addresses.add(ip);
    return told;
  }

  /** The minute is over: what was left out in it. */
  turn(): LeftOut[] {
    const crowds = this.#lines.turn();
    return crowds.map(({ tally, leftOut }) => ({ kind: tally.kind, lines: leftOut, addresses: [...tally.addresses] }));
  }
}

function isFirstOfNetwork({ networks }: Seen, ip: string): boolean {
  const network = networkOf(ip);
  if (networks.has(network) || networks.size >= NETWORKS_MAX) return false;
  networks.add(network);
  return true;
}

/** The /24 of an IPv4 address, the /48 of an IPv6 address: whoever has one of them has them all. */
function networkOf(ip: string): string {
  if (familyOfText(ip) === 4) return ip.slice(0, ip.lastIndexOf("."));
  const [first = 0, second = 0] = parseAddress(ip) ?? [];
  return `${first} ${second >>> 16}`;
}
