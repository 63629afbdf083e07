// Cool-downs: for how long a door hears nobody of a network from which it was opened. For all others it is as it was.
import { type Address, emptyAddress, writeNetwork } from "./address.ts";
import { Attempts, NONE, type Slot } from "./attempts.ts";
import type { Door } from "./door.ts";

/** BOUNDED: networks in a cool-down, 31 bytes each; past it the oldest is forgotten first. Only an opening adds one. */
const NETWORKS_MAX = 2 ** 12;

/** Doors go by their number. */
export class CoolDowns {
  readonly #networks: Attempts;
  readonly #network: Address = emptyAddress();

  /** `seed` is a secret number. */
  constructor(seed: number, max = NETWORKS_MAX) {
    this.#networks = new Attempts(max, seed);
  }

  /** The door was opened from there. */
  begin({ seqCooldownMs }: Pick<Door, "seqCooldownMs">, number: number, source: Address, nowMs: number): void {
    if (seqCooldownMs === 0) return;
    const slot = this.#find(number, source);
    if (slot !== NONE) this.#networks.remove(slot);
    this.#networks.add(writeNetwork(source, this.#network), number, nowMs);
  }

  /** 0: the door hears them. */
  leftMs({ seqCooldownMs }: Pick<Door, "seqCooldownMs">, number: number, source: Address, nowMs: number): number {
    if (seqCooldownMs === 0) return 0;
    const slot = this.#find(number, source);
    if (slot === NONE) return 0;
    const leftMs = seqCooldownMs - this.#networks.ageMs(slot, nowMs);
    if (leftMs > 0) return leftMs;
    this.#networks.remove(slot);
    return 0;
  }

  /** The doors have other numbers now; NONE: this door is gone. */
  renumber(toNumber: (door: number) => number): void {
    this.#networks.renumber(toNumber);
  }

  #find(number: number, source: Address): Slot {
    if (this.#networks.live === 0) return NONE;
    const network = writeNetwork(source, this.#network);
    let slot = this.#networks.first(network);
    while (slot !== NONE && this.#networks.door(slot) !== number) slot = this.#networks.after(slot, network);
    return slot;
  }
}
