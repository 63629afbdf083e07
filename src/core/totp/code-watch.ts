// A door with codes, as the code matcher needs it.
import type { CodeRule, Door } from "../door.ts";
import type { Watch } from "../hearing.ts";
import type { CodeSecret } from "./code.ts";
import { CodeWindow } from "./window.ts";

export interface CodeWatch extends Watch {
  readonly rule: CodeRule;
  readonly secret: CodeSecret;
  readonly window: CodeWindow;
  readonly pairs: number;
  /** What an attempt's stage has too much: a free slot of the table has 0, and an attempt behind a sequence begins with no pair. */
  readonly stageOffset: number;
}

export function watchOf(door: Door, rule: CodeRule, secret: CodeSecret): CodeWatch {
  return {
    door,
    rule,
    secret,
    window: new CodeWindow(secret, rule.digits),
    pairs: rule.digits / 2,
    stageOffset: rule.afterSequence ? 1 : 0,
    keys: [],
    identity: JSON.stringify([door, [...secret]]),
    deafUntilMs: 0,
    takenBy: 0,
  };
}
