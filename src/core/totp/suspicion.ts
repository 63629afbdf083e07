// From where too many wrong codes have come lately: there a right code alone is no longer enough, two in a row are asked for.
// Nobody is refused, since whoever forges a sender could have anybody refused.
import { type Address, emptyAddress, familyOf } from "../address.ts";
import { Attempts, NONE, type Slot } from "../attempts.ts";

/** Within this time wrong codes are counted; who has sent too many stays suspect for as long after the last of them. */
export const WITHIN_MS = 60_000;

/** Wrong codes a minute that one address, its networks, and all together may send before they are suspect. */
export const BUDGETS = [
  /** An IPv4 address; of IPv6 the /64: whoever has one address of it has all. */
  { scope: "address", failures: 5, bits: { 4: 32, 6: 64 } },
  { scope: "network", failures: 20, bits: { 4: 24, 6: 56 } },
  { scope: "provider", failures: 60, bits: { 4: 16, 6: 48 } },
  { scope: "all", failures: 200, bits: { 4: 0, 6: 0 } },
] as const;

export type Scope = (typeof BUDGETS)[number]["scope"];
/** What one address may fail before two codes are asked of it, and it is told so. */
export const FAILURES_MAX = BUDGETS[0].failures;

/**
 * BOUNDED: addresses and networks remembered, 40 bytes each; past it the oldest is forgotten first, those with more than one
 * failure later. Each failure takes four.
 */
const SOURCES_MAX = 2 ** 17;
const SWEEP_SLOTS = 2 ** 13;
const NO_CODE = -1;
const FAILURES_COUNTED = 0xffff;
/** Doors go by the number of their group, scopes by the lowest two bits beside it. */
const SCOPE_BITS = 2;

export type WrongCode =
  /** The code that this source sent last, once more: a tool that retransmits, and no further guess. */
  | { readonly kind: "again" }
  /** `first`: of this address in the last minute; `failures`: how many it has had in that. */
  | { readonly kind: "counted"; readonly failures: number; readonly first: boolean };

export class Suspicion {
  /** Stage 1: one failure; 2: more. */
  readonly #sources: Attempts;
  /** Of the present minute of each slot, which began at #sinceMs, and of the one before. */
  readonly #failures: Uint16Array;
  readonly #before: Uint16Array;
  readonly #sinceMs: Float64Array;
  readonly #lastMs: Float64Array;
  /** The most that there were in any minute since the slot was begun. */
  readonly #most: Uint16Array;
  readonly #lastCode: Int32Array;
  readonly #network: Address = emptyAddress();

  /** `seed` is a secret number, `max` a power of two. */
  constructor(seed: number, max = SOURCES_MAX) {
    this.#sources = new Attempts(max, seed);
    this.#failures = new Uint16Array(max);
    this.#before = new Uint16Array(max);
    this.#sinceMs = new Float64Array(max);
    this.#lastMs = new Float64Array(max);
    this.#most = new Uint16Array(max);
    this.#lastCode = new Int32Array(max);
  }

  /** The narrowest scope that has failed too often at this group of doors. */
  of(source: Address, group: number, nowMs: number): Scope | undefined {
    if (this.#sources.live === 0) return undefined;
    return BUDGETS.find(({ failures }, scope) => {
      const slot = this.#find(source, group, scope);
      return slot !== NONE && !this.#isOver(slot, nowMs) && (this.#most[slot] ?? 0) >= failures;
    })?.scope;
  }

  /** The source has failed at this group of doors; `code` is what it sent, if that was a whole one. */
  fail(source: Address, group: number, code: number | undefined, nowMs: number): WrongCode {
    const known = this.#find(source, group, 0);
    const first = known === NONE || this.#isOver(known, nowMs);
    if (!first && code !== undefined && this.#lastCode[known] === code) return { kind: "again" };
    let failures = 0;
    for (const scope of BUDGETS.keys()) {
      const slot = this.#count(source, group, scope, nowMs);
      if (scope > 0) continue;
      this.#lastCode[slot] = code ?? NO_CODE;
      failures = this.#within(slot, nowMs);
    }
    return { kind: "counted", failures, first };
  }

  /** Groups have other numbers now; NONE: this one is gone. */
  renumber(toNumber: (group: number) => number): void {
    this.#sources.renumber((key) => {
      const group = toNumber(key >>> SCOPE_BITS);
      return group === NONE ? NONE : (group << SCOPE_BITS) | (key & ((1 << SCOPE_BITS) - 1));
    });
  }

  /** Forgets some of those who have not failed for long; call it several times a second. */
  sweep(nowMs: number): void {
    this.#sources.sweep(SWEEP_SLOTS, (slot) => this.#isOver(slot, nowMs));
  }

  get size(): number {
    return this.#sources.live;
  }

  #count(source: Address, group: number, scope: number, nowMs: number): Slot {
    let slot = this.#find(source, group, scope);
    if (slot !== NONE && this.#isOver(slot, nowMs)) {
      this.#sources.remove(slot);
      slot = NONE;
    }
    if (slot === NONE) {
      slot = this.#sources.add(this.#networkOf(source, scope), keyOf(group, scope), nowMs);
      this.#failures[slot] = this.#before[slot] = this.#most[slot] = 0;
      this.#sinceMs[slot] = nowMs;
    } else if (this.#sources.stage(slot) === 1) this.#sources.advance(slot);
    this.#turnTo(slot, nowMs);
    this.#failures[slot] = Math.min(FAILURES_COUNTED, (this.#failures[slot] ?? 0) + 1);
    this.#most[slot] = Math.max(this.#most[slot] ?? 0, this.#within(slot, nowMs));
    this.#lastMs[slot] = nowMs;
    return slot;
  }

  #turnTo(slot: Slot, nowMs: number): void {
    const minutes = Math.floor((nowMs - (this.#sinceMs[slot] ?? 0)) / WITHIN_MS);
    if (minutes === 0) return;
    this.#before[slot] = minutes === 1 ? (this.#failures[slot] ?? 0) : 0;
    this.#failures[slot] = 0;
    this.#sinceMs[slot] = (this.#sinceMs[slot] ?? 0) + minutes * WITHIN_MS;
  }

  /** In the last minute, whenever that began; of the minute before its share is taken, rounded up. */
  #within(slot: Slot, nowMs: number): number {
    const share = 1 - (nowMs - (this.#sinceMs[slot] ?? 0)) / WITHIN_MS;
    return (this.#failures[slot] ?? 0) + Math.ceil((this.#before[slot] ?? 0) * share);
  }

  #isOver(slot: Slot, nowMs: number): boolean {
    return nowMs - (this.#lastMs[slot] ?? 0) >= WITHIN_MS;
  }

  #find(source: Address, group: number, scope: number): Slot {
    const network = this.#networkOf(source, scope);
    const key = keyOf(group, scope);
    let slot = this.#sources.first(network);
    while (slot !== NONE && this.#sources.door(slot) !== key) slot = this.#sources.after(slot, network);
    return slot;
  }

  /** Valid until the next call. */
  #networkOf(source: Address, scope: number): Address {
    const family = familyOf(source);
    // An IPv4 address stands behind 96 fixed bits (RFC 4291 section 2.5.5.2).
    const bits = (BUDGETS[scope]?.bits[family] ?? 0) + (family === 4 ? 96 : 0);
    const isAll = BUDGETS[scope]?.scope === "all";
    for (let word = 0; word < 4; word++) {
      const kept = Math.min(32, Math.max(0, bits - 32 * word));
      const mask = kept === 0 ? 0 : -1 << (32 - kept);
      this.#network[word] = isAll ? 0 : (source[word] ?? 0) & mask;
    }
    return this.#network;
  }
}

function keyOf(group: number, scope: number): number {
  return (group << SCOPE_BITS) | scope;
}
