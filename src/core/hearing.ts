// Whether a door takes notice of a knock at all: its cool-down, its flags, its destination.
import { sameAddress } from "./address.ts";
import type { Door } from "./door.ts";
import type { Knock } from "./frame.ts";
import { DEAF, type Deafness } from "./report.ts";

/** A door as the path needs it. */
export interface Watch {
  readonly door: Door;
  readonly keys: readonly number[];
  readonly identity: string;
  /** The door hears nobody before this time. */
  deafUntilMs: number;
  /** Number of the last knock that this door's attempt took, so that the same knock does not also start one. */
  takenBy: number;
}

/** Whether this door takes notice of the knock at all, and why not. */
export function deafness({ door, deafUntilMs }: Watch, knock: Knock, isLocal: boolean, nowMs: number): Deafness {
  if (nowMs < deafUntilMs) return DEAF.COOL_DOWN;
  if (knock.protocol === "tcp" && (knock.flags & door.tcpflags.mask) !== door.tcpflags.value) return DEAF.FLAGS;
  const heard = door.target === undefined ? isLocal : sameAddress(door.target, knock.destination);
  return heard ? DEAF.NO : DEAF.DESTINATION;
}
