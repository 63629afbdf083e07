// Who has tried too many wrong codes at a door: a guesser with one address would otherwise try a million within a minute.
import { type Address, emptyAddress, familyOf } from "../address.ts";
import { Attempts, NONE, type Slot } from "../attempts.ts";

/** So many wrong codes of one source within WITHIN_MS lock it out of this door for LOCKED_MS. */
export const FAILURES_MAX = 5;
export const WITHIN_MS = 60_000;
export const LOCKED_MS = 60_000;

/**
 * BOUNDED: sources remembered, 64 bytes each; past it the oldest is forgotten first, those with more than one failure later.
 * To be forgotten, a guesser has to send 65,536 wrong codes from as many other addresses.
 */
const SOURCES_MAX = 2 ** 16;
const SWEEP_SLOTS = 2 ** 13;
const NO_CODE = -1;

export type Failure =
  /** The code that this source sent last, once more: a tool that retransmits, and no further guess. */
  | { readonly kind: "again" }
  /** `first`: of this source in the last minute. */
  | { readonly kind: "counted"; readonly failures: number; readonly first: boolean }
  | { readonly kind: "locked"; readonly failures: number; readonly first: boolean };

export class Lockouts {
  /** Stage 1: one failure; 2: more. */
  readonly #sources: Attempts;
  /** The times of the last FAILURES_MAX failures of each slot, in a circle. */
  readonly #failedMs: Float64Array;
  /** Where in the circle the next one goes. */
  readonly #turn: Uint8Array;
  readonly #lockedUntilMs: Float64Array;
  readonly #lastCode: Int32Array;
  readonly #network: Address = emptyAddress();

  /** `seed` is a secret number, `max` a power of two. */
  constructor(seed: number, max = SOURCES_MAX) {
    this.#sources = new Attempts(max, seed);
    this.#failedMs = new Float64Array(max * FAILURES_MAX);
    this.#turn = new Uint8Array(max);
    this.#lockedUntilMs = new Float64Array(max);
    this.#lastCode = new Int32Array(max);
  }

  /** How long this source is still locked out of this door; 0: it is not. Doors go by their number. */
  leftMs(source: Address, door: number, nowMs: number): number {
    if (this.#sources.live === 0) return 0;
    const slot = this.#find(source, door);
    return slot === NONE ? 0 : Math.max(0, (this.#lockedUntilMs[slot] ?? 0) - nowMs);
  }

  /** The source has failed; `code` is what it sent, if that was a whole one. */
  fail(source: Address, door: number, code: number | undefined, nowMs: number): Failure {
    let slot = this.#find(source, door);
    if (slot !== NONE && this.#isOver(slot, nowMs)) {
      this.#sources.remove(slot);
      slot = NONE;
    }
    const first = slot === NONE;
    if (!first && code !== undefined && this.#lastCode[slot] === code) return { kind: "again" };
    slot = first ? this.#begin(source, door, nowMs) : slot;
    if (!first && this.#sources.stage(slot) === 1) this.#sources.advance(slot);
    this.#lastCode[slot] = code ?? NO_CODE;
    const turn = this.#turn[slot] ?? 0;
    this.#turn[slot] = (turn + 1) % FAILURES_MAX;
    this.#failedMs[slot * FAILURES_MAX + turn] = nowMs;
    const failures = this.#within(slot, nowMs);
    if (failures < FAILURES_MAX) return { kind: "counted", failures, first };
    this.#lockedUntilMs[slot] = nowMs + LOCKED_MS;
    return { kind: "locked", failures, first };
  }

  /** The doors have other numbers now; NONE: this door is gone. */
  renumber(toNumber: (door: number) => number): void {
    this.#sources.renumber(toNumber);
  }

  /** Forgets some of those who have not failed for long; call it several times a second. */
  sweep(nowMs: number): void {
    this.#sources.sweep(SWEEP_SLOTS, (slot) => this.#isOver(slot, nowMs));
  }

  get size(): number {
    return this.#sources.live;
  }

  #begin(source: Address, door: number, nowMs: number): Slot {
    const slot = this.#sources.add(this.#networkOf(source), door, nowMs);
    this.#failedMs.fill(Number.NEGATIVE_INFINITY, slot * FAILURES_MAX, (slot + 1) * FAILURES_MAX);
    this.#lockedUntilMs[slot] = 0;
    return slot;
  }

  #within(slot: Slot, nowMs: number): number {
    let failures = 0;
    for (let at = slot * FAILURES_MAX; at < (slot + 1) * FAILURES_MAX; at++)
      if (nowMs - (this.#failedMs[at] ?? 0) < WITHIN_MS) failures++;
    return failures;
  }

  /** A lock that has ended takes its failures with it. */
  #isOver(slot: Slot, nowMs: number): boolean {
    const lockedUntilMs = this.#lockedUntilMs[slot] ?? 0;
    return lockedUntilMs > 0 ? lockedUntilMs <= nowMs : this.#within(slot, nowMs) === 0;
  }

  #find(source: Address, door: number): Slot {
    const network = this.#networkOf(source);
    let slot = this.#sources.first(network);
    while (slot !== NONE && this.#sources.door(slot) !== door) slot = this.#sources.after(slot, network);
    return slot;
  }

  /** Of IPv6 the /64: whoever has one address of it has 2^64, and would have as many guesses. Valid until the next call. */
  #networkOf(source: Address): Address {
    const isIpv6 = familyOf(source) === 6;
    for (let word = 0; word < 4; word++) this.#network[word] = isIpv6 && word > 1 ? 0 : (source[word] ?? 0);
    return this.#network;
  }
}
