// Of each kind of thing the first few of a minute are told one by one, the others by their number: what a stranger can repeat
// must not fill the disk.

export interface Crowd<T> {
  /** What its user keeps of the kind. */
  readonly tally: T;
  leftOut: number;
}

interface Kind<T> extends Crowd<T> {
  came: number;
}

export class PerMinute<T> {
  readonly #max: number;
  /** By name. BOUNDED: by the kinds that its user has; each minute begins with none. */
  #kinds = new Map<string, Kind<T>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** One more of this kind: `told`, if it has room in this minute, or is `exempt`. */
  admit(name: string, begin: () => T, exempt: (tally: T) => boolean = () => false): { told: boolean; tally: T } {
    const kind = this.#kinds.get(name) ?? { came: 0, leftOut: 0, tally: begin() };
    this.#kinds.set(name, kind);
    const isExempt = exempt(kind.tally);
    const told = ++kind.came <= this.#max || isExempt;
    if (!told) kind.leftOut++;
    return { told, tally: kind.tally };
  }

  /** The minute is over: the kinds of which some were left out in it. */
  turn(): Crowd<T>[] {
    const crowded = [...this.#kinds.values()].filter(({ leftOut }) => leftOut > 0);
    this.#kinds = new Map();
    return crowded;
  }
}
