// Whether a door takes notice of a knock at all: its cool-down, its flags, its destination.
import { sameAddress } from "./address.ts";
import type { Door } from "./door.ts";
import type { Knock } from "./frame.ts";
import { DEAF, type Deafness } from "./report.ts";

/** Whether this door takes notice of the knock at all, and why not. `coolDownMs` is what is left of its source's cool-down. */
export function deafness({ tcpflags, target }: Door, knock: Knock, isLocal: boolean, coolDownMs: number): Deafness {
  if (coolDownMs > 0) return DEAF.COOL_DOWN;
  if (knock.protocol === "tcp" && (knock.flags & tcpflags.mask) !== tcpflags.value) return DEAF.FLAGS;
  const heard = target === undefined ? isLocal : sameAddress(target, knock.destination);
  return heard ? DEAF.NO : DEAF.DESTINATION;
}
