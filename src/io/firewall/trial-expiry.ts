// How long a trial may hide. The kernel is told with every rule, so it lets go by itself, whoever is dead by then.

/** What `knockd init` writes to the trial when somebody has knocked and wants to keep it. */
export const KEEP = "keep\n";

export class TrialExpiry {
  readonly #forMs: number;
  readonly #lost: () => void;
  #endMs: number;

  /** `lost` is told when another knockd hides in our place: from then on nothing here is ours to keep, or to remove. */
  constructor(forMs: number, lost: () => void) {
    this.#forMs = forMs;
    this.#lost = lost;
    this.#endMs = performance.now() + forMs;
  }

  /** Zero when it is over. */
  get leftMs(): number {
    return Math.max(0, Math.ceil(this.#endMs - performance.now()));
  }

  renew(): void {
    this.#endMs = performance.now() + this.#forMs;
  }

  lose(): void {
    this.#lost();
  }
}
