// A packet filter as chains of rules, whatever wrote it: what the readers make, and what is asked of it.
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
  /** Where it comes from, if that is asked for; anybody otherwise. */
  readonly source?: string;
  /** The addresses that it may go to. Without any, one of this machine's. */
  readonly destinations?: readonly string[];
}

export type Condition = (packet: Packet) => Truth;

export type Verdict =
  | { readonly kind: "accept" | "drop" | "return" | "none" }
  | { readonly kind: "jump" | "goto"; readonly chain: string }
  /** Led on to another port, or to another host. */
  | { readonly kind: "translate"; readonly how: "DNAT" | "REDIRECT" };

export interface Rule {
  readonly conditions: readonly Condition[];
  readonly verdict: (packet: Packet) => Verdict;
  /** How its firewall writes it. */
  readonly text: string;
  /** Whether it writes the packet down. */
  readonly logs?: boolean;
  /** nftables' number for it. */
  readonly handle?: number;
}

export interface Chain {
  readonly by: "nftables" | "iptables" | "ip6tables";
  /** Of iptables: it is the one of old, beside nftables. */
  readonly legacy?: boolean;
  /** `inet filter`. */
  readonly table: string;
  readonly name: string;
  readonly rules: readonly Rule[];
  /** Where the kernel calls it; other chains are jumped to. */
  readonly base?: Base;
}

export interface Base {
  /** Chains of the type `nat` rewrite; what they accept, or drop, decides nothing. */
  readonly type: "filter" | "nat";
  readonly hook: string;
  readonly priority: number;
  readonly policy: "accept" | "drop";
}

/** The rule, or the policy of the chain if there is none, that decided. */
export interface Place {
  readonly chain: Chain;
  readonly rule?: Rule;
}

export function not(truth: Truth): Truth {
  if (truth === "perhaps") return "perhaps";
  return truth === "yes" ? "no" : "yes";
}

export function truthOf(is: boolean): Truth {
  return is ? "yes" : "no";
}

export function any(truths: readonly Truth[]): Truth {
  if (truths.includes("yes")) return "yes";
  return truths.includes("perhaps") ? "perhaps" : "no";
}

export function every(truths: readonly Truth[]): Truth {
  if (truths.includes("no")) return "no";
  return truths.includes("perhaps") ? "perhaps" : "yes";
}
