// The table of attempts: how far each source has come with each door. Constant time, constant memory, whatever a stranger sends.
import { type Address, hashAddress } from "./address.ts";

/**
 * BOUNDED: attempts at a time. 35 bytes each, for IPv4 23: untouched pages cost nothing. Past it the oldest attempt is forgotten
 * first.
 */
export const ATTEMPTS_MAX = 2 ** 19;

/** How many attempts that are past their first step a new one looks over before it takes the place of one of them. */
const SPARED_MAX = 64;

/** The high words of an IPv4 address (RFC 4291 section 2.5.5.2); kept as the difference from them. */
const IPV4_WORDS = [0, 0, 0xffff] as const;

/** A place in the table, or NONE. */
export type Slot = number;
export const NONE = -1;

/** The stage of an attempt that is over: only what it began with is still remembered. */
const ENDED = 0xff;

/** Doors are numbered in 16 bits. */
export const DOOR_NUMBER_MAX = 0xffff;

/**
 * Slots are given out in a circle, so the one after the newest is the oldest. Slots of one hash are chained through `#chain`.
 * (A Map with "delete the first key" costs quadratic time under a flood: V8 keeps tombstones.)
 */
export class Attempts {
  readonly #size: number;
  readonly #seed: number;
  readonly #heads: Int32Array;
  /** For each slot the last word of its source, and the link to the next of its chain: side by side, they are one look into memory. */
  readonly #chain: Int32Array;
  /** The other three words. */
  readonly #highWords: Int32Array;
  readonly #startedMs: Uint32Array;
  readonly #doors: Uint16Array;
  /** Steps matched so far; 0 marks a free slot, ENDED one whose attempt is over. */
  readonly #stages: Uint8Array;
  /** What the first step is known by if it comes once more; 0: by nothing. */
  readonly #fingerprints: Uint32Array;
  #newest = 0;
  #sweepAt = 0;
  #live = 0;
  /** Slots that are not free. */
  #held = 0;
  #forgotten = 0;
  /** One address at a time is compared or handed out without allocating. */
  readonly #scratch: Address = new Int32Array(4);

  /** `size` is a power of two; `seed` a secret number. */
  constructor(size: number, seed: number) {
    this.#size = size;
    this.#seed = seed;
    this.#heads = new Int32Array(size);
    this.#chain = new Int32Array(size * 2);
    this.#highWords = new Int32Array(size * 3);
    this.#startedMs = new Uint32Array(size);
    this.#doors = new Uint16Array(size);
    this.#stages = new Uint8Array(size);
    this.#fingerprints = new Uint32Array(size);
  }

  get live(): number {
    return this.#live;
  }

  /** How many attempts made room for newer ones. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The first attempt of a source; go on with `after`. */
  first(source: Address): Slot {
    return this.#matching((this.#heads[this.#bucket(source)] ?? 0) - 1, source);
  }

  after(slot: Slot, source: Address): Slot {
    return this.#matching(this.#after(slot), source);
  }

  add(source: Address, door: number, nowMs: number, fingerprint = 0): Slot {
    const slot = this.#claim();
    this.#keepSource(slot, source);
    this.#doors[slot] = door;
    this.#stages[slot] = 1;
    if (this.#fingerprints[slot] !== fingerprint) this.#fingerprints[slot] = fingerprint;
    this.#startedMs[slot] = nowMs >>> 0;
    const bucket = this.#bucket(source);
    // Links are slot + 1, so that zeroed memory means "none".
    this.#chain[slot * 2 + 1] = this.#heads[bucket] ?? 0;
    this.#heads[bucket] = slot + 1;
    this.#live++;
    this.#held++;
    return slot;
  }

  remove(slot: Slot): void {
    const bucket = this.#bucket(this.source(slot));
    const after = this.#after(slot);
    let at = (this.#heads[bucket] ?? 0) - 1;
    if (at === slot) this.#heads[bucket] = after + 1;
    else {
      while (at !== NONE && this.#after(at) !== slot) at = this.#after(at);
      if (at !== NONE) this.#chain[at * 2 + 1] = after + 1;
    }
    if (!this.isOver(slot)) this.#live--;
    this.#stages[slot] = 0;
    this.#held--;
  }

  /** The attempt is over; what it began with is remembered until the slot is removed, its age counted from now. */
  end(slot: Slot, nowMs: number): void {
    if (this.#fingerprints[slot] === 0) return this.remove(slot);
    this.#stages[slot] = ENDED;
    this.#live--;
    this.restart(slot, nowMs);
  }

  /** Another attempt of the same source at the same door, in the place of this one. */
  beginAgain(slot: Slot, nowMs: number, fingerprint: number): void {
    this.#stages[slot] = 1;
    this.#fingerprints[slot] = fingerprint;
    this.restart(slot, nowMs);
  }

  /** Its age counts from now. */
  restart(slot: Slot, nowMs: number): void {
    this.#startedMs[slot] = nowMs >>> 0;
  }

  isOver(slot: Slot): boolean {
    return this.#stages[slot] === ENDED;
  }

  fingerprint(slot: Slot): number {
    return this.#fingerprints[slot] ?? 0;
  }

  door(slot: Slot): number {
    return this.#doors[slot] ?? 0;
  }

  stage(slot: Slot): number {
    return this.#stages[slot] ?? 0;
  }

  advance(slot: Slot): void {
    this.#stages[slot] = this.stage(slot) + 1;
  }

  /** Milliseconds since the first step. Kept in 32 bits: the sweep ends an attempt long before they wrap, after 49 days. */
  ageMs(slot: Slot, nowMs: number): number {
    return ((nowMs >>> 0) - (this.#startedMs[slot] ?? 0)) >>> 0;
  }

  /** Valid until the next call. */
  source(slot: Slot): Address {
    for (let word = 0; word < 3; word++)
      this.#scratch[word] = (this.#highWords[slot * 3 + word] ?? 0) ^ (IPV4_WORDS[word] ?? 0);
    this.#scratch[3] = this.#chain[slot * 2] ?? 0;
    return this.#scratch;
  }

  /** All of an attempt, to keep. */
  at(slot: Slot, nowMs: number) {
    const source = this.source(slot).slice();
    return { door: this.door(slot), source, stage: this.stage(slot), ageMs: this.ageMs(slot, nowMs) };
  }

  /** Up to `count` attempts, the newest first. */
  newest(count: number): Slot[] {
    const slots: Slot[] = [];
    const wanted = Math.min(count, this.#live);
    for (let back = 0; back < this.#size && slots.length < wanted; back++) {
      const slot = (this.#newest - back) & (this.#size - 1);
      if (this.stage(slot) > 0 && !this.isOver(slot)) slots.push(slot);
    }
    return slots;
  }

  /** Visits up to `count` slots, going on where the last call ended, and removes those that `dead` says are of no use. */
  sweep(count: number, dead: (slot: Slot) => boolean): void {
    if (this.#held === 0) return;
    for (let visited = 0; visited < Math.min(count, this.#size); visited++) {
      const slot = this.#sweepAt;
      this.#sweepAt = (slot + 1) & (this.#size - 1);
      if (this.stage(slot) > 0 && dead(slot)) this.remove(slot);
    }
  }

  /** Renumbers the doors of all attempts; NONE drops an attempt. */
  renumber(toNumber: (door: number) => number): void {
    for (let slot = 0; slot < this.#size && this.#held > 0; slot++) {
      if (this.stage(slot) === 0) continue;
      const number = toNumber(this.door(slot));
      if (number === NONE) this.remove(slot);
      else this.#doors[slot] = number;
    }
  }

  /** Zeros are not written over zeros, so that a flood from IPv4 leaves the memory for the high words untouched. */
  #keepSource(slot: Slot, source: Address): void {
    this.#chain[slot * 2] = source[3] ?? 0;
    for (let word = 0; word < 3; word++) {
      const kept = (source[word] ?? 0) ^ (IPV4_WORDS[word] ?? 0);
      if (this.#highWords[slot * 3 + word] !== kept) this.#highWords[slot * 3 + word] = kept;
    }
  }

  /** The next slot of the circle. An attempt past its first step was made by someone who knows the way: it is spared for a while. */
  #claim(): Slot {
    let slot = (this.#newest + 1) & (this.#size - 1);
    for (let spared = 0; spared < SPARED_MAX && this.stage(slot) > 1 && !this.isOver(slot); spared++)
      slot = (slot + 1) & (this.#size - 1);
    if (this.stage(slot) > 0) {
      if (!this.isOver(slot)) this.#forgotten++;
      this.remove(slot);
    }
    this.#newest = slot;
    return slot;
  }

  #matching(slot: Slot, source: Address): Slot {
    let at = slot;
    while (at !== NONE && !this.#isFrom(at, source)) at = this.#after(at);
    return at;
  }

  #after(slot: Slot): Slot {
    return (this.#chain[slot * 2 + 1] ?? 0) - 1;
  }

  #isFrom(slot: Slot, source: Address): boolean {
    if (this.#chain[slot * 2] !== source[3]) return false;
    const at = slot * 3;
    return (
      this.#highWords[at + 2] === ((source[2] ?? 0) ^ IPV4_WORDS[2]) &&
      this.#highWords[at + 1] === source[1] &&
      this.#highWords[at] === source[0]
    );
  }

  #bucket(source: Address): number {
    return hashAddress(source, this.#seed) & (this.#heads.length - 1);
  }
}
