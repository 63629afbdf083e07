// What a port means to any door: one look tells nearly all packets that they mean nothing.
import type { SequenceWatch } from "./sequence-watch.ts";

export const ROLE = { NONE: 0, STEP: 1, GUARD: 2 } as const;
const PORT_KEYS = 3 * 0x10000;

export class PortRoles {
  readonly #roles = new Uint8Array(PORT_KEYS);
  /** Numbers of doors by the key of their first step. BOUNDED: by the doors. */
  #firstSteps = new Map<number, number[]>();

  apply(watches: readonly SequenceWatch[]): void {
    this.#firstSteps = new Map();
    this.#roles.fill(ROLE.NONE);
    for (const { guards } of watches)
      for (const { from, to } of guards.ranges()) this.#roles.fill(ROLE.GUARD, from, to + 1);
    for (const [number, { keys }] of watches.entries()) {
      for (const key of keys) this.#roles[key] = ROLE.STEP;
      const [first] = keys;
      if (first !== undefined) this.#firstSteps.set(first, [...(this.#firstSteps.get(first) ?? []), number]);
    }
  }

  /** The most telling: what is a step of one door may be a guard of another. */
  of(key: number): number {
    return this.#roles[key] ?? ROLE.NONE;
  }

  /** The doors that begin with this port. */
  firstStepOf(key: number): readonly number[] {
    return this.#firstSteps.get(key) ?? NO_NUMBERS;
  }
}

const NO_NUMBERS: readonly number[] = [];
