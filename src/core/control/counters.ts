// What has happened so far, in numbers. Counted where it is decided: one addition, nothing allocated.
import type { DropReason } from "../report.ts";
import type { RefusalReason as PacketRefusal } from "../spa/refusal.ts";

/** Why a door that was earned did not open. */
export type RefusalReason = "too_many_open" | "firewall" | "ledger";

/** What became of whole codes, and how often that made an address suspect. */
export type CodeResult = "accepted" | "wrong" | "clock" | "used" | "forgotten" | "memory_full" | "second" | "suspected";

export interface DoorCounters {
  openings: number;
  extensions: number;
  closings: number;
  commands: number;
  commandFailures: number;
}

export class Counters {
  /** Packets that the captures let through and that were understood. */
  knocks = 0;
  readonly drops: Record<DropReason, number> = { guard: 0, wrong_port: 0, timeout: 0 };
  readonly refusals: Record<RefusalReason, number> = { too_many_open: 0, firewall: 0, ledger: 0 };
  /** Signed packets that opened something, or would have. */
  packetsAccepted = 0;
  readonly packetsRefused: Record<PacketRefusal, number> = {
    malformed: 0,
    "no-key": 0,
    busy: 0,
    unreadable: 0,
    field: 0,
    "weak-digest": 0,
    expired: 0,
    clock: 0,
    replay: 0,
    forgotten: 0,
    "memory-full": 0,
    command: 0,
    nat: 0,
    "nat-host": 0,
    "nat-port": 0,
    address: 0,
    "no-host": 0,
    port: 0,
  };
  readonly codes: Record<CodeResult, number> = {
    accepted: 0,
    wrong: 0,
    clock: 0,
    used: 0,
    forgotten: 0,
    memory_full: 0,
    second: 0,
    suspected: 0,
  };
  /** By name. BOUNDED: by the doors of the config, and those of grants that outlived theirs. */
  readonly #doors = new Map<string, DoorCounters>();

  get doors(): ReadonlyMap<string, DoorCounters> {
    return this.#doors;
  }

  /** The doors of the config: all at zero, since a rate needs the zero before the first opening; what others had is forgotten. */
  apply(doors: readonly { readonly name: string }[]): void {
    const kept = new Set(doors.map(({ name }) => name));
    for (const name of this.#doors.keys()) if (!kept.has(name)) this.#doors.delete(name);
    for (const name of kept) this.of(name);
  }

  of(door: string): DoorCounters {
    const known = this.#doors.get(door);
    if (known !== undefined) return known;
    const fresh = { openings: 0, extensions: 0, closings: 0, commands: 0, commandFailures: 0 };
    this.#doors.set(door, fresh);
    return fresh;
  }
}
