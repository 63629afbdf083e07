// Whether a door's port is hidden from strangers and open to those who knocked, as far as the packet filter's rules tell.
import type { Family } from "../../core/address.ts";
import type { Door } from "../../core/door.ts";
import type { Port } from "../../core/port.ts";
import { fateOf, type Translation } from "./fate.ts";
import type { Chain, Packet, Place } from "./ruleset.ts";

export type Exposure =
  /** As it should be; `translated`: what becomes of those who knocked. */
  | { readonly is: "hidden"; readonly translated?: Translation }
  /** `translated`: it is led on before our rules are asked. */
  | { readonly is: "visible"; readonly translated?: Translation }
  /** Somebody else's rule drops it, also for those who knocked; `exceptions` are rules that let some of them in. */
  | { readonly is: "shut"; readonly place: Place; readonly exceptions: readonly Place[] };

/** Where packets come in. */
export interface Arrival {
  readonly name: string;
  readonly family: Family;
  readonly addresses: readonly string[];
}

export function exposureOf(chains: readonly Chain[], door: Door, port: Port, arrival: Arrival): Exposure {
  const packet = packetTo(port, arrival);
  if (packet === undefined) return { is: "hidden" };
  const knocker = knockerAt(chains, door, packet);
  if (knocker.fate === "dropped") return { is: "shut", place: knocker.place, exceptions: knocker.exceptions };
  const stranger = fateOf(chains, packet);
  const { translated } = stranger.fate === "passes" ? stranger : knocker;
  return { is: stranger.fate === "passes" ? "visible" : "hidden", ...(translated === undefined ? {} : { translated }) };
}

/** What becomes of those who knocked. */
export function knockerAt(chains: readonly Chain[], door: Door, packet: Packet): ReturnType<typeof fateOf> {
  return fateOf(chains, { ...packet, knocked: true, sets: new Set([door.sets[packet.family] ?? []].flat()) });
}

/** A first packet from anywhere; undefined for a port that has no rules. */
export function packetTo({ protocol, number }: Port, { name, family, addresses }: Arrival): Packet | undefined {
  if (protocol === "icmp") return undefined;
  const base = { family, protocol, port: number, interface: name, knocked: false, sets: new Set<string>() };
  return addresses.length === 0 ? base : { ...base, destinations: addresses };
}

/** `table inet filter, chain input, rule "tcp dport 22 drop" (handle 7)`. */
export function placeText({ chain, rule }: Place): string {
  const by = chain.legacy === true ? `${chain.by}-legacy` : chain.by;
  const where = chain.by === "nftables" ? `table ${chain.table}, chain ${chain.name}` : `${by}, chain ${chain.name}`;
  if (rule === undefined) return `${where}, policy drop`;
  return `${where}, rule ${JSON.stringify(rule.text)}${rule.handle === undefined ? "" : ` (handle ${rule.handle})`}`;
}
