// A grant as it is noted on disk, with all that a later run needs to close it.
import type { Grant } from "../core/grant.ts";
import type { LedgerEntry } from "../core/ledger.ts";
import { momentOf } from "../io/clock.ts";
import { fillIn } from "../io/command.ts";

/** `boot` says which boot this is. */
export function entryOf({ door, ip, family, openedMs, closesMs, earnedBy, key }: Grant, boot: string): LedgerEntry {
  const { stop } = door.commands[family];
  return {
    door: door.name,
    ip,
    boot,
    opened: momentOf(openedMs),
    closes: momentOf(closesMs),
    earnedBy,
    key,
    open: door.open.length > 0,
    set: door.sets[family],
    stop: stop === undefined ? undefined : fillIn(stop, ip),
  };
}
