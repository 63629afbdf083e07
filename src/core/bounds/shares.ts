// Room that many owners share: so much is kept for each of them, so that whoever takes all of the rest takes nothing of theirs.

/** BOUNDED: places that each owner has for itself, whatever the others do. */
export const KEPT_FOR_EACH = 1024;

export class Shares {
  readonly #max: number;
  readonly #kept: number;
  /** BOUNDED: by the owners, which are doors and keys of the config and the ways to earn a door. */
  readonly #held = new Map<string, number>();
  /** Places in use beyond those kept for their owners. BOUNDED: `max`. */
  #beyond = 0;

  constructor(max: number, kept = KEPT_FOR_EACH) {
    this.#max = max;
    this.#kept = kept;
  }

  hasRoom(owner: string): boolean {
    return this.held(owner) < this.#kept || this.#beyond < this.#max;
  }

  held(owner: string): number {
    return this.#held.get(owner) ?? 0;
  }

  take(owner: string): void {
    const held = this.held(owner);
    if (held >= this.#kept) this.#beyond++;
    this.#held.set(owner, held + 1);
  }

  giveBack(owner: string): void {
    const held = this.held(owner);
    if (held === 0) return;
    if (held > this.#kept) this.#beyond--;
    if (held === 1) this.#held.delete(owner);
    else this.#held.set(owner, held - 1);
  }
}
