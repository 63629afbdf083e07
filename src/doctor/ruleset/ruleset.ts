// A packet filter as chains of rules, whatever wrote it, and the way of one connection's first packet through it.
import type { Family } from "../../core/address.ts";

/** `perhaps`: it depends on what this program does not look at, such as the source address. */
export type Truth = "yes" | "no" | "perhaps";

/** The first packet of a connection to a local port. */
export interface Packet {
  readonly family: Family;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly interface: string;
  /** Whether its source is in our own sets of doors. */
  readonly knocked: boolean;
  /** The administrator's sets that hold its source: `inet filter ssh_allowed`, or an ipset's name. */
  readonly sets: ReadonlySet<string>;
}

export type Condition = (packet: Packet) => Truth;

export type Verdict =
  | { readonly kind: "accept" | "drop" | "return" | "none" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

export interface Rule {
  readonly conditions: readonly Condition[];
  readonly verdict: (packet: Packet) => Verdict;
  /** How its firewall writes it. */
  readonly text: string;
  /** nftables' number for it. */
  readonly handle?: number;
}

export interface Chain {
  readonly by: "nftables" | "iptables" | "ip6tables";
  /** `inet filter`. */
  readonly table: string;
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Where the kernel calls it; other chains are jumped to. */
  readonly base?: Base;
}

export interface Base {
  readonly hook: string;
  readonly priority: number;
  readonly policy: "accept" | "drop";
}

/** The rule, or the policy of the chain if there is none, that decided. */
export interface Place {
  readonly chain: Chain;
  readonly rule?: Rule;
}

/** What becomes of it. `exceptions`: rules that would have let it in if what they ask for were so. */
export type Fate =
  | { readonly fate: "passes" }
  | { readonly fate: "dropped"; readonly place: Place; readonly exceptions: readonly Place[] };

/** On its way to a local port a packet meets the hooks in this order. */
const HOOKS = ["ingress", "prerouting", "input"];
/** BOUNDED: the kernel allows 16 jumps, too. */
const JUMPS_MAX = 16;

export function fateOf(chains: readonly Chain[], packet: Packet): Fate {
  const way = chains.filter((chain) => chain.base !== undefined && meets(chain, packet)).sort(byOrder);
  for (const chain of way) {
    const exceptions: Place[] = [];
    const end = walk({ chains, packet, exceptions }, chain, 0);
    if (end !== undefined && end.kind === "drop") return { fate: "dropped", place: end.place, exceptions };
    if (end === undefined && chain.base?.policy === "drop") return { fate: "dropped", place: { chain }, exceptions };
  }
  return { fate: "passes" };
}

interface Walk {
  readonly chains: readonly Chain[];
  readonly packet: Packet;
  readonly exceptions: Place[];
}

type End = { readonly kind: "accept" | "drop"; readonly place: Place };

/** Undefined: the chain came to its end without a verdict. */
function walk(the: Walk, chain: Chain, depth: number): End | undefined {
  for (const rule of chain.rules) {
    const truth = all(rule.conditions.map((condition) => condition(the.packet)));
    if (truth === "no") continue;
    const verdict = rule.verdict(the.packet);
    if (verdict.kind === "return" && truth === "yes") return undefined;
    const end = endOf(the, { chain, rule }, verdict, depth);
    if (end?.kind === "accept" && truth === "perhaps") the.exceptions.push(end.place);
    if (truth === "perhaps") continue;
    if (end !== undefined) return end;
    if (verdict.kind === "goto") return undefined;
  }
  return undefined;
}

function endOf(the: Walk, place: Place, verdict: Verdict, depth: number): End | undefined {
  if (verdict.kind === "accept" || verdict.kind === "drop") return { kind: verdict.kind, place };
  if (verdict.kind !== "jump" && verdict.kind !== "goto") return undefined;
  const { by, table } = place.chain;
  const target = the.chains.find((chain) => chain.by === by && chain.table === table && chain.name === verdict.chain);
  return target === undefined || depth >= JUMPS_MAX ? undefined : walk(the, target, depth + 1);
}

function all(truths: readonly Truth[]): Truth {
  if (truths.includes("no")) return "no";
  return truths.includes("perhaps") ? "perhaps" : "yes";
}

export function not(truth: Truth): Truth {
  if (truth === "perhaps") return "perhaps";
  return truth === "yes" ? "no" : "yes";
}

export function truthOf(is: boolean): Truth {
  return is ? "yes" : "no";
}

function meets({ base, table }: Chain, { family }: Packet): boolean {
  const [tableFamily] = table.split(" ");
  if (!HOOKS.includes(base?.hook ?? "")) return false;
  return tableFamily === "inet" || tableFamily === "netdev" || tableFamily === (family === 4 ? "ip" : "ip6");
}

function byOrder(a: Chain, b: Chain): number {
  const hooks = HOOKS.indexOf(a.base?.hook ?? "") - HOOKS.indexOf(b.base?.hook ?? "");
  return hooks === 0 ? (a.base?.priority ?? 0) - (b.base?.priority ?? 0) : hooks;
}
