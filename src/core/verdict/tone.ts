// Whether a sighting is good or bad news for the knocker.
import type { Outcome } from "./verdict.ts";

const GOOD: ReadonlySet<string> = new Set<Outcome>(["opened", "extended"]);
const HARMLESS: ReadonlySet<string> = new Set<Outcome>(["advanced", "repeated", "sent-again", "unwatched"]);

/** By what happened at each door. One that opened is what it was for, whatever the others say. */
export function toneOf(outcomes: readonly string[]): "good" | "bad" | undefined {
  if (outcomes.some((outcome) => GOOD.has(outcome))) return "good";
  return outcomes.length > 0 && !outcomes.some((outcome) => HARMLESS.has(outcome)) ? "bad" : undefined;
}
