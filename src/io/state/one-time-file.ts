// A door's file of one-time sequences: which is next, and how a used one is struck out.
import { closeSync, constants, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { ONE_TIME_BYTES_MAX, type OneTimeSequence, parseOneTime } from "../../core/one-time.ts";
import type { Port } from "../../core/port.ts";

const STRUCK = Buffer.from("#");

export class OneTimeFile {
  readonly #path: string;
  /** BOUNDED: by ONE_TIME_BYTES_MAX. */
  readonly #unused: OneTimeSequence[];
  readonly unreadable: number;

  /** Throws what node:fs throws, or a RangeError for a file that is too large. */
  constructor(path: string) {
    this.#path = path;
    const { size } = statSync(path);
    if (size > ONE_TIME_BYTES_MAX) throw new RangeError(`${path} is larger than ${ONE_TIME_BYTES_MAX} bytes`);
    const { sequences, unreadable } = parseOneTime(readFileSync(path));
    this.#unused = sequences;
    this.unreadable = unreadable;
  }

  /** Empty when none is left. */
  get sequence(): readonly Port[] {
    return this.#unused[0]?.sequence ?? [];
  }

  get left(): number {
    return this.#unused.length;
  }

  /** Goes on to the next sequence at once; then writes # over the first byte of the used line. Throws what node:fs throws. */
  strike(): void {
    const used = this.#unused.shift();
    if (used === undefined) return;
    // Not through a link: who may write in its directory would choose what we write into.
    const file = openSync(this.#path, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      writeSync(file, STRUCK, 0, STRUCK.length, used.offset);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
