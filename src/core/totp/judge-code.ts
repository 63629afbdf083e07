// Whether a whole code opens: good now or one step off, and for the first time. What opens is noted before it does.
import type { Remembered } from "../once.ts";
import { type CodeSecret, codeFingerprint, STEP_MS, stepOf } from "./code.ts";
import type { CodeRefusal } from "./code-verdict.ts";
import { type CodeWindow, DRIFT_STEPS } from "./window.ts";

/** The memory of codes that have opened something. */
export interface UsedCodes {
  has(fingerprint: string): boolean;
  mayHaveForgotten(timeMs: number): boolean;
  /** False: there is no room, and the code must be refused. */
  add(code: Remembered, nowMs: number, maxAgeMs: number): boolean;
}

export interface Circumstances {
  /** Its name. */
  readonly door: string;
  readonly secret: CodeSecret;
  readonly window: CodeWindow;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  readonly used: UsedCodes;
}

/** How long a code is good. */
const GOOD_MS = (2 * DRIFT_STEPS + 1) * STEP_MS;

/** Undefined: it opens. */
export function judgeCode(
  code: string,
  { door, secret, window, wallMs, used }: Circumstances,
): CodeRefusal | undefined {
  const step = stepOf(wallMs);
  const steps = window.stepsOf(code, step);
  // Whoever sends a code that was used has overheard it, or retransmits it; he does not guess.
  if (steps.some((each) => used.has(codeFingerprint(secret, each)))) return { outcome: "code-used", door };
  const [nearest] = steps;
  if (nearest === undefined) {
    const wrongPair = window.wrongPair(code, step);
    return { outcome: "code-wrong", door, ...(wrongPair === undefined ? {} : { wrongPair }), failures: undefined };
  }
  const good = steps.filter((each) => Math.abs(each - step) <= DRIFT_STEPS);
  if (good.length === 0) return { outcome: "code-clock", door, stepsAgo: step - nearest, failures: undefined };
  if (good.some((each) => used.mayHaveForgotten(firstGoodMs(each)))) return { outcome: "code-forgotten", door };
  for (const each of good) {
    const fresh = { fingerprint: codeFingerprint(secret, each), timeMs: firstGoodMs(each) };
    if (!used.add(fresh, wallMs, GOOD_MS)) return { outcome: "code-memory-full", door };
  }
  return undefined;
}

/** The first moment at which the code of a step opens. */
function firstGoodMs(step: number): number {
  return (step - DRIFT_STEPS) * STEP_MS;
}
