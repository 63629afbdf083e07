// The gate: the one place that decides who comes to a hidden port, ahead of every translation of addresses.
//
//   prerouting -110  gate   -> addressed to this machine at a hidden port?  -> decide
//   prerouting -100  (translations: Docker's published ports, REDIRECT, doors that lead on, ...)
//   input       -10  input  -> comes to a hidden port all the same?         -> decide
//
// The second question is for what the first cannot know: a port that somebody translates into a hidden one, broadcast and
// multicast, addresses of a VRF. Loopback is never hidden.
import type { Door } from "../../../core/door.ts";
import { type Opening, serves } from "../../../core/opening.ts";
import { formatPort } from "../../../core/port.ts";
import { DECIDE, FAMILIES, GATE, INPUT, LET_IN, TRANSLATED } from "./nft-names.ts";
import { knockers } from "./nft-networks.ts";
import { formOf } from "./nft-sessions.ts";

/** Comments that a listing shows as long as each of these chains is whole. */
const AT_THE_GATE = "asked by knockd at the gate";
const AT_INPUT = "asked by knockd at input";
export const LAST_RULE = "hidden by knockd";
export const GATE_MARKS = [AT_THE_GATE, AT_INPUT, LAST_RULE];

/** After connection tracking (-200), before all translations (-100, whatever priority a chain of theirs says). */
export const GATE_CHAINS = [
  `${GATE} { type filter hook prerouting priority -110; policy accept; }`,
  `${INPUT} { type filter hook input priority filter - 10; policy accept; }`,
  TRANSLATED,
  DECIDE,
  LET_IN,
];

export interface Decision {
  readonly doors: readonly Door[];
  /** The set of hidden ports. */
  readonly hidden: string;
  /** What becomes of those who are let in: accepted, perhaps after more. */
  readonly admit: string;
}

export function gateRules({ doors, hidden, admit }: Decision): string[] {
  // A SYN is never part of a connection, whatever the tracking says: it may still believe in one whose end it did not see.
  const notFirst = "tcp flags & (syn | ack) != syn";
  return [
    // What is only forwarded is not ours, whatever its port.
    `${GATE} iifname != "lo" meta l4proto . th dport @${hidden} fib daddr type local goto ${DECIDE} comment "${AT_THE_GATE}"`,
    `${INPUT} iifname "lo" accept`,
    // Asked this way round, what has no readable port goes on to the last rule.
    `${INPUT} meta l4proto . th dport != @${hidden} accept`,
    `${INPUT} ct status dnat jump ${TRANSLATED}`,
    `${INPUT} goto ${DECIDE} comment "${AT_INPUT}"`,
    ...wereAddressed(doors).map((match) => `${TRANSLATED} ${match} accept`),
    `${DECIDE} meta l4proto != tcp ct state established,related ${admit}`,
    // Each session is noted, so that it goes on when the tracking has lost it; see nft-sessions.ts.
    ...FAMILIES.flatMap(({ ip, sessions }) => {
      const session = formOf(ip);
      return [
        `${DECIDE} ${notFirst} ct state established update @${sessions} { ${session} } ${admit}`,
        `${DECIDE} ${notFirst} ${session} @${sessions} update @${sessions} { ${session} } ${admit}`,
      ];
    }),
    // For when the sets of sessions are full.
    `${DECIDE} ${notFirst} ct state established,related ${admit}`,
    ...FAMILIES.map(({ ip, allowed }) => `${DECIDE} ${ip} saddr @${allowed} accept`),
    ...FAMILIES.flatMap(({ family }) =>
      doors.flatMap((door) => {
        const ports = door.open.filter((opening) => serves(opening, family));
        return ports.length === 0
          ? []
          : knockers(door, family).map((knocker) => `${DECIDE} ${portsMatch(ports)} ${knocker} goto ${LET_IN}`);
      }),
    ),
    // Not th dport: this rule is the one that people look for.
    `${DECIDE} meta l4proto { tcp, udp } counter drop comment "${LAST_RULE}: ${hiddenText(doors)}"`,
    // Of a port that is not tracked, nothing is ever established.
    ...FAMILIES.map(
      ({ ip, sessions }) => `${LET_IN} ct state untracked ${notFirst} update @${sessions} { ${formOf(ip)} } ${admit}`,
    ),
    `${LET_IN} ${admit}`,
  ];
}

/** `tcp . 22`, as the set of hidden ports has it. */
export function concatenation({ protocol, number }: Opening): string {
  return `${protocol} . ${number}`;
}

/**
 * Decided at the gate already, by the port that was addressed, before somebody translated it into another hidden one. Not as one
 * set: nft 1.0 lists that in a form which it does not read again, and the administrator's saved ruleset would fail.
 */
function wereAddressed(doors: readonly Door[]): string[] {
  const ports = doors.flatMap((door) => door.open.map(({ protocol, number }) => ({ protocol, number })));
  const unique = new Map(ports.map((port) => [formatPort(port), port]));
  return [...unique.values()].map(({ protocol, number }) => `meta l4proto ${protocol} ct original proto-dst ${number}`);
}

/** One port is matched by itself: each set without a name costs nft a third of a millisecond, twice for each door. */
function portsMatch(ports: readonly Opening[]): string {
  const [only, ...more] = ports;
  if (only !== undefined && more.length === 0) return `${only.protocol} dport ${only.number}`;
  return `meta l4proto . th dport { ${ports.map(concatenation).join(", ")} }`;
}

/** nft allows 128 bytes. */
function hiddenText(doors: readonly Door[]): string {
  return [...new Set(doors.flatMap((door) => door.open.map(formatPort)))].join(" ").slice(0, 90);
}
