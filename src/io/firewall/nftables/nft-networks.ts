// Sets for doors that keys open to whole networks: one for each number of bits, looked up with the rest of the address masked
// out. They are sets of single values like the others: no intervals, which may not overlap, and whose timeouts old kernels lose.
import { type Family, familyOfText, networkMask } from "../../../core/address.ts";
import type { Door } from "../../../core/door.ts";
import { setName, TABLE } from "./nft-names.ts";

const SOURCES = { 4: "ip saddr", 6: "ip6 saddr" } as const;

/** `ssh` -> `inet knockd ssh_ipv4`, and more where keys open networks. */
export function ownSets(door: Door, family: Family): string[] {
  const networks = door.prefixes[family].map((bits) => networkSetName(door, family, bits));
  return [setName(door, family), ...networks].map((name) => `${TABLE} ${name}`);
}

/** How rules know those that are let in: `ip saddr @ssh_ipv4`, `ip saddr & 255.255.255.0 @ssh_net4_24`. */
export function knockers(door: Door, family: Family): string[] {
  const source = SOURCES[family];
  const networks = door.prefixes[family].map(
    (bits) => `${source} & ${networkMask(family, bits)} @${networkSetName(door, family, bits)}`,
  );
  return [`${source} @${setName(door, family)}`, ...networks];
}

/** Our set that takes this address or network (`192.0.2.0/24`), and what it is called there. */
export function ownPlace(door: Door, ip: string): { set: string; element: string } {
  const [element = "", bits] = ip.split("/");
  const family = familyOfText(ip);
  const name = bits === undefined ? setName(door, family) : networkSetName(door, family, Number(bits));
  return { set: `${TABLE} ${name}`, element };
}

/** The door whose set this is, and the address or network that an element of it stands for. */
export function openOf(set: string, element: string): { door: string; ip: string } | undefined {
  const [, single] = /^(\S+)_ipv[46]$/.exec(set) ?? [];
  if (single !== undefined) return { door: single, ip: element };
  const [, door, bits] = /^(\S+)_net[46]_(\d+)$/.exec(set) ?? [];
  return door === undefined ? undefined : { door, ip: `${element}/${bits}` };
}

function networkSetName(door: Door, family: Family, bits: number): string {
  return `${door.name}_net${family}_${bits}`;
}
