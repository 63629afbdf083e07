// The ledger's text: one JSON record a line. What was opened and not closed is still to be closed.
import * as z from "zod";
import { familyOfText } from "./address.ts";
import type { Command, Door } from "./door.ts";
import type { EarnedBy } from "./grant.ts";
import { ANY_FLAGS } from "./tcp-flags.ts";

/** One moment on both clocks: the wall clock survives a reboot, the monotonic clock survives whoever sets the wall clock. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Milliseconds since the boot. */
  readonly upMs: number;
}

/** A grant as a restart must know it: enough to close it even when its door is gone from the config. */
export interface LedgerEntry extends EarnedBy {
  readonly door: string;
  /** Canonical text. */
  readonly ip: string;
  /** Which boot `upMs` counts from (random(4), boot_id). */
  readonly boot: string;
  readonly opened: Moment;
  readonly closes: Moment;
  /** Whether the door has `open` ports. */
  readonly open: boolean;
  /** The administrator's set that holds the address. */
  readonly set?: string | undefined;
  /** Filled in already. */
  readonly stop?: Command | undefined;
}

const moment = z.object({ wallMs: z.number(), upMs: z.number() });
const privileges = z.literal("none").optional();
const command = z.union([
  z.object({ shell: z.string(), privileges }),
  z.object({ argv: z.array(z.string()).min(1), privileges }),
]);
const entry = z.object({
  door: z.string(),
  ip: z.string(),
  boot: z.string(),
  opened: moment,
  closes: moment,
  // A ledger of an earlier version does not say it.
  earnedBy: z.string().default("unknown"),
  key: z.string().optional(),
  open: z.boolean(),
  set: z.string().optional(),
  stop: command.optional(),
});
/** An extension is another `open` of the same door and address: the later one counts. */
const record = z.union([
  z.object({ open: entry }),
  z.object({ close: z.object({ door: z.string(), ip: z.string() }) }),
]);

export function openRecord(entry: LedgerEntry): string {
  return `${JSON.stringify({ open: entry })}\n`;
}

export function closeRecord({ door, ip }: Pick<LedgerEntry, "door" | "ip">): string {
  return `${JSON.stringify({ close: { door, ip } })}\n`;
}

export function entryKey({ door, ip }: Pick<LedgerEntry, "door" | "ip">): string {
  return `${ip} ${door}`;
}

/** What is still to be closed. A damaged line is dropped and counted; the others count. */
export function readLedger(lines: readonly string[]): { entries: LedgerEntry[]; damaged: number } {
  const live = new Map<string, LedgerEntry>();
  let damaged = 0;
  for (const line of lines) {
    if (line === "") continue;
    const parsed = record.safeParse(parseJson(line));
    if (!parsed.success) damaged++;
    else if ("open" in parsed.data) live.set(entryKey(parsed.data.open), parsed.data.open);
    else live.delete(entryKey(parsed.data.close));
  }
  return { entries: [...live.values()], damaged };
}

/**
 * How long the grant has still to run; 0 if its time is over. Within one boot the monotonic clock decides. After a reboot
 * the wall clock does, and a clock that says it is before the opening or after the close has jumped: then it is over.
 */
export function remainingMs({ boot, opened, closes }: LedgerEntry, now: Moment, nowBoot: string): number {
  if (boot === nowBoot) return Math.max(0, closes.upMs - now.upMs);
  return now.wallMs < opened.wallMs ? 0 : Math.max(0, closes.wallMs - now.wallMs);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * The door that an entry is closed through: as it was opened, whatever the config says now. `door` is the config's door of
 * that name, if there still is one; later knocks extend that grant.
 */
export function doorOfEntry({ door: name, ip, set, stop }: LedgerEntry, door: Door | undefined): Door {
  const family = familyOfText(ip);
  const base = door ?? { ...NO_DOOR, name };
  const { start } = base.commands[family];
  const commands = { ...(start === undefined ? {} : { start }), ...(stop === undefined ? {} : { stop }) };
  return {
    ...base,
    sets: { ...base.sets, ...(set === undefined ? {} : { [family]: set }) },
    commands: { ...base.commands, [family]: commands },
  };
}

/** A door that the config no longer has: nobody can earn it. */
const NO_DOOR: Omit<Door, "name"> = {
  sequence: [],
  seqTimeoutMs: 1,
  seqCooldownMs: 0,
  tcpflags: ANY_FLAGS,
  open: [],
  sets: {},
  grantMs: 1,
  spaPorts: [],
  natOpenings: [],
  maxGrantMs: 1,
  prefixes: { 4: [], 6: [] },
  commands: { 4: {}, 6: {} },
};
