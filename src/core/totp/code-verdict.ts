// What a code, or a pair of its digits, did to a door: the part of verdict.ts that only doors with codes need.
import { FAILURES_MAX, type Scope } from "./suspicion.ts";

export type CodeVerdict =
  /** The sequence is complete, and the door wants a code as well: its first pair is next. */
  | (AtDoor & { readonly outcome: "code-next"; readonly expected: string })
  /** A pair of digits before the sequence that has to come first. */
  | (AtDoor & { readonly outcome: "code-early"; readonly expected: string })
  /** The attempt is over, but not counted: the code was good once. */
  | (AtDoor & { readonly outcome: "code-used" | "code-forgotten" | "code-memory-full" })
  /** Right, but not enough by itself: too many failed within `why`, or somebody else knew how it begins. */
  | (AtDoor & { readonly outcome: "code-second"; readonly why: Scope | "overheard" })
  /** `wrongPair`: the only one that differs from a code that is good now. */
  | (AtDoor & Failed & { readonly outcome: "code-wrong"; readonly wrongPair?: number })
  /** Right, but not now: `stepsAgo` steps of 30 s ago it was good; below 0, it will be. */
  | (AtDoor & Failed & { readonly outcome: "code-clock"; readonly stepsAgo: number });

/** Why a code that came whole opens nothing. */
export type CodeRefusal = Extract<CodeVerdict, { outcome: RefusalOutcome }>;
type RefusalOutcome = "code-second" | "code-used" | "code-forgotten" | "code-memory-full" | "code-wrong" | "code-clock";

interface AtDoor {
  readonly door: string;
}

interface Failed {
  /** How many there were of this address within a minute; FAILURES_MAX make it suspect. Undefined: the same code once more. */
  readonly failures: number | undefined;
}

export function codeVerdictWords(verdict: CodeVerdict): string {
  switch (verdict.outcome) {
    case "code-next":
      return `sequence complete, now the code: expected ${verdict.expected}`;
    case "code-early":
      return `a code before the sequence, ignored: expected ${verdict.expected}`;
    case "code-used":
      return "code used already";
    case "code-forgotten":
      return "code of a time whose used codes are not known any more (was the clock set back?)";
    case "code-memory-full":
      return "too many codes were used lately, wait some minutes";
    case "code-second":
      return `code right, but ${WHY_SECOND[verdict.why]}: send the next one as well`;
    case "code-wrong":
      return `code not valid${wrongPair(verdict.wrongPair)}${failed(verdict.failures)}`;
    case "code-clock":
      return `code not valid now, ${offBy(verdict.stepsAgo)}${failed(verdict.failures)}`;
  }
}

/** Most telling first. */
export const CODE_ORDER = [
  "code-next",
  "code-second",
  "code-used",
  "code-clock",
  "code-wrong",
  "code-forgotten",
  "code-memory-full",
  "code-early",
] as const satisfies readonly CodeVerdict["outcome"][];

function wrongPair(pair: number | undefined): string {
  return pair === undefined ? "" : `: wrong pair ${pair}`;
}

function offBy(stepsAgo: number): string {
  const steps = Math.abs(stepsAgo);
  const when = `${steps} ${steps === 1 ? "step" : "steps"} (${steps * 30} s)`;
  return stepsAgo > 0
    ? `but ${when} ago: was it too old, or is a clock off?`
    : `but in ${when}: the phone's clock or ours is off`;
}

function failed(failures: number | undefined): string {
  if (failures === undefined) return ", once more";
  if (failures < FAILURES_MAX) return `, failed code ${failures} of ${FAILURES_MAX}`;
  return `, failed code ${failures}: ${TWO_ASKED}`;
}

export const TWO_ASKED = "for a minute two codes in a row are asked for";

const WHY_SECOND: Record<Scope | "overheard", string> = {
  address: "too many wrong ones came from this address lately",
  network: "too many wrong ones came from this network lately",
  provider: "too many wrong ones came from the networks around lately",
  all: "too many wrong ones came from everywhere lately",
  overheard: "somebody else tried endings of it",
};
