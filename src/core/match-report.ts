// What the matcher tells: what becomes of attempts, always; what each knock did to each door, when somebody wants to hear it.
import type { Address } from "./address.ts";
import type { Door } from "./door.ts";
import type { Knock } from "./frame.ts";

/** Hears what becomes of attempts. Whatever is handed over is valid only during the call. */
export interface AttemptReport {
  stage(door: Door, source: Address, stage: number): void;
  timeout(door: Door, source: Address, stage: number, ageMs: number, nowMs: number): void;
  /** The attempt, `stage` steps far, is over. */
  guard(door: Door, source: Address, knock: Knock, stage: number): void;
  /** The same, by a port of some door that is not the one expected. */
  wrong(door: Door, source: Address, knock: Knock, stage: number): void;
}

/** Hears also what each knock did to each door. */
export interface MatchReport extends AttemptReport {
  /** What follows, until `ends`, is about this knock. True: somebody wants to hear of the doors that let it be, and of its end. */
  begins(knock: Knock, guard: boolean, nowMs: number): boolean;
  repeat(door: Door, source: Address, stage: number): void;
  /** The knock is at a port of this door, which did not hear it. */
  deaf(door: Door, knock: Knock, why: Deafness, deafUntilMs: number): void;
  /** The knock is at a port of this door, and did not fit. Said of doors that were reported of already, too. */
  astray(door: Door, knock: Knock): void;
  ends(): void;
}

/** Why a door does not hear a knock; a number, since the path asks. */
export const DEAF = { NO: 0, COOL_DOWN: 1, FLAGS: 2, DESTINATION: 3 } as const;
export type Deafness = (typeof DEAF)[keyof typeof DEAF];
