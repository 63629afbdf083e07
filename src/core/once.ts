// Which packets, or codes, have opened something already, and the text in which they are kept over a restart.
import { KEPT_FOR_EACH, Shares } from "./bounds/shares.ts";

/**
 * BOUNDED: packets remembered at a time, 150 bytes each, beside those kept for each key; only whoever holds a key adds one.
 * Past it new ones of that key are refused.
 */
export const ONCE_MAX = 65_536;
/** How many may be there before the first look for old ones. */
const SWEEP_FIRST = 1024;
/** A packet is good for one age limit, before or after its own time: remembered so many, it is for at least two more. */
const KEPT_LIMITS = 3;

/** After the file's own first line. The number is the floor: packets of that time or before may have been forgotten, so they are refused. */
const FLOOR = /^floor (-?\d{1,15})$/;
const LINE = /^([\w-]{43}) (\d{1,15})$/;
const NO_FLOOR = -1;
/** Of what an earlier run has used; its own time is over soon. */
const EARLIER = "";

export interface Used {
  readonly fingerprint: string;
  /** The packet's own time: milliseconds since 1970. */
  readonly timeMs: number;
}

export interface Remembered extends Used {
  /** Whose it is: the key, or the door with the code. */
  readonly owner: string;
}

export interface KeptOnce {
  readonly entries: readonly Used[];
  readonly floorMs: number;
  /** Lines that cannot be read. */
  readonly damaged: number;
}

export class OnceMemory {
  readonly #shares: Shares;
  /** BOUNDED: by the shares. */
  readonly #used = new Map<string, Pick<Remembered, "timeMs" | "owner">>();
  /** No remembered one is older. */
  #oldestMs = Number.POSITIVE_INFINITY;
  #floorMs = NO_FLOOR;
  #sweepAt = SWEEP_FIRST;

  constructor(max: number = ONCE_MAX, keptForEach: number = KEPT_FOR_EACH) {
    this.#shares = new Shares(max, keptForEach);
  }

  has(fingerprint: string): boolean {
    return this.#used.has(fingerprint);
  }

  /** Whether a packet of this time may have been here and be forgotten. */
  mayHaveForgotten(timeMs: number): boolean {
    return timeMs <= this.#floorMs;
  }

  /** False: its owner's share is full, and this packet must be refused. Nothing is forgotten early to make room. */
  add({ fingerprint, timeMs, owner }: Remembered, nowMs: number, maxAgeMs: number): boolean {
    const overMs = nowMs - KEPT_LIMITS * maxAgeMs;
    if (this.#used.size >= this.#sweepAt || !this.#shares.hasRoom(owner)) this.#sweep(overMs);
    if (!this.#shares.hasRoom(owner)) return false;
    this.#put({ fingerprint, timeMs, owner });
    return true;
  }

  raiseFloor(floorMs: number): void {
    this.#floorMs = Math.max(this.#floorMs, floorMs);
  }

  restore({ entries, floorMs }: KeptOnce): void {
    this.raiseFloor(floorMs);
    for (const used of entries) {
      if (this.#shares.hasRoom(EARLIER)) this.#put({ ...used, owner: EARLIER });
      else this.raiseFloor(used.timeMs);
    }
  }

  get size(): number {
    return this.#used.size;
  }

  /** The whole memory, a line each. */
  *lines(): Generator<string, void> {
    yield `floor ${this.#floorMs}\n`;
    for (const [fingerprint, { timeMs }] of this.#used) yield onceLine({ fingerprint, timeMs });
  }

  #put({ fingerprint, timeMs, owner }: Remembered): void {
    if (this.#used.has(fingerprint)) return;
    this.#used.set(fingerprint, { timeMs, owner });
    this.#shares.take(owner);
    this.#oldestMs = Math.min(this.#oldestMs, timeMs);
  }

  /** Whatever is forgotten is refused from then on, by its age: also when the clock jumps, or the age limit grows. */
  #sweep(beforeMs: number): void {
    this.#sweepAt = Math.max(SWEEP_FIRST, 2 * this.#used.size);
    // A full memory must not be looked through for each packet.
    if (this.#oldestMs >= beforeMs) return;
    this.#oldestMs = Number.POSITIVE_INFINITY;
    for (const [fingerprint, { timeMs, owner }] of this.#used) {
      if (timeMs >= beforeMs) this.#oldestMs = Math.min(this.#oldestMs, timeMs);
      else {
        this.#used.delete(fingerprint);
        this.#shares.giveBack(owner);
        this.raiseFloor(timeMs);
      }
    }
    this.#sweepAt = Math.max(SWEEP_FIRST, 2 * this.#used.size);
  }
}

export function onceLine({ fingerprint, timeMs }: Used): string {
  return `${fingerprint} ${timeMs}\n`;
}

/** Undefined: this is no such file. */
export function readOnce(lines: readonly string[]): KeptOnce | undefined {
  const [first = "", ...others] = lines;
  const [, floor] = FLOOR.exec(first) ?? [];
  if (floor === undefined) return undefined;
  const entries = others.flatMap((line) => {
    const [, fingerprint, timeMs] = LINE.exec(line) ?? [];
    return fingerprint === undefined ? [] : [{ fingerprint, timeMs: Number(timeMs) }];
  });
  return { entries, floorMs: Number(floor), damaged: others.length - entries.length };
}
