// A door with codes, as the code matcher needs it.
import { type CodeRule, type Door, earningOf } from "../door.ts";
import { formatPort } from "../port.ts";
import type { CodeSecret } from "./code.ts";
import { Endings } from "./second-code.ts";
import { CodeWindow } from "./window.ts";

export interface CodeWatch {
  readonly door: Door;
  readonly identity: string;
  readonly rule: CodeRule;
  readonly secret: CodeSecret;
  readonly window: CodeWindow;
  /** What listeners have tried. */
  readonly endings: Endings;
  readonly pairs: number;
  /** Added to the stage: a slot at stage 0 is free, so an attempt that waits for its first pair after a sequence has stage 1. */
  readonly stageOffset: number;
}

export function watchOf(door: Door, rule: CodeRule, secret: CodeSecret): CodeWatch {
  return {
    door,
    rule,
    secret,
    window: new CodeWindow(secret, rule.digits),
    endings: new Endings(),
    pairs: rule.digits / 2,
    stageOffset: rule.afterSequence ? 1 : 0,
    identity: JSON.stringify([earningOf(door), [...secret]]),
  };
}

/** By the number of each door, the first of those that open a port together with it, whichever way that leads. */
export function groupsOf(doors: readonly Pick<Door, "open">[]): number[] {
  const groups = doors.map((_door, number) => number);
  const byPort = new Map<string, number>();
  for (const [number, { open }] of doors.entries()) {
    for (const port of open.map(formatPort)) {
      const other = groups[byPort.get(port) ?? number] ?? number;
      const own = groups[number] ?? number;
      for (const [each, group] of groups.entries())
        if (group === own || group === other) groups[each] = Math.min(own, other);
      byPort.set(port, number);
    }
  }
  return groups;
}
