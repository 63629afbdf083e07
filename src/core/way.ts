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
  /** By its sequence, or by that and more: one that is good once is spent. */
  readonly spends?: boolean;
}

/** One packet on the path. Valid only during the call. */
export interface Seen {
  readonly frame: Frame;
  readonly knock: Knock;
  /** The addresses that the interface has now. */
  readonly local: Pick<AddressSet, "has">;
  /** Monotonic. */
  readonly nowMs: number;
}

export type Earn = (earned: Earned) => void;

/** `R` is what this way needs of the rules. */
export interface Way<R> {
  /** Judges by these rules from now on. Attempts at doors that did not change go on. */
  apply(rules: R): void;
  /** Tells `earn` what this packet earns, usually nothing. A way that takes its time tells it later. */
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
