// What the code matcher finds -> the verdict on it. A code's knocks say by their ports where they belong, so no hindsight is needed.
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import { formatPort } from "../port.ts";
import { DEAF } from "../report.ts";
import { SYN } from "../tcp-flags.ts";
import type { CodeFinding } from "../totp/code-finding.ts";
import { PORTS_PER_PAIR, pairPorts } from "../totp/totp.ts";
import { whyDeaf } from "./hindsight.ts";
import type { AtStage, Verdict } from "./verdict.ts";
import type { IsOpen, Present } from "./witness.ts";

/** Undefined: it is no news. */
export function codeVerdict(
  finding: CodeFinding,
  { knock, source }: Pick<Present, "knock" | "source">,
  isOpen: IsOpen,
): Verdict | undefined {
  const { door } = finding;
  switch (finding.what) {
    case "stage":
      // Of the last pair the verdict on the whole code tells.
      return finding.stage < pairsOf(door) ? { outcome: "advanced", ...atPair(door, finding.stage) } : undefined;
    case "repeat":
      return { outcome: "repeated", ...atPair(door, finding.stage) };
    case "astray":
      return astray(door, finding.pair);
    case "wrong":
      return { outcome: "wrong-port", ...atPair(door, finding.stage), anew: isFirstPair(door, knock) };
    case "deaf":
      // What goes on with a connection, or ends it, is no news.
      return finding.why === DEAF.FLAGS && (knock.flags & SYN) === 0
        ? undefined
        : whyDeaf(door, knock, finding.why, finding.leftMs);
    case "accepted":
      return { outcome: isOpen(door, source) ? "extended" : "opened", door: door.name };
    case "refused":
      return finding.refusal;
  }
}

export function codeTimedOut(door: Door, stage: number): Verdict {
  return { outcome: "timed-out", ...atPair(door, stage), limitMs: door.seqTimeoutMs };
}

function astray(door: Door, pair: number): Verdict {
  const [first] = door.sequence;
  if (door.totp?.afterSequence === true && pair === 1) {
    const expected = first === undefined ? "its sequence" : formatPort(first);
    return { outcome: "code-early", door: door.name, expected };
  }
  const { expected } = atPair(door, 0);
  return { outcome: "no-attempt", door: door.name, step: pair, steps: pairsOf(door), first: expected };
}

function pairsOf({ totp }: Door): number {
  return (totp?.digits ?? 0) / 2;
}

function atPair(door: Door, stage: number): AtStage {
  const expected = pairPorts(door.totp?.firstPort ?? 0, stage);
  return { door: door.name, stage, steps: pairsOf(door), expected };
}

/** A code by itself may begin anew with the knock that ended the attempt before; one behind a sequence may not. */
function isFirstPair({ totp }: Door, { port }: Knock): boolean {
  return totp !== undefined && !totp.afterSequence && port < totp.firstPort + PORTS_PER_PAIR;
}
