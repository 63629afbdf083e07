// Who watches the knocks live (`knockd watch`): each tracer has a share a second, and what is past it is only counted.
import { type Address, sameAddress } from "../../core/address.ts";
import type { Observer, Sighting } from "../../core/verdict/verdict.ts";

/** BOUNDED: tracers at a time. */
export const TRACERS_MAX = 16;
/** BOUNDED: sightings a second for each tracer: more than anybody reads, and what a flood may cost us. */
export const SIGHTINGS_A_SECOND = 100;
const SECOND_MS = 1000;

export interface Tracer {
  /** Whose knocks the client wants to hear of, and of no others: so these are never lost in a flood. Undefined: everybody's. */
  readonly source?: Address;
  sighting(sighting: Sighting, at: Date): void;
  /** So many sightings were not told in the second that is over. */
  missed(count: number): void;
}

export class Tracers implements Observer {
  /** BOUNDED: TRACERS_MAX. */
  #shares: TracerShare[] = [];
  /** Those for whom the present sighting is put together. */
  readonly #interested: TracerShare[] = [];

  /** Returns how to leave, or undefined when there are too many already. */
  add(tracer: Tracer): (() => void) | undefined {
    if (this.#shares.length >= TRACERS_MAX) return undefined;
    const share = new TracerShare(tracer);
    this.#shares = [...this.#shares, share];
    return () => {
      share.leave();
      this.#shares = this.#shares.filter((other) => other !== share);
    };
  }

  wants(source: Address, nowMs: number): boolean {
    this.#interested.length = 0;
    for (const share of this.#shares) if (share.wants(source, nowMs)) this.#interested.push(share);
    return this.#interested.length > 0;
  }

  tell(sighting: Sighting): void {
    const at = new Date(Date.now() - sighting.agoMs);
    for (const share of this.#interested) share.tracer.sighting(sighting, at);
  }
}

class TracerShare {
  readonly tracer: Tracer;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #told = 0;
  #missed = 0;
  #reckoning: NodeJS.Timeout | undefined;

  constructor(tracer: Tracer) {
    this.tracer = tracer;
  }

  /** The address comes before the share: a stranger's flood does not use up the share of who asked for one address. */
  wants(source: Address, nowMs: number): boolean {
    if (this.tracer.source !== undefined && !sameAddress(this.tracer.source, source)) return false;
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
    this.tracer.missed(missed);
  }
}
