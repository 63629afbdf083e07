// The words for sightings: one line each, door by door, the cause before the advice. Good to read at 3 a.m.
import { refusalText } from "../spa/packet-words.ts";
import { CODE_ORDER, codeVerdictWords } from "../totp/code-verdict.ts";
import type { Outcome, Sighting, Verdict } from "./verdict.ts";

/** BOUNDED: doors that one line names; a thousand may share a port. */
const DOORS_NAMED_MAX = 8;

/** Without time, address and port: `ssh: stage 1 of 3; web: flags ACK do not pass syn,!ack`. */
export function sightingWords({ knock, spa, verdicts }: Sighting): string {
  if (spa !== undefined && "reason" in spa) return refusalText(spa);
  const named = verdicts.slice(0, DOORS_NAMED_MAX).map((verdict) => `${verdict.door}: ${verdictWords(verdict)}`);
  if (verdicts.length > named.length) named.push(`and ${verdicts.length - named.length} more doors`);
  if (named.length > 0) return `${spa === undefined ? "" : `key ${spa.key}: `}${named.join("; ")}`;
  return knock?.watched === "guard" ? "guard port, no attempt to drop" : "ignored";
}

/** `198.51.100.7    8001/tcp  ssh: ...`; the columns of most lines stand below each other. */
export function sightingLine(source: string, port: string | undefined, words: string): string {
  return `${source.padEnd(15)} ${(port ?? "-").padEnd(9)} ${words}`;
}

export function verdictWords(verdict: Verdict): string {
  switch (verdict.outcome) {
    case "advanced":
      return `${stageOf(verdict)}${verdict.beside === undefined ? "" : ", another attempt beside the one under way"}`;
    case "opened":
      return "opens";
    case "extended":
      return "is open already, extended";
    case "repeated":
      return verdict.step === undefined
        ? `${stageOf(verdict)} repeated, ignored`
        : `step ${verdict.step} repeated at ${stageOf(verdict)}, ignored`;
    case "sent-again":
      return "the packet of an attempt that is over, sent again: ignored";
    case "unwatched":
      return `${stageOf(verdict)}, ignored: nobody watches this port, expected ${verdict.expected}`;
    case "wrong-port":
      return `${dropped(verdict)}: wrong port, expected ${verdict.expected}${ending(verdict)}`;
    case "guard":
      return `${dropped(verdict)}: guard port, expected ${verdict.expected}${ending(verdict)}`;
    case "step-missing":
      return `${dropped(verdict)}: ${missing(verdict)}, this is step ${verdict.step}${ending(verdict)}`;
    case "too-slow":
      return `too slow at ${stageOf(verdict)}: ${seconds(verdict.elapsedMs)} since the first knock, limit ${seconds(verdict.limitMs)}${ending(verdict)}`;
    case "timed-out":
      return `timed out at ${stageOf(verdict)}: ${missing(verdict)} within ${seconds(verdict.limitMs)}`;
    case "no-attempt":
      return verdict.endedBy === undefined
        ? `${stepOf(verdict)} without step 1, ${verdict.first}`
        : `${stepOf(verdict)}, but ${verdict.endedBy} ended the attempt`;
    case "wrong-order":
      return `wrong order: ${stepOf(verdict)} came after ${verdict.after}`;
    case "other-source":
      return `${stepOf(verdict)}, but ${before(verdict)} came from ${verdict.other}: two addresses?`;
    case "other-family":
      return `${stepOf(verdict)}, but ${before(verdict)} came from ${verdict.other}: IPv4 and IPv6 do not combine`;
    case "flags":
      return `flags ${verdict.flags} do not pass ${verdict.rule}`;
    case "not-ours":
      return `destination ${verdict.destination} is not ours`;
    case "not-target":
      return `destination ${verdict.destination} is not the target ${verdict.target}`;
    case "target-family":
      return `an IPv${verdict.family} knock, but the target ${verdict.target} is IPv${verdict.family === 6 ? 4 : 6}`;
    case "cool-down":
      return `hears nobody for another ${seconds(verdict.leftMs)}, its cool-down`;
    default:
      return codeVerdictWords(verdict);
  }
}

/** Most telling first: what went well (the knock was meant for that door), then why something did not, then what did no harm. */
const ORDER: readonly Outcome[] = [
  "opened",
  "extended",
  "advanced",
  ...CODE_ORDER,
  "other-source",
  "other-family",
  "wrong-order",
  "too-slow",
  "target-family",
  "not-target",
  "not-ours",
  "flags",
  "cool-down",
  "step-missing",
  "wrong-port",
  "guard",
  "timed-out",
  "no-attempt",
  "sent-again",
  "repeated",
  "unwatched",
];

/** Below 0 when `a` says more than `b` about how a knock went. */
export function compareVerdicts(a: Verdict, b: Verdict): number {
  return ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome);
}

interface Staged {
  readonly stage: number;
  readonly steps: number;
}

function stageOf({ stage, steps }: Staged): string {
  return `stage ${stage} of ${steps}`;
}

function stepOf({ step, steps }: { readonly step: number; readonly steps: number }): string {
  return `step ${step} of ${steps}`;
}

function dropped(verdict: Staged): string {
  return `dropped at ${stageOf(verdict)}`;
}

function missing(verdict: { readonly stage: number; readonly expected: string; readonly cameFrom?: string }): string {
  const step = `step ${verdict.stage + 1} ${verdict.expected}`;
  return verdict.cameFrom === undefined ? `${step} did not arrive` : `${step} came from ${verdict.cameFrom}`;
}

function before({ step }: { readonly step: number }): string {
  if (step <= 3) return step === 2 ? "step 1" : "steps 1 and 2";
  return `steps 1 to ${step - 1}`;
}

function ending({ anew }: { readonly anew: boolean }): string {
  return anew ? ", begins anew" : "";
}

/** `11.2 s`, `10 s`. */
function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}
