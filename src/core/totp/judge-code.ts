// Whether a whole code is right: good now or one step off, and for the first time. What is right is noted before it opens.
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

/** The step of a code that is right; it is used up with that, and so are those of the steps before (RFC 6238 section 5.2). */
export function judgeCode(
  code: string,
  { door, secret, window, wallMs, used }: Circumstances,
): { readonly step: number } | CodeRefusal {
  const now = stepOf(wallMs);
  const steps = window.stepsOf(code, now);
  // Whoever sends a code that was used has overheard it, or retransmits it; it is no guess.
  if (steps.some((step) => used.has(codeFingerprint(secret, step)))) return { outcome: "code-used", door };
  const [nearest] = steps;
  if (nearest === undefined) {
    const wrongPair = window.wrongPair(code, now);
    return { outcome: "code-wrong", door, ...(wrongPair === undefined ? {} : { wrongPair }), failures: undefined };
  }
  const good = steps.filter((step) => Math.abs(step - now) <= DRIFT_STEPS);
  if (good.length === 0) return { outcome: "code-clock", door, stepsAgo: now - nearest, failures: undefined };
  if (good.some((step) => used.mayHaveForgotten(firstGoodMs(step)))) return { outcome: "code-forgotten", door };
  const step = Math.max(...good);
  for (let each = now - DRIFT_STEPS; each <= step; each++) {
    const fresh = { fingerprint: codeFingerprint(secret, each), timeMs: firstGoodMs(each), owner: door };
    if (!used.has(fresh.fingerprint) && !used.add(fresh, wallMs, GOOD_MS)) return { outcome: "code-memory-full", door };
  }
  return { step };
}

/** The first moment at which the code of a step opens. */
function firstGoodMs(step: number): number {
  return (step - DRIFT_STEPS) * STEP_MS;
}
