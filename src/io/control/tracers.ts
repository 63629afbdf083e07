// Who watches the knocks live (`knockd watch`): each onlooker has a share a second, and what is past it is only counted.
import { type Address, sameAddress } from "../../core/address.ts";
import type { Audience, Sighting } from "../../core/verdict/verdict.ts";

/** BOUNDED: onlookers at a time. */
export const ONLOOKERS_MAX = 16;
/** BOUNDED: sightings a second for each onlooker: more than anybody reads, and what a flood may cost us. */
export const SIGHTINGS_A_SECOND = 100;
const SECOND_MS = 1000;

export interface Onlooker {
  /** Whose knocks he wants to hear of, and of no others: so his own are never lost in a flood. Undefined: everybody's. */
  readonly source?: Address;
  sighting(sighting: Sighting, at: Date): void;
  /** So many sightings were not told in the second that is over. */
  missed(count: number): void;
}

export class Onlookers implements Audience {
  /** BOUNDED: ONLOOKERS_MAX. */
  #seats: Seat[] = [];
  /** Those for whom the present sighting is put together. */
  readonly #hearing: Seat[] = [];

  /** Returns how to leave, or undefined when there are too many already. */
  add(onlooker: Onlooker): (() => void) | undefined {
    if (this.#seats.length >= ONLOOKERS_MAX) return undefined;
    const seat = new Seat(onlooker);
    this.#seats = [...this.#seats, seat];
    return () => {
      seat.leave();
      this.#seats = this.#seats.filter((other) => other !== seat);
    };
  }

  wants(source: Address, nowMs: number): boolean {
    this.#hearing.length = 0;
    for (const seat of this.#seats) if (seat.wants(source, nowMs)) this.#hearing.push(seat);
    return this.#hearing.length > 0;
  }

  tell(sighting: Sighting): void {
    const at = new Date(Date.now() - sighting.agoMs);
    for (const seat of this.#hearing) seat.onlooker.sighting(sighting, at);
  }
}

class Seat {
  readonly onlooker: Onlooker;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #told = 0;
  #missed = 0;
  #reckoning: NodeJS.Timeout | undefined;

  constructor(onlooker: Onlooker) {
    this.onlooker = onlooker;
  }

  /** The address comes before the share: a stranger's flood does not use up the share of who asked for one address. */
  wants(source: Address, nowMs: number): boolean {
    if (this.onlooker.source !== undefined && !sameAddress(this.onlooker.source, source)) return false;
    if (nowMs - this.#secondBeganMs >= SECOND_MS) {
      this.#secondBeganMs = nowMs;
      this.#told = 0;
    }
    if (this.#told < SIGHTINGS_A_SECOND) {
      this.#told++;
      return true;
    }
    this.#missed++;
    this.#reckoning ??= setTimeout(() => this.#reckon(), SECOND_MS).unref();
    return false;
  }

  leave(): void {
    clearTimeout(this.#reckoning);
  }

  #reckon(): void {
    this.#reckoning = undefined;
    const missed = this.#missed;
    this.#missed = 0;
    this.onlooker.missed(missed);
  }
}
