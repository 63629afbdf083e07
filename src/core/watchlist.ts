// What the captures let through for these doors: their steps, the guard ports around them, and the filter for both.
import type { Door } from "./door.ts";
import { filterFor } from "./filter.ts";
import { type GuardSecret, guardPorts } from "./guard.ts";
import { SNAP_BYTES } from "./pcap.ts";
import { portKey } from "./port.ts";
import { commonFlags } from "./tcp-flags.ts";

export interface Watchlist {
  /** Port keys. */
  readonly guards: ReadonlySet<number>;
  /** A pcap-filter(7) expression. */
  readonly filter: string;
  /** Bytes of each frame that somebody reads. */
  readonly snapBytes: number;
}

/** All headers, with room for options and extensions. */
const HEADERS_BYTES = 256;

/** `inUse` are port keys that something on this machine uses; `spaPort` is given if signed packets can open a door. */
export function watchlistFor(
  doors: readonly Door[],
  scanGuard: boolean,
  inUse: ReadonlySet<number>,
  secret: GuardSecret,
  spaPort?: number,
): Watchlist {
  // A guard there would be touched by every honest packet.
  const taken = spaPort === undefined ? inUse : new Set([...inUse, portKey("udp", spaPort)]);
  const guards = scanGuard ? guardPorts(doors, taken, secret) : new Set<number>();
  const steps = doors.flatMap((door) => door.sequence.map((step) => portKey(step.protocol, step.number)));
  const flags = commonFlags(doors.filter((door) => door.sequence.length > 0).map((door) => door.tcpflags));
  const filter = filterFor(new Set([...steps, ...guards]), flags, spaPort);
  return { guards, filter, snapBytes: spaPort === undefined ? HEADERS_BYTES : SNAP_BYTES };
}
