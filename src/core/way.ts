// A way to earn a door: knocks in order, one packet, a code. What judge.ts asks of each, and what each gives it.
import type { Address, AddressSet } from "./address.ts";
import type { Door } from "./door.ts";
import type { Frame, Knock } from "./frame.ts";
import type { Terms } from "./grant.ts";

/** One door that somebody has earned. */
export interface Earned {
  readonly door: Door;
  /** An address, or a network, in canonical text. */
  readonly ip: string;
  /** Where the door opens on other terms than its own. */
  readonly terms?: Terms;
  /** The door's sequence was part of it: if it is good only once, it is used up. */
  readonly spends?: boolean;
}

/** Knocks have a capture of their own, which a flood of what looks like signed packets cannot fill. */
export type CaptureKind = "knocks" | "packets";

/** One packet on the path. Valid only during the call. */
export interface Seen {
  /** Undefined: there is one capture for all, such as a file. */
  readonly capture?: CaptureKind | undefined;
  readonly frame: Frame;
  readonly knock: Knock;
  /** The addresses that the interface has now. */
  readonly local: Pick<AddressSet, "has">;
  /** Monotonic. */
  readonly nowMs: number;
}

/** `source` is whose packet earned it, `nowMs` when. */
export type Earn = (earned: Earned, source: Address, nowMs: number) => void;

/** `R` is what this way needs of the rules. */
export interface Way<R> {
  /** Where it looks, if not among the knocks. */
  readonly capture?: CaptureKind;
  /** Judges by these rules from now on. Attempts at doors that did not change go on. */
  apply(rules: R): void;
  /** Tells `earn` what this packet earns, usually nothing. A way that takes its time tells it later, and keeps what it needs for that. */
  see(seen: Seen, earn: Earn): void;
  /** Forgets some of what is too old; called several times a second. */
  sweep(nowMs: number): void;
  /** Another way's half of this door is done. True: this way wants its own half as well, and waits for it from now on. */
  follows?(door: Door, source: Address, nowMs: number): boolean;
  /** Attempts under way. */
  readonly attempts?: number;
  /** Attempts that made room for newer ones, so far. */
  readonly forgotten?: number;
  /** Up to `count` attempts, the newest first. */
  underWay?(count: number, nowMs: number): Attempt[];
}

/** How far a source has come with a door. */
export interface Attempt {
  readonly door: Door;
  readonly source: Address;
  /** Steps done so far. */
  readonly stage: number;
  readonly ageMs: number;
}
