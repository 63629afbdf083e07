// Whether a door's port is hidden from strangers and open to those who knocked, as far as the packet filter's rules tell.
import type { Family } from "../../core/address.ts";
import type { Door } from "../../core/door.ts";
import { formatPort, type Port } from "../../core/port.ts";
import { type Chain, type Fate, fateOf, type Packet, type Place } from "./ruleset.ts";

export type Exposure =
  /** As it should be. */
  | { readonly is: "hidden" }
  | { readonly is: "visible" }
  /** Somebody else's rule drops it, also for those who knocked; `exceptions` are rules that let some of them in. */
  | { readonly is: "shut"; readonly place: Place; readonly exceptions: readonly Place[] };

export function exposureOf(
  chains: readonly Chain[],
  door: Door,
  { protocol, number }: Port,
  family: Family,
  name: string,
): Exposure {
  if (protocol === "icmp") return { is: "hidden" };
  const sets = new Set([door.sets[family] ?? []].flat());
  const packet: Packet = { family, protocol, port: number, interface: name, knocked: false, sets: new Set() };
  const knocker: Fate = fateOf(chains, { ...packet, knocked: true, sets });
  if (knocker.fate === "dropped") return { is: "shut", place: knocker.place, exceptions: knocker.exceptions };
  return { is: fateOf(chains, packet).fate === "passes" ? "visible" : "hidden" };
}

/** `table inet filter, chain input, rule "tcp dport 22 drop" (handle 7)`. */
export function placeText({ chain, rule }: Place): string {
  const where =
    chain.by === "nftables" ? `table ${chain.table}, chain ${chain.name}` : `${chain.by}, chain ${chain.name}`;
  if (rule === undefined) return `${where}, policy drop`;
  return `${where}, rule ${JSON.stringify(rule.text)}${rule.handle === undefined ? "" : ` (handle ${rule.handle})`}`;
}

/** What lets those in who knocked: a set in the rules that drop, since no table overrules another's drop. */
export function remedy(door: Door, port: Port, families: readonly Family[], { chain, rule }: Place): string {
  if (chain.by !== "nftables")
    return `set options.firewall: iptables, whose chain KNOCKD comes first in INPUT; where it is set, put the jump first again: ${chain.by} -D INPUT -j KNOCKD; ${chain.by} -I INPUT -j KNOCKD`;
  const parts = families.map((family) => remedyOf(door, port, family, chain, rule?.handle));
  const lines = parts.flatMap(({ lines }) => lines).join("; ");
  const keys = parts.flatMap(({ key }) => key);
  return keys.length === 0 ? lines : `${lines}; then in doors.${door.name}: ${keys.join(" and ")}`;
}

function remedyOf(door: Door, port: Port, family: Family, chain: Chain, handle: number | undefined) {
  const known = door.sets[family]?.split(" ");
  const inThisTable = known?.slice(0, 2).join(" ") === chain.table;
  const set = inThisTable ? known?.[2] : `${door.name}_knocked${family === 4 ? "" : "6"}`;
  const source = family === 4 ? "ip saddr" : "ip6 saddr";
  const rule = `${source} @${set} ${formatPort(port).replace(/(.*)\/(.*)/, "$2 dport $1")} accept`;
  // A rule goes before the one that drops; for a policy, it may stand last.
  const verb =
    handle === undefined
      ? `add rule ${chain.table} ${chain.name}`
      : `insert rule ${chain.table} ${chain.name} position ${handle}`;
  const lines = [
    ...(inThisTable
      ? []
      : [`nft 'add set ${chain.table} ${set} { type ${family === 4 ? "ipv4" : "ipv6"}_addr; flags timeout; }'`]),
    `nft ${verb} ${rule}`,
  ];
  return { lines, key: inThisTable ? [] : [`${family === 4 ? "set" : "set_6"}: ${chain.table} ${set}`] };
}
