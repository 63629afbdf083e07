// What somebody watches -> the BPF expression (pcap-filter(7)) that lets the kernel drop everything else.

import { type Range, rangesOf } from "../guard/ranges.ts";
import { PORT_MAX, type Protocol, portKey } from "../port.ts";
import { SPA_CHARACTERS_MAX, SPA_CHARACTERS_MIN, SPA_FIRST_CHARACTERS } from "../spa/open-packet.ts";
import type { FlagRule } from "../tcp-flags.ts";

/** What several doors watch together. */
export interface Heard {
  /** Port keys. */
  readonly keys: ReadonlySet<number>;
  /** What every one of them asks of TCP. */
  readonly flags: FlagRule;
}

/**
 * BOUNDED: ranges per protocol; with more, the closest are joined, and the matcher ignores what lies between. The kernel takes
 * 4,096 instructions, past which libpcap silently filters in user space; 64 ranges of each protocol make some 400, and libpcap
 * compiles them in 40 ms (256: a second).
 */
const RANGES_MAX = 64;

/**
 * The bit of ACK (RFC 9293, 3.1). A packet without it is no part of a running connection: it passes at the ports of a door
 * whatever else the door asks for, so that `watch` can tell whoever scans with FIN what was wrong with the flags.
 */
const ACK = 0x10;

/** RFC 8200: where a plain IPv6 packet has its next header, payload length, and what follows. */
const IPV6_NEXT_HEADER = "ip6[6]";
const IPV6_PAYLOAD_LENGTH = "ip6[4:2]";
const IPV6_DESTINATION_PORT = "ip6[42:2]";
const IPV6_TCP_FLAGS = "ip6[53]";
const IPV6_ICMP_TYPE = "ip6[40]";
const IPV6_UDP_LENGTH = "ip6[44:2]";
const IPV6_UDP_PAYLOAD = "ip6[48]";

const IPV4_HEADER_BYTES = 20;
const ICMP_HEADER_BYTES = 8;
const UDP_HEADER_BYTES = 8;

/** Extension headers hide the ports from BPF, which cannot loop: such unicast packets all pass. Hop-by-hop, routing, fragment, destination options. */
const IPV6_EXTENSIONS = `((${[0, 43, 44, 60].map((header) => `${IPV6_NEXT_HEADER} = ${header}`).join(" or ")}) and not ip6 multicast)`;

/** IP behind two VLAN tags: all of it passes, being rare. Linux takes the first tag off before BPF looks, so one tag needs nothing. */
const STACKED_VLANS =
  "((ether[12:2] = 0x8100 or ether[12:2] = 0x88a8 or ether[12:2] = 0x9100) and (ether[16:2] = 0x0800 or ether[16:2] = 0x86dd))";

/** Matches nothing. (libpcap refuses an expression that it sees through, such as "ip and ip6".) */
export const NOTHING = "less 0";

/**
 * The expression for any link layer. Doors that ask different things of TCP are groups of their own, so that one that takes any
 * packet does not make connections pass at the ports of the others. On Ethernet, add `withVlan`.
 */
export function filterFor(groups: readonly Heard[]): string {
  const tcp = groups.map(({ keys, flags }) => ({ ranges: portsOf("tcp", keys), flags }));
  const all = new Set(groups.flatMap(({ keys }) => [...keys]));
  const udp = portsOf("udp", all);
  const icmp = moved(portsOf("icmp", all), ICMP_HEADER_BYTES);
  const ipv4 = [
    ...tcp.map(({ ranges, flags }) => term("tcp", flagsTest("tcp[13]", flags), "tcp[2:2]", ranges)),
    term("udp", "", "udp[2:2]", udp),
    // Any size passes behind IPv4 options: arithmetic on the header's length would double the whole program.
    either(
      "(icmp and icmp[0] = 8 and ip[0] > 0x45)",
      term("icmp and icmp[0] = 8", "", "ip[2:2]", moved(icmp, IPV4_HEADER_BYTES)),
    ),
  ].filter((text) => text !== "");
  const ipv6 = [
    ...tcp.map(({ ranges, flags }) =>
      term(`${IPV6_NEXT_HEADER} = 6`, flagsTest(IPV6_TCP_FLAGS, flags), IPV6_DESTINATION_PORT, ranges),
    ),
    term(`${IPV6_NEXT_HEADER} = 17`, "", IPV6_DESTINATION_PORT, udp),
    term(`${IPV6_NEXT_HEADER} = 58 and ${IPV6_ICMP_TYPE} = 128`, "", IPV6_PAYLOAD_LENGTH, icmp),
  ].filter((text) => text !== "");
  if (ipv4.length === 0) return NOTHING;
  return forBoth(ipv4.join(" or "), ipv6.join(" or "));
}

/** What has the port, the length and the first character of a signed packet, and nothing else. On Ethernet, add `withVlan`. */
export function packetFilterFor(spaPort: number): string {
  return forBoth(
    spaTerm("udp", "udp[2:2]", "udp[4:2]", "udp[8]", spaPort),
    spaTerm(`${IPV6_NEXT_HEADER} = 17`, IPV6_DESTINATION_PORT, IPV6_UDP_LENGTH, IPV6_UDP_PAYLOAD, spaPort),
  );
}

function forBoth(ipv4: string, ipv6: string): string {
  return `(ip and (${ipv4})) or (ip6 and (${ipv6} or ${IPV6_EXTENSIONS}))`;
}

/** The same also behind two VLAN tags. */
export function withVlan(filter: string): string {
  return filter === NOTHING ? NOTHING : `${filter} or ${STACKED_VLANS}`;
}

function term(kind: string, flags: string, field: string, ranges: readonly Range[]): string {
  return ranges.length === 0 ? "" : `(${kind} and ${flags}${search(field, ranges)})`;
}

/** The flood filter: nine of ten random datagrams of the right length end in the kernel, and all others. */
function spaTerm(kind: string, port: string, length: string, first: string, spaPort: number): string {
  const lengths = `${length} >= ${UDP_HEADER_BYTES + SPA_CHARACTERS_MIN} and ${length} <= ${UDP_HEADER_BYTES + SPA_CHARACTERS_MAX}`;
  const firsts = [...SPA_FIRST_CHARACTERS].map((character) => `${first} = ${character.charCodeAt(0)}`).join(" or ");
  return `(${kind} and ${port} = ${spaPort} and ${lengths} and (${firsts}))`;
}

function flagsTest(field: string, { mask, value }: FlagRule): string {
  if (mask === 0) return "";
  const unconnected = `${field} & ${ACK} = 0`;
  const asksForNoAck = (mask & ACK) !== 0 && (value & ACK) === 0;
  return asksForNoAck ? `${unconnected} and ` : `(${unconnected} or ${field} & ${mask} = ${value}) and `;
}

/** The first only where there is a second. */
function either(first: string, second: string): string {
  return second === "" ? "" : `${first} or ${second}`;
}

function moved(ranges: readonly Range[], by: number): Range[] {
  return ranges.map(({ from, to }) => ({ from: from + by, to: to + by }));
}

/** A binary search, which libpcap compiles much faster than a list, and the kernel runs faster too. */
function search(field: string, ranges: readonly Range[]): string {
  const [only] = ranges;
  if (ranges.length === 1 && only !== undefined) return `(${field} >= ${only.from} and ${field} <= ${only.to})`;
  const middle = ranges.length >>> 1;
  const pivot = ranges[middle]?.from ?? 0;
  const low = search(field, ranges.slice(0, middle));
  const high = search(field, ranges.slice(middle));
  return `((${field} < ${pivot} and ${low}) or (${field} >= ${pivot} and ${high}))`;
}

function portsOf(protocol: Protocol, keys: ReadonlySet<number>): Range[] {
  const first = portKey(protocol, 0);
  const numbers: number[] = [];
  for (const key of keys) if (key >= first && key <= first + PORT_MAX) numbers.push(key - first);
  return joinClosest(rangesOf(numbers));
}

function joinClosest(ranges: readonly Range[]): Range[] {
  if (ranges.length <= RANGES_MAX) return [...ranges];
  // A range begins anew only behind one of the widest gaps.
  const gaps = ranges.map((range, index) => ({ index, width: range.from - (ranges[index - 1]?.to ?? 0) })).slice(1);
  const widest = gaps.sort((a, b) => b.width - a.width).slice(0, RANGES_MAX - 1);
  const starts = [0, ...widest.map(({ index }) => index).sort((a, b) => a - b), ranges.length];
  return starts
    .slice(1)
    .map((end, index) => ({ from: ranges[starts[index] ?? 0]?.from ?? 0, to: ranges[end - 1]?.to ?? 0 }));
}
