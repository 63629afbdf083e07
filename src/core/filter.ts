// What somebody watches -> the BPF expression (pcap-filter(7)) that lets the kernel drop everything else.
import { type Protocol, portOfKey } from "./port.ts";
import type { FlagRule } from "./tcp-flags.ts";

/** An inclusive range of ports. */
interface Range {
  from: number;
  to: number;
}

/**
 * BOUNDED: ranges per protocol. The kernel takes 4,096 instructions, past which libpcap silently filters in user space; with
 * more ranges than this, the closest are joined and the matcher ignores what lies between.
 */
const RANGES_MAX = 256;

/** Where the flags of a TCP header stand in a plain IPv6 packet. */
const IPV6_TCP_FLAGS = 40 + 13;

/** IPv6 extension headers hide the ports from BPF (it cannot loop), so such unicast packets all pass: hop-by-hop, routing, fragment, destination options. */
const IPV6_EXTENSIONS = "(ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60) and not ip6 multicast)";

/** Matches nothing: no packet is both. */
const NOTHING = "(ip and ip6)";

/**
 * The expression for any link layer. `watched` are port keys; `flags` is what every watching door asks of TCP.
 * On Ethernet, add `withVlan`.
 */
export function filterFor(watched: ReadonlySet<number>, flags: FlagRule): string {
  const tcp = portsOf("tcp", watched);
  const udp = portsOf("udp", watched);
  const sizes = rangesOf("icmp", watched);
  const parts = [];
  if (tcp !== "") parts.push(`(tcp and ${flagsTerm(flags)}(${tcp}))`);
  if (udp !== "") parts.push(`(udp and (${udp}))`);
  if (sizes.length > 0) parts.push(echoTerm(4, sizes), echoTerm(6, sizes));
  if (parts.length === 0) return NOTHING;
  return [...parts, IPV6_EXTENSIONS].join(" or ");
}

/** The same behind two VLAN tags. (Linux takes the first tag off before BPF looks, so one tag needs nothing.) */
export function withVlan(filter: string): string {
  return `(${filter}) or (vlan and vlan and (${filter}))`;
}

function flagsTerm({ mask, value }: FlagRule): string {
  if (mask === 0) return "";
  return `(tcp[13] & ${mask} = ${value} or ip6[${IPV6_TCP_FLAGS}] & ${mask} = ${value}) and `;
}

function portsOf(protocol: Protocol, watched: ReadonlySet<number>): string {
  return rangesOf(protocol, watched)
    .map(({ from, to }) => (from === to ? `dst port ${from}` : `dst portrange ${from}-${to}`))
    .join(" or ");
}

/** The data bytes of an echo request are what the IP header promises, less the headers. */
function echoTerm(family: 4 | 6, sizes: readonly Range[]): string {
  const icmpBytes = family === 4 ? "(ip[2:2] - ((ip[0] & 0xf) << 2))" : "ip6[4:2]";
  const isEcho = family === 4 ? "icmp and icmp[0] = 8" : "icmp6 and ip6[40] = 128";
  const size = sizes.map(({ from, to }) => `(${icmpBytes} >= ${from + 8} and ${icmpBytes} <= ${to + 8})`).join(" or ");
  return `(${isEcho} and (${size}))`;
}

function rangesOf(protocol: Protocol, watched: ReadonlySet<number>): Range[] {
  const numbers = [...watched].map(portOfKey).filter((port) => port.protocol === protocol);
  const ranges: Range[] = [];
  for (const { number } of numbers.sort((a, b) => a.number - b.number)) {
    const last = ranges.at(-1);
    if (last !== undefined && number <= last.to + 1) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  return joinClosest(ranges);
}

function joinClosest(ranges: readonly Range[]): Range[] {
  if (ranges.length <= RANGES_MAX) return [...ranges];
  const gaps = ranges.slice(1).map((range, index) => range.from - (ranges[index]?.to ?? 0));
  // As many of the widest gaps stay as there may be gaps.
  const narrowest = [...gaps].sort((a, b) => b - a)[RANGES_MAX - 2] ?? 0;
  let keep = RANGES_MAX - 1;
  const joined: Range[] = [];
  for (const [index, range] of ranges.entries()) {
    const last = joined.at(-1);
    const split = last === undefined || ((gaps[index - 1] ?? 0) >= narrowest && keep-- > 0);
    if (split) joined.push({ ...range });
    else last.to = range.to;
  }
  return joined;
}
