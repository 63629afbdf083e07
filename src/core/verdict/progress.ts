// How far each source came with each door, and the one cause why it did not open: the last word of `knockd explain`.
import type { Sighting, Verdict } from "./verdict.ts";
import { compareVerdicts, verdictWords } from "./verdict-words.ts";

/** BOUNDED: sources and doors remembered; a capture of a flood holds millions. The rest is counted. */
const PROGRESS_MAX = 10_000;

export interface Progress {
  readonly source: string;
  readonly door: string;
  opened: number;
  /** The furthest stage. */
  stage: number;
  /** Why it did not open: the most telling of what went wrong in one try. */
  cause: Verdict | undefined;
  /** Another try has begun since. */
  isOldCause: boolean;
  /** The last stage, while nothing has ended it. */
  pending: Extract<Verdict, { outcome: "advanced" }> | undefined;
}

export class Progresses {
  /** By source and door. BOUNDED: PROGRESS_MAX. */
  readonly #all = new Map<string, Progress>();
  /** Sightings of those who were not remembered. */
  forgotten = 0;

  note({ source, verdicts }: Sighting): void {
    for (const verdict of verdicts) {
      const progress = this.#of(source, verdict.door);
      if (progress === undefined) this.forgotten++;
      else take(progress, verdict);
    }
  }

  get opened(): boolean {
    return [...this.#all.values()].some(({ opened }) => opened > 0);
  }

  /** For each source, the doors that opened; else the one that it came furthest with. Who came further is first. */
  best(): Progress[] {
    const bySource = new Map<string, Progress[]>();
    for (const progress of this.#all.values())
      bySource.set(progress.source, [...(bySource.get(progress.source) ?? []), progress]);
    return [...bySource.values()].flatMap(bestOf).sort((a, b) => rank(b) - rank(a));
  }

  #of(source: string, door: string): Progress | undefined {
    const key = `${source} ${door}`;
    const known = this.#all.get(key);
    if (known !== undefined || this.#all.size >= PROGRESS_MAX) return known;
    const progress = { source, door, opened: 0, stage: 0, cause: undefined, isOldCause: false, pending: undefined };
    this.#all.set(key, progress);
    return progress;
  }
}

/** `ssh opens`, or `ssh does not open: ` and why. */
export function progressWords({ door, opened, cause, isOldCause, pending }: Progress): string {
  if (opened > 0) return `${door} opens${opened === 1 ? "" : ` ${opened} times`}`;
  if (cause !== undefined && !(isOldCause && pending !== undefined))
    return `${door} does not open: ${verdictWords(cause)}`;
  if (pending === undefined) return `${door} does not open`;
  const { stage, steps, expected } = pending;
  return `${door} does not open: stage ${stage} of ${steps}, and the capture ends without ${expected}`;
}

function rank({ opened, stage }: Progress): number {
  return opened > 0 ? Number.MAX_SAFE_INTEGER : stage;
}

function bestOf(progresses: readonly Progress[]): Progress[] {
  const opened = progresses.filter((progress) => progress.opened > 0);
  if (opened.length > 0) return opened;
  const [first, ...rest] = progresses;
  if (first === undefined) return [];
  return [rest.reduce((best, progress) => (isBetter(progress, best) ? progress : best), first)];
}

/** It changes nothing about the attempt that is furthest. */
function isBeside(verdict: Verdict): boolean {
  if (verdict.outcome === "advanced") return verdict.beside !== undefined;
  return verdict.outcome === "repeated" || verdict.outcome === "sent-again" || verdict.outcome === "unwatched";
}

function isBetter(a: Progress, b: Progress): boolean {
  if (a.stage !== b.stage) return a.stage > b.stage;
  if (a.cause === undefined || b.cause === undefined) return false;
  return compareVerdicts(a.cause, b.cause) < 0;
}

function take(progress: Progress, verdict: Verdict): void {
  if (isBeside(verdict)) return;
  if ("stage" in verdict) progress.stage = Math.max(progress.stage, verdict.stage);
  if (verdict.outcome === "opened" || verdict.outcome === "extended") {
    progress.opened++;
    progress.cause = undefined;
    progress.pending = undefined;
    return;
  }
  if (verdict.outcome === "advanced") {
    if (verdict.stage === 1) progress.cause = undefined;
    progress.pending = verdict;
    return;
  }
  const { cause, isOldCause } = progress;
  if (cause === undefined || isOldCause || compareVerdicts(verdict, cause) < 0) progress.cause = verdict;
  progress.isOldCause = "anew" in verdict && verdict.anew;
  if ("stage" in verdict) progress.pending = undefined;
}
