// What has happened so far, in numbers. Counted where it is decided: one addition, nothing allocated.

/** Why an attempt came to nothing. */
export type DropReason = "guard" | "wrong_port" | "timeout";
/** Why a door that was earned did not open. */
export type RefusalReason = "too_many_open" | "firewall" | "ledger";

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
  /** By name. BOUNDED: by the doors of the config, and those of grants that outlived theirs. */
  readonly #doors = new Map<string, DoorCounters>();

  get doors(): ReadonlyMap<string, DoorCounters> {
    return this.#doors;
  }

  /** The doors of the config: all at zero, since a rate needs the zero before the first opening; what others had is forgotten. */
  take(doors: readonly { readonly name: string }[]): void {
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
