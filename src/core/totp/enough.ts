// Whether a right code is enough by itself, or the next one has to come as well.
import type { Address } from "../address.ts";
import { NONE } from "../attempts.ts";
import { type CodeWatch, groupsOf } from "./code-watch.ts";
import { FirstCodes } from "./second-code.ts";
import { type Scope, Suspicion, type WrongCode } from "./suspicion.ts";

/** Who sent a code to which door, by its number. */
export interface Sent {
  readonly source: Address;
  readonly number: number;
  readonly watch: CodeWatch;
  readonly nowMs: number;
}

export class Enough {
  readonly #suspicion: Suspicion;
  readonly #firstCodes = new FirstCodes();
  /** By the number of a door, the first of those that open a port with it: they count their failures together. */
  #groups: readonly number[] = [];

  /** `seed` is a secret number; `sourcesMax` a power of two. */
  constructor(seed: number, sourcesMax?: number) {
    this.#suspicion = new Suspicion(seed, sourcesMax);
  }

  /** Doors have other numbers now. */
  apply(watches: readonly CodeWatch[], renumber: (number: number) => number): void {
    this.#groups = groupsOf(watches.map(({ door }) => door));
    this.#suspicion.renumber((group) => {
      const number = renumber(group);
      return number === NONE ? NONE : this.#groupOf(number);
    });
  }

  /** Why the right code of this step does not open by itself. Undefined: it does, or it follows that of the step before. */
  whyNot(step: number, { source, number, watch, nowMs }: Sent): Scope | "overheard" | undefined {
    const { door, endings } = watch;
    const why = endings.isOverheard(step) ? "overheard" : this.#suspicion.of(source, this.#groupOf(number), nowMs);
    if (why === undefined) return undefined;
    // Whoever tries all endings has the right one among them.
    if (endings.isListener(step, source)) return why;
    if (this.#firstCodes.follows(door.name, source, step, nowMs)) return undefined;
    this.#firstCodes.wait(door.name, source, step, nowMs);
    return why;
  }

  /** `code`, if it was a whole one. */
  fail({ source, number, nowMs }: Omit<Sent, "watch">, code: number | undefined): WrongCode {
    return this.#suspicion.fail(source, this.#groupOf(number), code, nowMs);
  }

  sweep(nowMs: number): void {
    this.#suspicion.sweep(nowMs);
  }

  #groupOf(number: number): number {
    return this.#groups[number] ?? number;
  }
}
