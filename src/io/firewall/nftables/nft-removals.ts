// Gathers what is to be taken out of sets: thousands of doors may close at once. Between two transactions the loop turns, so
// that knocks are heard meanwhile.
import type { Place } from "./nft-elements.ts";

/** BOUNDED: places that one transaction empties, or one more. In larger ones a place takes as long. */
/**
 * BOUNDED: addresses that one transaction takes out, each of no more than our set and the administrator's. In larger ones an
 * address takes as long.
 */
const REMOVALS_MAX = 32;
export const PLACES_MAX = 2 * REMOVALS_MAX;

/** Somebody waits for these places to be empty. */
interface Removal {
  readonly places: readonly Place[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class NftRemovals {
  readonly #together: (places: readonly Place[]) => boolean;
  readonly #slowly: (places: readonly Place[]) => Promise<void>;
  /** BOUNDED: by the grants. */
  readonly #waiting: Removal[] = [];

  /** `together` says whether it took them out; `slowly` does it in another way, and rejects with what is in the way. */
  constructor(together: (places: readonly Place[]) => boolean, slowly: (places: readonly Place[]) => Promise<void>) {
    this.#together = together;
    this.#slowly = slowly;
  }

  /** Resolves once they are out. */
  add(places: readonly Place[]): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#turn());
      this.#waiting.push({ places, done, failed });
    });
  }

  /** Does all that waits. */
  finish(): void {
    while (this.#waiting.length > 0) this.#removeSome();
  }

  #turn(): void {
    this.#removeSome();
    if (this.#waiting.length > 0) setImmediate(() => this.#turn());
  }

  #removeSome(): void {
    const some = this.#waiting.splice(0, REMOVALS_MAX);
    if (this.#together(some.flatMap(({ places }) => places))) for (const { done } of some) done();
    else for (const { places, done, failed } of some) this.#alone(places, some.length).then(done, failed);
  }

  /** What one of them cannot be taken out of is no concern of the others. */
  async #alone(places: readonly Place[], tried: number): Promise<void> {
    if (tried === 1 || !this.#together(places)) await this.#slowly(places);
  }
}
