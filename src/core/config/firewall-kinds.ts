// The firewalls that a config may name, and how each names a set of the administrator's own. What they do stands in io/firewall.
import type { Family } from "../address.ts";

export const FIREWALLS = ["nftables", "iptables", "none"] as const;
export type FirewallKind = (typeof FIREWALLS)[number];

/** What a set of these words would have to be instead, or undefined if it will do. */
type SetForm = (words: readonly string[], family: Family) => string | undefined;

export const SET_FORMS: Readonly<Record<FirewallKind, SetForm>> = {
  nftables: (words, family) => {
    const ip = family === 4 ? "ip" : "ip6";
    if (words.length === 1) return `family, table and set, such as "inet filter ssh_allowed"`;
    return words[0] === "inet" || words[0] === ip ? undefined : `a set of the family inet or ${ip}`;
  },
  iptables: (words) => (words.length === 1 ? undefined : "the name of an ipset, for firewall: iptables"),
  none: () => undefined,
};

export function isFirewallKind(kind: unknown): kind is FirewallKind {
  return typeof kind === "string" && Object.hasOwn(SET_FORMS, kind);
}
