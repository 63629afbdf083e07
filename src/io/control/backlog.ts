// What has been said to somebody who listens more slowly than we speak: so many lines are kept for them, the others counted.

/** BOUNDED: lines kept for one listener. */
export const BACKLOG_MAX = 256;

export type Kept<T> = { readonly line: T } | { readonly lost: number };

export class Backlog<T> {
  /** BOUNDED: BACKLOG_MAX. */
  readonly #lines: T[] = [];
  #lost = 0;
  #ended = false;
  #wake: () => void = () => {};

  /** Never waits. What does not fit is lost, and counted. */
  say(line: T): void {
    if (this.#lines.length >= BACKLOG_MAX) this.#lost++;
    else this.#lines.push(line);
    this.#wake();
  }

  /** So many were lost before they came here. */
  miss(count: number): void {
    this.#lost += count;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** All that is kept, as it comes, until the end. What was lost is told once the lines before it have been taken. */
  async *take(): AsyncGenerator<Kept<T>, void> {
    while (!this.#ended) {
      const line = this.#lines.shift();
      if (line !== undefined) yield { line };
      else if (this.#lost > 0) yield { lost: this.#forgiven() };
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #forgiven(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }
}
