// Of each kind of trouble the first of a minute is told at once, the others by their number: a storm is one line a minute.
import { PerMinute } from "../../core/text/per-minute.ts";

const MINUTE_MS = 60_000;

/** What has come since the first one of a minute. */
export interface More {
  readonly count: number;
  /** Addresses that had not been in the same trouble lately. */
  readonly addresses: number;
}

export class FirstOfMinute<K> {
  readonly #summarize: (kind: K, more: More) => void;
  /** By the name of the kind. BOUNDED: by the kinds there are: doors or keys, times reasons. */
  readonly #troubles = new PerMinute<{ readonly kind: K; addresses: number }>(1);
  #minute: NodeJS.Timeout | undefined;

  /** `summarize` hears after a minute of the kinds of which there was more than the first. */
  constructor(summarize: (kind: K, more: More) => void) {
    this.#summarize = summarize;
  }

  /** True: this is the first of its kind, and is to be told. */
  note(name: string, kind: K, isNewAddress = false): boolean {
    this.#minute ??= setTimeout(() => this.#turn(), MINUTE_MS).unref();
    const { told, tally } = this.#troubles.admit(name, () => ({ kind, addresses: 0 }));
    if (!told && isNewAddress) tally.addresses++;
    return told;
  }

  #turn(): void {
    this.#minute = undefined;
    for (const { tally, leftOut } of this.#troubles.turn())
      this.#summarize(tally.kind, { count: leftOut, addresses: tally.addresses });
  }
}
