// The codes of one secret around now: which step a code belongs to, and how far it is from one that is good.
import { type CodeSecret, codeAt } from "./code.ts";

/** Steps of drift either way: a code is good for 90 seconds. */
export const DRIFT_STEPS = 1;
/** How far around is looked for a code that is not good, since a clock that is wrong is the usual cause. */
const SEEN_STEPS = 10;

export class CodeWindow {
  readonly #secret: CodeSecret;
  readonly #digits: number;
  #step = Number.NaN;
  /** By code, the steps that show it; two steps may show the same. BOUNDED: 2 * SEEN_STEPS + 1 steps. */
  readonly #steps = new Map<string, number[]>();

  constructor(secret: CodeSecret, digits: number) {
    this.#secret = secret;
    this.#digits = digits;
  }

  /** The steps around `step` that show this code, the nearest first. */
  stepsOf(code: string, step: number): readonly number[] {
    this.#turnTo(step);
    return this.#steps.get(code) ?? [];
  }

  /** The only pair in which this code differs from one that is good at `step`, counted from 1. */
  wrongPair(code: string, step: number): number | undefined {
    this.#turnTo(step);
    for (const [good, [nearest = Number.NaN]] of this.#steps) {
      if (Math.abs(nearest - step) > DRIFT_STEPS) continue;
      const wrong = pairsOf(code).flatMap((pair, index) => (pair === pairsOf(good)[index] ? [] : [index + 1]));
      if (wrong.length === 1) return wrong[0];
    }
    return undefined;
  }

  /** The steps that are good at `step` and whose codes differ from this one in their last pair only. */
  begunLike(code: string, step: number): number[] {
    this.#turnTo(step);
    const near = [...this.#steps].filter(([good]) => good !== code && good.slice(0, -2) === code.slice(0, -2));
    return near.flatMap(([, steps]) => steps.filter((each) => Math.abs(each - step) <= DRIFT_STEPS));
  }

  /** 21 HMACs, some 0.15 ms, once a step and only when a code has come. */
  #turnTo(step: number): void {
    if (this.#step === step) return;
    this.#step = step;
    this.#steps.clear();
    const offsets = Array.from({ length: 2 * SEEN_STEPS + 1 }, (_, index) => index - SEEN_STEPS);
    for (const offset of offsets.sort((a, b) => Math.abs(a) - Math.abs(b))) {
      // RFC 4226 counts from 0: before 1970 there are no codes.
      if (step + offset < 0) continue;
      const code = codeAt(this.#secret, this.#digits, step + offset);
      this.#steps.set(code, [...(this.#steps.get(code) ?? []), step + offset]);
    }
  }
}

function pairsOf(code: string): string[] {
  return code.match(/\d\d/g) ?? [];
}
