// How many lines of one kind the log takes in a minute: whoever overheard a knock can repeat it from a thousand addresses, and
// must not fill the disk with that.

/** BOUNDED: lines of one kind in a minute. The others are counted, which is one line more. */
export const LINES_MAX = 1000;

export interface LeftOut {
  readonly kind: LineKind;
  readonly lines: number;
}

/** What a line is about; a door stands with its own, so that one door's flood hides nothing of another's. */
export interface LineKind {
  readonly event: string;
  readonly door: string | undefined;
}

export class LineLimit {
  readonly #max: number;
  /** By event and door. BOUNDED: by the events there are and the doors; each minute begins with none. */
  #kinds = new Map<string, { readonly kind: LineKind; lines: number }>();

  constructor(max = LINES_MAX) {
    this.#max = max;
  }

  /** Whether one more line of this kind has room in this minute. */
  admit(event: string, door: string | undefined): boolean {
    const key = `${event} ${door ?? ""}`;
    const seen = this.#kinds.get(key) ?? { kind: { event, door }, lines: 0 };
    this.#kinds.set(key, seen);
    return ++seen.lines <= this.#max;
  }

  /** The minute is over: what was left out in it. */
  turn(): LeftOut[] {
    const crowded = [...this.#kinds.values()].filter(({ lines }) => lines > this.#max);
    this.#kinds = new Map();
    return crowded.map(({ kind, lines }) => ({ kind, lines: lines - this.#max }));
  }
}
