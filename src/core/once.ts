// Which signed packets have opened something already, and the text in which they are kept over a restart.

/** BOUNDED: packets remembered at a time, 100 bytes each; only whoever holds a key adds one. Past it new ones are refused. */
export const ONCE_MAX = 65_536;
/** How many may be there before the first look for old ones. */
const SWEEP_FIRST = 1024;
/** A packet is good for one age limit, before or after its own time: remembered so many, it is for at least two more. */
const KEPT_LIMITS = 3;

/** Of the file. The number is the floor: packets of that time or before may have been forgotten, so they are refused. */
const HEADER = /^knockd replays 1 (-?\d{1,15})$/;
const LINE = /^([\w-]{43}) (\d{1,15})$/;
const NO_FLOOR = -1;

export interface Remembered {
  readonly fingerprint: string;
  /** The packet's own time: milliseconds since 1970. */
  readonly timeMs: number;
}

export interface KeptOnce {
  readonly entries: readonly Remembered[];
  readonly floorMs: number;
  /** Lines that cannot be read, but for a last one that was cut short by our end: that packet had opened nothing yet. */
  readonly damaged: number;
}

export class OnceMemory {
  readonly #max: number;
  /** BOUNDED: `max` entries. */
  readonly #times = new Map<string, number>();
  #floorMs = NO_FLOOR;
  #sweepAt = SWEEP_FIRST;

  constructor(max: number = ONCE_MAX) {
    this.#max = max;
  }

  has(fingerprint: string): boolean {
    return this.#times.has(fingerprint);
  }

  /** Whether a packet of this time may have been here and be forgotten. */
  mayHaveForgotten(timeMs: number): boolean {
    return timeMs <= this.#floorMs;
  }

  /** False: it is full, and this packet must be refused. Nothing is forgotten early to make room. */
  add({ fingerprint, timeMs }: Remembered, nowMs: number, maxAgeMs: number): boolean {
    if (this.#times.size >= Math.min(this.#sweepAt, this.#max)) this.#sweep(nowMs - KEPT_LIMITS * maxAgeMs);
    if (this.#times.size >= this.#max) return false;
    this.#times.set(fingerprint, timeMs);
    return true;
  }

  raiseFloor(floorMs: number): void {
    this.#floorMs = Math.max(this.#floorMs, floorMs);
  }

  restore({ entries, floorMs }: KeptOnce): void {
    this.raiseFloor(floorMs);
    for (const { fingerprint, timeMs } of entries) {
      if (this.#times.size < this.#max) this.#times.set(fingerprint, timeMs);
      else this.raiseFloor(timeMs);
    }
  }

  get size(): number {
    return this.#times.size;
  }

  /** The whole memory as a file. */
  text(): string {
    const lines = [...this.#times].map(([fingerprint, timeMs]) => onceLine({ fingerprint, timeMs }));
    return `knockd replays 1 ${this.#floorMs}\n${lines.join("")}`;
  }

  /** Whatever is forgotten is refused from then on, by its age: also when the clock jumps, or the age limit grows. */
  #sweep(beforeMs: number): void {
    for (const [fingerprint, timeMs] of this.#times) {
      if (timeMs >= beforeMs) continue;
      this.#times.delete(fingerprint);
      this.raiseFloor(timeMs);
    }
    this.#sweepAt = Math.max(SWEEP_FIRST, 2 * this.#times.size);
  }
}

export function onceLine({ fingerprint, timeMs }: Remembered): string {
  return `${fingerprint} ${timeMs}\n`;
}

/** Undefined: this is no such file. */
export function readOnce(text: string): KeptOnce | undefined {
  const [first = "", ...lines] = text.split("\n");
  const [, floor] = HEADER.exec(first) ?? [];
  if (floor === undefined || lines.length === 0) return undefined;
  // Behind the last newline is nothing, or a line that was cut short.
  const whole = lines.slice(0, -1);
  const entries = whole.flatMap((line) => {
    const [, fingerprint, timeMs] = LINE.exec(line) ?? [];
    return fingerprint === undefined ? [] : [{ fingerprint, timeMs: Number(timeMs) }];
  });
  return { entries, floorMs: Number(floor), damaged: whole.length - entries.length };
}
