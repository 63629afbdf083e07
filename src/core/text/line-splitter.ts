// Text as it comes in -> lines of bounded length.

export class LineSplitter {
  readonly #max: number;
  /** BOUNDED: `max` characters; the beginning of a line. */
  #rest = "";

  constructor(max: number) {
    this.#max = max;
  }

  /** The lines that this chunk completes. Throws a RangeError if one is too long. */
  push(chunk: string): string[] {
    const lines = (this.#rest + chunk).split("\n");
    if (lines.some((line) => line.length > this.#max)) throw new RangeError(`a line is longer than ${this.#max} bytes`);
    this.#rest = lines.pop() ?? "";
    return lines;
  }
}
