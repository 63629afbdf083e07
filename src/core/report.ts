// What the ways to earn a door tell of a knock: plain values, made only while somebody wants every one of them.
import type { Address } from "./address.ts";
import type { Door } from "./door.ts";
import type { Knock } from "./frame.ts";

/** What kind of port a knock was at. */
export type Watched = "step" | "guard" | "packet" | "nobody";

/** Why an attempt came to nothing. */
export type DropReason = "guard" | "wrong_port" | "timeout";

/** Hears of each knock that concerns a way to earn a door. `F` is what that way finds. Whatever is handed over is valid only during the call. */
export interface Report<F> {
  /** What follows, until `ends`, is about this knock. True: somebody wants to hear of all that it did, and of the doors that let it be. */
  begins(knock: Knock, watched: Watched, nowMs: number): boolean;
  /** What the knock did at one door. Called for all there is while `begins` was true, and always for what an administrator must learn. */
  found(finding: F): void;
  /** An attempt is over. Always called, for the sake of the counters. */
  dropped(reason: DropReason): void;
  ends(): void;
  /** Time ran out for an attempt, `stage` steps far, with or without a knock. Always called. */
  timedOut(attempt: TimedOut, nowMs: number): void;
}

export interface TimedOut {
  /** What the steps are: knocks of the sequence, or pairs of digits. */
  readonly way: "sequence" | "code";
  readonly door: Door;
  readonly source: Address;
  readonly stage: number;
  readonly ageMs: number;
}

/** What a knock did at a door with a sequence. */
export type SequenceFinding = {
  readonly way: "sequence";
  readonly door: Door;
} /** `beside`: attempts of the same source that this one begins beside. */ & (
  | { readonly what: "stage"; readonly stage: number; readonly beside?: number }
  /** The knock is at a step that the attempt, `stage` steps far, has done already; 0: the packet is of an attempt that is over. */
  | { readonly what: "repeat"; readonly stage: number }
  /** The attempt, `stage` steps far, is over: by a guard port of this door, or by a step that is not the one expected. */
  | { readonly what: "guard" | "wrong"; readonly stage: number }
  /** The knock is at a port of this door, which did not hear it. */
  | Deaf
  /** The knock is at a port of this door, and did not fit. Said of doors that something else was said of already, too. */
  | { readonly what: "astray" }
);

export interface Deaf {
  readonly what: "deaf";
  readonly why: Deafness;
  /** Of a cool-down. */
  readonly leftMs: number;
}

/** Why a door does not hear a knock; a number, since the path asks. */
export const DEAF = { NO: 0, COOL_DOWN: 1, FLAGS: 2, DESTINATION: 3 } as const;
export type Deafness = (typeof DEAF)[keyof typeof DEAF];
