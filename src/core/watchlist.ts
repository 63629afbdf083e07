// What the captures let through for these doors: their steps, the guard ports around them, signed packets, and the filters for it.

import { filterFor, type Heard, NOTHING, packetFilterFor } from "./capture/filter.ts";
import { SNAP_BYTES } from "./capture/pcap.ts";
import type { Door } from "./door.ts";
import {
  type DoorGuards,
  type Ground,
  type GuardSecret,
  guardsOf,
  hearsAnswers,
  type WidthClass,
  widthClassOf,
} from "./guard/guard.ts";
import { portKey, portOfKey } from "./port.ts";
import { commonFlags } from "./tcp-flags.ts";
import { lastPort } from "./totp/totp.ts";
import type { CaptureKind } from "./way.ts";

export interface Watchlist {
  /** By the names of the doors. */
  readonly guards: ReadonlyMap<string, DoorGuards>;
  readonly widthClass: WidthClass;
  /** What is captured, each by itself: for knocks, and for signed packets. At least one. */
  readonly searches: readonly Search[];
}

/** What one capture looks for. */
export interface Search {
  readonly capture: CaptureKind;
  /** A pcap-filter(7) expression for any link layer. */
  readonly filter: string;
  /** Bytes of each frame that somebody reads. */
  readonly snapBytes: number;
}

/** All headers, with room for options and extensions. */
export const HEADERS_BYTES = 256;

/** `spaPort` is given if signed packets can open a door. */
export function watchlistFor(
  doors: readonly Door[],
  scanGuard: boolean,
  ground: Ground,
  secret: GuardSecret,
  spaPort?: number,
): Watchlist {
  const widthClass = widthClassOf(doors, scanGuard);
  const used = groundOf(doors, ground, spaPort);
  const guards = new Map(doors.map((door) => [door.name, guardsOf(door, widthClass, used, secret)]));
  const knockedAt = doors.filter(({ sequence, totp }) => sequence.length > 0 || totp !== undefined);
  const groups = [true, false].flatMap((answered) => {
    const group = knockedAt.filter(({ tcpflags }) => hearsAnswers(tcpflags) === answered);
    return group.length === 0 ? [] : [heardBy(group, guards, answered)];
  });
  return { guards, widthClass, searches: searchesFor(filterFor(groups), spaPort) };
}

/** Packets by themselves: a flood of what looks like one fills a buffer that no knock is in. */
function searchesFor(filter: string, spaPort: number | undefined): Search[] {
  const knocks: Search = { capture: "knocks", filter, snapBytes: HEADERS_BYTES };
  if (spaPort === undefined) return [knocks];
  const packets: Search = { capture: "packets", filter: packetFilterFor(spaPort), snapBytes: SNAP_BYTES };
  return filter === NOTHING ? [packets] : [knocks, packets];
}

/** A guard that every honest packet touches would be none: not where packets go, nor where a door leads on from here. */
export function groundOf(doors: readonly Door[], { inUse, outgoing }: Ground, spaPort?: number): Ground {
  const ledOn = doors.flatMap(({ open }) => open.filter(({ to }) => to !== undefined));
  const keys = ledOn.map(({ protocol, number }) => portKey(protocol, number));
  return { outgoing, inUse: new Set([...inUse, ...keys, ...(spaPort === undefined ? [] : [portKey("udp", spaPort)])]) };
}

/**
 * Of connections only the first packet passes, so what listens in a hole of the guards may pass as well: then the captures need
 * not begin anew whenever a service starts or ends. All packets of a UDP service would be too many.
 */
function heardBy(doors: readonly Door[], guards: ReadonlyMap<string, DoorGuards>, answered: boolean): Heard {
  const steps = doors.flatMap(({ sequence }) => sequence.map(({ protocol, number }) => portKey(protocol, number)));
  const keys = new Set([...steps, ...codeKeys(doors)]);
  for (const { name } of doors) {
    const { blocks = [] } = guards.get(name) ?? {};
    const whole = answered ? [] : blocks.filter(({ to }) => portOfKey(to).protocol === "tcp");
    for (const { from, to } of [...whole, ...(guards.get(name)?.ranges() ?? [])])
      for (let key = from; key <= to; key++) keys.add(key);
  }
  return { keys, flags: commonFlags(doors.map(({ tcpflags }) => tcpflags)) };
}

/** The port keys of all ranges that codes are knocked on. */
export function codeKeys(doors: readonly Door[]): number[] {
  return doors.flatMap(({ totp }) => {
    if (totp === undefined) return [];
    const { firstPort, digits } = totp;
    const ports = lastPort(firstPort, digits) - firstPort + 1;
    return Array.from({ length: ports }, (_, index) => portKey("tcp", firstPort + index));
  });
}
