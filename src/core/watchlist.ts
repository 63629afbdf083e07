// What the captures let through for these doors: their steps, the guard ports around them, and the filter for both.

import { SNAP_BYTES } from "./capture/pcap.ts";
import type { Door } from "./door.ts";
import { filterFor } from "./filter.ts";
import { type GuardSecret, guardPorts } from "./guard.ts";
import { portKey } from "./port.ts";
import { commonFlags } from "./tcp-flags.ts";
import { lastPort } from "./totp/totp.ts";

export interface Watchlist {
  /** Port keys. */
  readonly guards: ReadonlySet<number>;
  /** A pcap-filter(7) expression. */
  readonly filter: string;
  /** Bytes of each frame that somebody reads. */
  readonly snapBytes: number;
}

/** All headers, with room for options and extensions. */
export const HEADERS_BYTES = 256;

/** `inUse` are port keys that something on this machine uses; `spaPort` is given if signed packets can open a door. */
export function watchlistFor(
  doors: readonly Door[],
  scanGuard: boolean,
  inUse: ReadonlySet<number>,
  secret: GuardSecret,
  spaPort?: number,
): Watchlist {
  const codes = codeKeys(doors);
  // A guard there would be touched by every honest packet.
  const taken = new Set([...inUse, ...codes, ...(spaPort === undefined ? [] : [portKey("udp", spaPort)])]);
  const guards = scanGuard ? guardPorts(doors, taken, secret) : new Set<number>();
  const steps = doors.flatMap((door) => door.sequence.map((step) => portKey(step.protocol, step.number)));
  const knockedAt = doors.filter(({ sequence, totp }) => sequence.length > 0 || totp !== undefined);
  const flags = commonFlags(knockedAt.map((door) => door.tcpflags));
  const filter = filterFor(new Set([...steps, ...codes, ...guards]), flags, spaPort);
  return { guards, filter, snapBytes: spaPort === undefined ? HEADERS_BYTES : SNAP_BYTES };
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
