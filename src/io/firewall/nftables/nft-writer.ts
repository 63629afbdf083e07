// The text of our own nftables table: what is hidden, who is let through, and who is led on to a host behind this one.
import type { Network } from "../../../core/config/config.ts";
import type { Door } from "../../../core/door.ts";
import type { TcpSession } from "../../../core/tcp-sessions.ts";
import type { Hidden } from "../firewall.ts";
import { concatenation, GATE_CHAINS, GATE_MARKS, gateRules, LAST_RULE } from "./nft-gate.ts";
import { gatewayChains, gatewayMarks, gatewayRules } from "./nft-gateways.ts";
import { chainsIn, EXPIRING, FAMILIES, HIDDEN, isExpiring, setsIn, TABLE } from "./nft-names.ts";
import { ownSets } from "./nft-networks.ts";
import { sessionStatements } from "./nft-sessions.ts";

/** What stands in a listing of our table as long as nobody has taken a chain of ours away, or emptied it. */
export function marksOf(doors: readonly Door[]): string[] {
  return [...GATE_MARKS, ...gatewayMarks(doors)];
}

/** All of them, and nobody has loaded a saved copy of our table on top of it: that doubles the rules. */
export function isWhole(table: string, marks: readonly string[]): boolean {
  return marks.every((mark) => table.includes(mark)) && table.split(LAST_RULE).length <= 2;
}

export function withOpenings(doors: readonly Door[]): Door[] {
  return doors.filter((door) => door.open.length > 0);
}

/** What there is already, and how those are let in who may come. */
export interface Circumstances {
  /** A listing of our table as it is: the sets of doors that are gone go. */
  readonly before: string;
  /** Sessions at ports that are hidden from now on. */
  readonly begun: readonly TcpSession[];
  /** Our table is not there, or somebody else has made it: what its sets of sessions hold is not to be trusted. */
  readonly isNew: boolean;
  /** The end of a rule that lets in: `accept`, perhaps with something before it. */
  readonly admit: string;
  /** For a trial. */
  readonly expiryMs: number | undefined;
}

/**
 * Our own table can hide a port and let a knocker through to the administrator's rules; it cannot overrule a drop there.
 * Established connections live on when a door closes.
 */
export function ruleset(
  { doors: all, allow }: Hidden,
  { before, begun, isNew, admit, expiryMs }: Circumstances,
): string {
  const doors = withOpenings(all);
  const sets = new Set(FAMILIES.flatMap(({ family }) => doors.flatMap((door) => ownSets(door, family))));
  const chains = [...GATE_CHAINS, ...gatewayChains(doors)];
  const hidden = expiryMs === undefined ? HIDDEN : EXPIRING;
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
    ...sessionStatements(begun, isNew),
    ...(expiryMs === undefined ? hiddenSet(doors, before) : expiringSet(doors, expiryMs)),
    ...[...gateRules({ doors, hidden, admit }), ...gatewayRules(doors)].map((rule) => `add rule ${TABLE} ${rule}`),
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

/** `tcp . 22` */
export function portsOf(doors: readonly Door[]): string[] {
  return [...new Set(doors.flatMap((door) => door.open.map(concatenation)))];
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
