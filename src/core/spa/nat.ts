// A request to be led to a host behind this one -> the doors that lead exactly there. A packet makes no way of its own: it
// names one that the config has, by both its ends, or nothing opens.
import type { Door } from "../door.ts";
import { type GatewayOpening, leadsOn } from "../opening.ts";
import { formatPort, type Port } from "../port.ts";
import type { Key } from "./key.ts";
import type { Refusal } from "./refusal.ts";

/** As fwknop's client has it: `ports` are knocked for and reached here, `nat` is where they shall lead. */
export interface NatRequest {
  readonly ports: readonly Port[];
  readonly nat: { readonly host: string; readonly port: number };
}

/** What of a door a packet may name so: it knows no IPv6, and only the ports by which the door can be asked for. */
export function natOpeningsOf({ open, spaPorts }: Pick<Door, "open" | "spaPorts">): readonly GatewayOpening[] {
  const named = new Set(spaPorts.map(formatPort));
  return open.filter(leadsOn).filter((opening) => opening.to.family === 4 && named.has(formatPort(opening)));
}

/**
 * `own` are the doors that the key may open, in its order. The other end is compared letter by letter: a name would be
 * whatever a name server says, and another spelling of an address is nothing that we wrote. Local translation (fwknop's types
 * 5 and 6) is no other thing here: it is served where a door leads to an address of this machine.
 */
export function leadingDoors({ ports, nat }: NatRequest, key: Key, own: readonly Door[]): readonly Door[] | Refusal {
  const ways = own.flatMap((door) => door.natOpenings.map((opening) => ({ door, opening })));
  if (ways.length === 0) return { reason: "nat", key: key.name };
  const to = `${nat.host}:${nat.port}`;
  const there = ways.filter(({ opening }) => opening.to.ip === nat.host && opening.to.port === nat.port);
  if (there.length === 0) return { reason: "nat-host", key: key.name, to };
  const found = new Set<Door>();
  for (const port of ports.map(formatPort)) {
    const way = there.find(({ opening }) => formatPort(opening) === port);
    if (way === undefined) {
      const from = [...new Set(there.map(({ opening }) => formatPort(opening)))];
      return { reason: "nat-port", key: key.name, port, to, from };
    }
    found.add(way.door);
  }
  return [...found];
}
