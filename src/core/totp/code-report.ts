// What the code matcher tells: what each knock on a door's range did, and what came of whole codes.
import type { Address } from "../address.ts";
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import type { Deafness } from "../match-report.ts";
import type { CodeRefusal } from "./code-verdict.ts";
import type { Failure } from "./lockout.ts";

/** Whatever is handed over is valid only during the call. Stages are pairs of digits. */
export interface CodeReport {
  stage(door: Door, knock: Knock, stage: number, nowMs: number): void;
  repeat(door: Door, knock: Knock, stage: number, nowMs: number): void;
  /** A pair that nothing stood before. */
  astray(door: Door, knock: Knock, pair: number, nowMs: number): void;
  /** The attempt, `stage` pairs far, is over. `failure`: it counts as one, if it does. */
  wrong(door: Door, knock: Knock, stage: number, failure: Failure | undefined, nowMs: number): void;
  timeout(door: Door, source: Address, stage: number, ageMs: number, nowMs: number): void;
  accepted(door: Door, knock: Knock, nowMs: number): void;
  refused(door: Door, knock: Knock, refusal: CodeRefusal, failure: Failure | undefined, nowMs: number): void;
  locked(door: Door, knock: Knock, leftMs: number, nowMs: number): void;
  deaf(door: Door, knock: Knock, why: Deafness, leftMs: number, nowMs: number): void;
}
