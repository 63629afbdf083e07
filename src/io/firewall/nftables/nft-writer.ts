// The text of our own nftables table: what is hidden, who is let through, and who is led on to a host behind this one.
import type { Network } from "../../../core/config/config.ts";
import type { Door } from "../../../core/door.ts";
import { leadsOn, type Opening } from "../../../core/opening.ts";
import { formatPort } from "../../../core/port.ts";
import type { Hidden } from "../firewall.ts";
import { gatewayChains, gatewayMarks, gatewayRules } from "./nft-gateways.ts";
import { chainsIn, EXPIRING, FAMILIES, HIDDEN, isExpiring, setsIn, TABLE } from "./nft-names.ts";
import { knockers, ownSets } from "./nft-networks.ts";

const LAST_RULE = "hidden by knockd";

/**
 * Where nobody used connection tracking before us, it takes the next packet of an older connection for a new one: without this
 * rule the administrator's own SSH session would freeze when the daemon first starts. `wildcard 0` is a connection's socket; a
 * listener on all addresses has 1, so a scan with ACKs finds nothing.
 */
export const OLDER_SESSIONS = "tcp flags & (syn | ack) == ack socket wildcard 0 accept";

/** What stands in a listing of our table as long as nobody has taken a chain of ours away, or emptied it. */
export function marksOf(doors: readonly Door[]): string[] {
  return [LAST_RULE, ...gatewayMarks(doors)];
}

export function withOpenings(doors: readonly Door[]): Door[] {
  return doors.filter((door) => door.open.length > 0);
}

/**
 * Our own table can hide a port and let a knocker through to the administrator's rules; it cannot overrule a drop there.
 * Established connections live on when a door closes. Loopback is never hidden. `before` is a listing of our table as it
 * is: the sets of doors that are gone go.
 */
export function ruleset({ doors: all, allow }: Hidden, before: string, sessions: string, expiryMs?: number): string {
  const doors = withOpenings(all);
  const sets = new Set(FAMILIES.flatMap(({ family }) => doors.flatMap((door) => ownSets(door, family))));
  const chains = ["input { type filter hook input priority filter - 10; policy accept; }", ...gatewayChains(doors)];
  const names = chains.map((chain) => chain.replace(/ .*/, ""));
  // Emptied and kept: without a chain of its kind the kernel would translate no connection any more, of those either that live.
  const idle = chainsIn(before).filter((chain) => !names.includes(chain));
  return [
    `add table ${TABLE}`,
    ...chains.map((chain) => `add chain ${TABLE} ${chain}`),
    ...[...names, ...idle].map((chain) => `flush chain ${TABLE} ${chain}`),
    ...setsIn(before)
      .filter((set) => !sets.has(set))
      .map((set) => `delete set ${set}`),
    ...FAMILIES.flatMap(({ family, type }) =>
      doors.flatMap((door) => ownSets(door, family).map((set) => `add set ${set} { type ${type}; flags timeout; }`)),
    ),
    ...FAMILIES.flatMap(({ family, type, allowed }) =>
      allowedSet(
        allowed,
        type,
        allow.filter((network) => network.family === family),
      ),
    ),
    ...(expiryMs === undefined ? hiddenSet(doors, before) : expiringSet(doors, expiryMs)),
    ...[...inputRules(doors, sessions, expiryMs === undefined ? HIDDEN : EXPIRING), ...gatewayRules(doors)].map(
      (rule) => `add rule ${TABLE} ${rule}`,
    ),
  ]
    .join("\n")
    .concat("\n");
}

/** What a daemon hides for good takes the place of a trial. */
function hiddenSet(doors: readonly Door[], before: string): string[] {
  const ports = portsOf(doors);
  return [
    ...(isExpiring(before) ? [`delete set ${TABLE} ${EXPIRING}`] : []),
    `add set ${TABLE} ${HIDDEN} { type inet_proto . inet_service; }`,
    `flush set ${TABLE} ${HIDDEN}`,
    ...(ports.length > 0 ? [`add element ${TABLE} ${HIDDEN} { ${ports.join(", ")} }`] : []),
  ];
}

/** A rule has no timeout, but an element has: once it is gone, the rule hides nothing, and no process is needed for that. */
function expiringSet(doors: readonly Door[], expiryMs: number): string[] {
  const elements = portsOf(doors).map((port) => `${port} timeout ${expiryMs}ms`);
  return [
    `add set ${TABLE} ${EXPIRING} { type inet_proto . inet_service; flags timeout; }`,
    `flush set ${TABLE} ${EXPIRING}`,
    ...(elements.length > 0 ? [`add element ${TABLE} ${EXPIRING} { ${elements.join(", ")} }`] : []),
  ];
}

function portsOf(doors: readonly Door[]): string[] {
  return [...new Set(doors.flatMap((door) => door.open.map(concatenation)))];
}

function inputRules(doors: readonly Door[], sessions: string, hidden: string): string[] {
  const ownPorts = doors.map((door) => ({ door, ports: door.open.filter((opening) => !leadsOn(opening)) }));
  return [
    // A SYN is never part of a connection, whatever the tracking says: it may still believe in one whose end it did not see.
    "meta l4proto != tcp ct state established,related accept",
    "tcp flags & (syn | ack) != syn ct state established,related accept",
    `iifname "lo" accept`,
    `meta l4proto . th dport != @${hidden} accept`,
    ...(sessions === "" ? [] : [sessions]),
    ...FAMILIES.map(({ ip, allowed }) => `${ip} saddr @${allowed} accept`),
    ...FAMILIES.flatMap(({ family }) =>
      ownPorts
        .filter(({ ports }) => ports.length > 0)
        .flatMap(({ door, ports }) =>
          knockers(door, family).map((knocker) => `${portsMatch(ports)} ${knocker} accept`),
        ),
    ),
    // Not th dport: this rule is the one that people look for.
    `meta l4proto { tcp, udp } counter drop comment "${LAST_RULE}: ${hiddenText(doors)}"`,
  ].map((rule) => `input ${rule}`);
}

function allowedSet(name: string, type: string, networks: readonly Network[]): string[] {
  return [
    `add set ${TABLE} ${name} { type ${type}; flags interval; auto-merge; }`,
    `flush set ${TABLE} ${name}`,
    ...(networks.length > 0
      ? [`add element ${TABLE} ${name} { ${networks.map((network) => network.text).join(", ")} }`]
      : []),
  ];
}

/** One port is matched by itself: each set without a name costs nft a third of a millisecond, twice for each door. */
function portsMatch(ports: readonly Opening[]): string {
  const [only, ...more] = ports;
  if (only !== undefined && more.length === 0) return `${only.protocol} dport ${only.number}`;
  return `meta l4proto . th dport { ${ports.map(concatenation).join(", ")} }`;
}

function concatenation({ protocol, number }: Opening): string {
  return `${protocol} . ${number}`;
}

/** nft allows 128 bytes. */
function hiddenText(doors: readonly Door[]): string {
  return [...new Set(doors.flatMap((door) => door.open.map(formatPort)))].join(" ").slice(0, 90);
}
