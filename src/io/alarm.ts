// One timer for whatever is due next.

/** Longest that a timer of Node can wait, with room to spare; a later alarm takes several. */
const WAIT_MAX_MS = 86_400_000;

export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at this monotonic time, or a little early if that is far away; undefined: not at all. Replaces what was set before. */
  set(atMs: number | undefined): void {
    clearTimeout(this.#timer);
    if (atMs === undefined) return;
    const waitMs = Math.ceil(Math.max(0, atMs - performance.now()));
    this.#timer = setTimeout(this.#ring, Math.min(waitMs, WAIT_MAX_MS));
  }
}
