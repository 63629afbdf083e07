// How things are called in our own nftables table, and which of them a listing of it shows.
import type { Family } from "../../../core/address.ts";
import type { Door } from "../../../core/door.ts";
import { instance, ofInstance } from "../../state/directories.ts";

/** Each daemon has its own: two in one network namespace would take each other's away. */
export const TABLE = tableOf(instance());

/** `ip` is nft's word for the family in matches and in translations. */
export const FAMILIES = [
  { family: 4, type: "ipv4_addr", ip: "ip", allowed: "allowed4", sessions: "sessions4" },
  { family: 6, type: "ipv6_addr", ip: "ip6", allowed: "allowed6", sessions: "sessions6" },
] as const;

/** The sets of the ports that are hidden: for good, and in a trial. A table has one of them. */
export const HIDDEN = "hidden";
export const EXPIRING = "leased";

/** The chains that decide; see nft-gate.ts. */
export const GATE = "gate";
export const INPUT = "input";
export const TRANSLATED = "translated";
export const DECIDE = "decide";
export const LET_IN = "let_in";

export function tableOf(instance: string): string {
  return ofInstance("inet knockd", instance);
}

/** `ssh` -> `ssh_ipv4`. */
export function setName(door: Door, family: Family): string {
  return `${door.name}_ipv${family}`;
}

/** The sets of doors in a listing of our table. */
export function setsIn(table: string): string[] {
  return [...table.matchAll(/^\tset (\S+_(?:ipv[46]|net[46]_\d+)) \{/gm)].map((match) => `${TABLE} ${match[1]}`);
}

/** Our chains in a listing of our table. */
export function chainsIn(table: string): string[] {
  return [...table.matchAll(/^\tchain (\S+) \{/gm)].flatMap(([, chain = ""]) => chain);
}

/** The kernel's number for our table, in a listing with handles: a table that was made anew has another. */
export function handleIn(listing: string): string | undefined {
  return listing
    .split("\n")
    .find((line) => line.startsWith(`table ${TABLE} `))
    ?.replace(/.*# handle /, "");
}

/** Whether a daemon hides for good in this listing of our table. */
export function isForGood(table: string): boolean {
  return table.includes(`\tset ${HIDDEN} {`);
}

/** Whether a trial is in this listing of our table. */
export function isExpiring(table: string): boolean {
  return table.includes(`\tset ${EXPIRING} {`);
}
