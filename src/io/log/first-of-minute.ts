// Of each kind of trouble the first of a minute is told at once, the others by their number: a storm is one line a minute.

const MINUTE_MS = 60_000;

/** What has come since the first one of a minute. */
export interface More {
  count: number;
  /** Addresses that had not been in the same trouble lately. */
  addresses: number;
}

export class FirstOfMinute<K> {
  readonly #summarize: (kind: K, more: More) => void;
  /** By the name of the kind. BOUNDED: by the kinds there are: doors or keys, times reasons. */
  readonly #more = new Map<string, More>();

  /** `summarize` hears after a minute of the kinds of which there was more than the first. */
  constructor(summarize: (kind: K, more: More) => void) {
    this.#summarize = summarize;
  }

  /** True: this is the first of its kind, and is to be told. */
  note(name: string, kind: K, isNewAddress = false): boolean {
    const more = this.#more.get(name);
    if (more !== undefined) {
      more.count++;
      if (isNewAddress) more.addresses++;
      return false;
    }
    const begun = { count: 0, addresses: 0 };
    this.#more.set(name, begun);
    setTimeout(() => {
      this.#more.delete(name);
      if (begun.count > 0) this.#summarize(kind, begun);
    }, MINUTE_MS).unref();
    return true;
  }
}
