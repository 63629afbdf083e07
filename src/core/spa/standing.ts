// What is known of the senders of packets when there are too many: who has opened a door lately, and who has sent what opens none.
import { type Address, emptyAddress, familyOf, hashAddress, writeNetwork } from "../address.ts";
import type { Lane } from "./opener.ts";

/** How long a network is remembered after its last opening: over a weekend, and a holiday of some days. */
const KNOWN_MS = 7 * 86_400_000;
/** BOUNDED: networks that each key keeps; its own oldest is forgotten first, so that nobody takes the places of others. */
export const NETWORKS_A_KEY_MAX = 64;
const FAILED_MS = 60_000;
/** BOUNDED: sources remembered that failed, 8 bytes each; a newer one takes the place of an older. A power of two. */
const FAILED_MAX = 2 ** 14;

const IPV4_NETWORK = ~0xff;
const IPV6_NETWORK = ~0xffff;

interface Known {
  readonly key: string;
  readonly openedMs: number;
}

export class Standing {
  readonly #seed: number;
  /** By the hash of the network; the one that opened last is the last. BOUNDED: by the keys. */
  readonly #known = new Map<number, Known>();
  /** Pairs of a hash and a time; 0 is no hash. */
  readonly #failed = new Uint32Array(FAILED_MAX * 2);
  readonly #network = emptyAddress();

  /** `seed` is a secret number. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Forgets what was opened with keys that are there no more. */
  apply(keys: readonly { readonly name: string }[]): void {
    const names = new Set(keys.map(({ name }) => name));
    for (const [hash, { key }] of this.#known) if (!names.has(key)) this.#known.delete(hash);
  }

  laneOf(source: Address, nowMs: number): Lane {
    const known = this.#known.get(this.#networkHash(source));
    if (known !== undefined && nowMs - known.openedMs < KNOWN_MS) return "known";
    const hash = this.#sourceHash(source);
    const at = placeOf(hash);
    const failed = this.#failed[at] === hash && ((nowMs >>> 0) - (this.#failed[at + 1] ?? 0)) >>> 0 < FAILED_MS;
    return failed ? "failed" : "fresh";
  }

  opened(source: Address, key: string, nowMs: number): void {
    const hash = this.#networkHash(source);
    this.#known.delete(hash);
    const own = [...this.#known].filter(([, known]) => known.key === key);
    const [oldest] = own.length < NETWORKS_A_KEY_MAX ? [] : own;
    if (oldest !== undefined) this.#known.delete(oldest[0]);
    this.#known.set(hash, { key, openedMs: nowMs });
  }

  failed(source: Address, nowMs: number): void {
    const hash = this.#sourceHash(source);
    this.#failed[placeOf(hash)] = hash;
    this.#failed[placeOf(hash) + 1] = nowMs >>> 0;
  }

  /** A /24, or a /48 of IPv6: what a provider gives to neighbours, or to one. */
  #networkHash(source: Address): number {
    const network = this.#network;
    const isIpv6 = familyOf(source) === 6;
    network.set(source);
    if (isIpv6) network.fill(0, 2);
    const last = isIpv6 ? 1 : 3;
    network[last] = (network[last] ?? 0) & (isIpv6 ? IPV6_NETWORK : IPV4_NETWORK);
    return hashAddress(network, this.#seed);
  }

  #sourceHash(source: Address): number {
    return hashAddress(writeNetwork(source, this.#network), this.#seed) >>> 0 || 1;
  }
}

function placeOf(hash: number): number {
  return (hash & (FAILED_MAX - 1)) * 2;
}
