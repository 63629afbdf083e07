// How much time the trial of keys may take: a fifth of one core in the long run, whatever a flood sends. A part is kept for
// networks that have opened a door lately.

/** Who pays: the part that is kept, or the rest, which is for everybody. */
export type BudgetPart = "kept" | "rest";

/** Of one core. */
export const TRIAL_SHARE = 0.2;
/** One try of one key, with HMAC-SHA-256, on a machine of 2020: 1.4 to 2. */
const TRY_US = 2;
/** Of that, kept. What nobody of those needs goes to the rest. */
const KEPT_SHARE = 0.25;
/** So much may be saved up: what a second brings. */
const SAVED_MS = 1000 * TRIAL_SHARE;

export class TimeBudget {
  readonly #ms: Record<BudgetPart, number> = { kept: SAVED_MS * KEPT_SHARE, rest: SAVED_MS * (1 - KEPT_SHARE) };
  #atMs: number;

  /** Monotonic, as all times here. */
  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  pass(nowMs: number): void {
    const gainedMs = Math.max(0, nowMs - this.#atMs) * TRIAL_SHARE;
    this.#atMs = nowMs;
    const keptMs = this.#ms.kept + gainedMs * KEPT_SHARE;
    this.#ms.kept = Math.min(keptMs, SAVED_MS * KEPT_SHARE);
    const restMs = this.#ms.rest + gainedMs * (1 - KEPT_SHARE) + keptMs - this.#ms.kept;
    this.#ms.rest = Math.min(restMs, SAVED_MS * (1 - KEPT_SHARE));
  }

  has(part: BudgetPart): boolean {
    return this.#ms[part] > 0;
  }

  /** Known only afterwards: what is overdrawn is paid back before the next. */
  spend(part: BudgetPart, ms: number): void {
    this.#ms[part] -= ms;
  }

  /** Until there is something for everybody. */
  get waitMs(): number {
    return Math.max(0, -this.#ms.rest) / (TRIAL_SHARE * (1 - KEPT_SHARE));
  }
}

/** How many packets that only look signed can be tried in a second. */
export function packetsPerSecond(keys: number): number {
  return Math.floor((TRIAL_SHARE * 1e6) / (keys * TRY_US));
}
