// Why a knock did not count, seen together with the knocks before it: lost, too late, out of order, from another address.
import { familyOf, formatAddress, sameAddress } from "../address.ts";
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import { formatPort } from "../port.ts";
import { DEAF, type Deafness } from "../report.ts";
import { formatFlags, formatRule } from "../tcp-flags.ts";
import type { Trail, Trails } from "./trails.ts";
import type { AtStage, Verdict } from "./verdict.ts";

/** A knock at step `step` that nothing stood before; `trail` is what its source did before. */
export function whyAstray(step: number, trail: Trail, trails: Trails, nowMs: number): Verdict {
  const { door, stage, ended, beganMs } = trail;
  const elapsedMs = nowMs - beganMs;
  const limitMs = door.seqTimeoutMs;
  if (stage > 0 && ended === undefined && elapsedMs >= limitMs)
    return { outcome: "too-slow", ...atStage(door, stage), elapsedMs, limitMs, anew: false };
  const steps = door.sequence.length;
  if (ended === "opened" && step === steps) return { outcome: "repeated", ...atStage(door, steps) };
  const place = { door: door.name, step, steps };
  if (ended !== undefined && ended !== "opened" && elapsedMs < limitMs) {
    if (ended.step !== undefined && step === stage + 1) return { outcome: "wrong-order", ...place, after: ended.by };
    return { outcome: "no-attempt", ...place, first: portOf(door, 0), endedBy: ended.by };
  }
  const other = trails.waitingFor(step, trail, nowMs);
  if (other === undefined) return { outcome: "no-attempt", ...place, first: portOf(door, 0) };
  const outcome = other.family === trail.family ? "other-source" : "other-family";
  return { outcome, ...place, other: other.source };
}

/** `leftMs` is what remains of a cool-down. */
export function whyDeaf({ name, target, tcpflags }: Door, knock: Knock, why: Deafness, leftMs: number): Verdict {
  if (why === DEAF.COOL_DOWN) return { outcome: "cool-down", door: name, leftMs };
  if (why === DEAF.FLAGS)
    return { outcome: "flags", door: name, flags: formatFlags(knock.flags), rule: formatRule(tcpflags) };
  const destination = formatAddress(knock.destination);
  if (target === undefined || sameAddress(target, knock.destination))
    return { outcome: "not-ours", door: name, destination };
  const family = familyOf(knock.destination);
  if (family !== familyOf(target))
    return { outcome: "target-family", door: name, family, target: formatAddress(target) };
  return { outcome: "not-target", door: name, destination, target: formatAddress(target) };
}

/** Who else did the step that this attempt needs, if anybody. */
export function cameFrom(trail: Trail | undefined, trails: Trails): { cameFrom?: string } {
  const other = trail === undefined ? undefined : trails.strayed(trail);
  return other === undefined ? {} : { cameFrom: other.source };
}

export function atStage(door: Door, stage: number): AtStage {
  return { door: door.name, stage, steps: door.sequence.length, expected: portOf(door, stage) };
}

/** Which step behind step number `after` this knock is, counted from 1. */
export function stepBehind(after: number, { sequence }: Door, { protocol, port }: Knock): number | undefined {
  const index = sequence.findIndex((step, at) => at >= after && step.protocol === protocol && step.number === port);
  return index === -1 ? undefined : index + 1;
}

function portOf({ sequence }: Door, index: number): string {
  const step = sequence[index];
  return step === undefined ? "nothing" : formatPort(step);
}
