// TCP packets that have counted lately: a SYN that nobody answers is sent again, and must not count for a second attempt, nor for
// a later step at the same port.
import { hashAddress } from "../address.ts";
import { SOURCE_PORT_BITS } from "../fingerprint.ts";
import type { Knock } from "../frame.ts";
import { isFirstSyn } from "../tcp-flags.ts";

/** BOUNDED: packets remembered, 8 bytes each; a newer one takes the place of an older. Only who knows two steps adds one. */
const PACKETS_MAX = 2 ** 14;

export class CountedPackets {
  readonly #seed: number;
  readonly #rememberedMs: number;
  /** Pairs of a hash and a time; 0 is no hash. */
  readonly #marks = new Uint32Array(PACKETS_MAX * 2);

  /** `seed` is a secret number. */
  constructor(seed: number, rememberedMs: number) {
    this.#seed = seed;
    this.#rememberedMs = rememberedMs;
  }

  add(knock: Knock, door: number, key: number, nowMs: number): void {
    if (knock.fingerprint === 0) return;
    this.#mark(this.#hash(knock, door, key, knock.fingerprint), nowMs);
    // What follows on the same connection, for doors that hear more than first packets.
    this.#mark(this.#hash(knock, door, key, knock.fingerprint & SOURCE_PORT_BITS), nowMs);
  }

  /** Whether this packet has counted at this door. Then it may come again for a while. */
  has(knock: Knock, door: number, key: number, nowMs: number): boolean {
    if (knock.fingerprint === 0) return false;
    const bits = isFirstSyn(knock.flags) ? knock.fingerprint : knock.fingerprint & SOURCE_PORT_BITS;
    const hash = this.#hash(knock, door, key, bits);
    const at = (hash & (PACKETS_MAX - 1)) * 2;
    if (this.#marks[at] !== hash) return false;
    if (((nowMs >>> 0) - (this.#marks[at + 1] ?? 0)) >>> 0 >= this.#rememberedMs) return false;
    this.#mark(hash, nowMs);
    return true;
  }

  #mark(hash: number, nowMs: number): void {
    const at = (hash & (PACKETS_MAX - 1)) * 2;
    this.#marks[at] = hash;
    this.#marks[at + 1] = nowMs >>> 0;
  }

  #hash({ source }: Knock, door: number, key: number, bits: number): number {
    const salt = Math.imul(Math.imul(bits, 0x9e3779b1) ^ key, 0x85ebca77) ^ door;
    return hashAddress(source, this.#seed ^ salt) >>> 0 || 1;
  }
}
