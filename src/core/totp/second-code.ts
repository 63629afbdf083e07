// Right codes that wait for the next one: where a code alone is not enough, two of successive steps from one address are.
import { type Address, formatAddress } from "../address.ts";
import { STEP_MS } from "./code.ts";
import { DRIFT_STEPS } from "./window.ts";

/** BOUNDED: first codes that wait, of all doors; only a right code becomes one. Past it the oldest is forgotten first. */
const WAITING_MAX = 1024;
/** For how long the next code can come: until the step after is over, drift included. */
const WAIT_MS = (2 + 2 * DRIFT_STEPS) * STEP_MS;
/** Of one step, whole codes that are wrong in their last pair only: so many are somebody who hears the others. */
export const ENDINGS_MAX = 3;
/** BOUNDED: addresses remembered a door and step that sent such codes. */
const LISTENERS_MAX = 256;

interface First {
  readonly step: number;
  readonly atMs: number;
}

export class FirstCodes {
  /** By door and address. BOUNDED: WAITING_MAX. */
  readonly #waiting = new Map<string, First>();

  /** The code of `step` was right, and waits for the next. */
  wait(door: string, source: Address, step: number, nowMs: number): void {
    const oldest = this.#waiting.size >= WAITING_MAX ? this.#waiting.keys().next().value : undefined;
    if (oldest !== undefined) this.#waiting.delete(oldest);
    this.#waiting.set(keyOf(door, source), { step, atMs: nowMs });
  }

  /** Whether the code of the step before came from the same address. With that, it is taken. */
  follows(door: string, source: Address, step: number, nowMs: number): boolean {
    const first = this.#waiting.get(keyOf(door, source));
    if (first === undefined || first.step !== step - 1 || nowMs - first.atMs >= WAIT_MS) return false;
    return this.#waiting.delete(keyOf(door, source));
  }
}

/** Who sent codes whose beginning was right and whose end was wrong: a listener who tries all endings. Of one door. */
export class Endings {
  /** By step, how many there were from each address. BOUNDED: by the steps that are good now, times LISTENERS_MAX. */
  readonly #steps = new Map<number, Map<string, number>>();

  note(step: number, source: Address): void {
    for (const old of this.#steps.keys()) if (old < step - 2 * DRIFT_STEPS - 1) this.#steps.delete(old);
    const sources = this.#steps.get(step) ?? new Map<string, number>();
    this.#steps.set(step, sources);
    const ip = formatAddress(source);
    // Whoever does not fit in any more still counts for the step.
    const key = sources.has(ip) || sources.size < LISTENERS_MAX ? ip : "others";
    sources.set(key, (sources.get(key) ?? 0) + 1);
  }

  /** The code of this step may have been overheard by somebody who is quicker. */
  isOverheard(step: number): boolean {
    let count = 0;
    for (const times of this.#steps.get(step)?.values() ?? []) count += times;
    return count >= ENDINGS_MAX;
  }

  /** This address has tried so many endings that its right one counts for nothing. */
  isListener(step: number, source: Address): boolean {
    return (this.#steps.get(step)?.get(formatAddress(source)) ?? 0) >= ENDINGS_MAX;
  }
}

function keyOf(door: string, source: Address): string {
  return `${door} ${formatAddress(source)}`;
}
