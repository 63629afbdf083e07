// Room for those who send codes: how far each is, and how often each failed. Megabytes, that a daemon without such a door does without.
import { Attempts } from "../attempts.ts";
import { Enough } from "./enough.ts";

export interface CodeRoom {
  readonly attempts: Attempts;
  /** The pairs so far of each slot, as a number. */
  readonly codes: Uint32Array;
  readonly enough: Enough;
}

/** `seed` is a secret number; `attemptsMax` a power of two. */
export function roomFor(attemptsMax: number, seed: number): CodeRoom {
  return { attempts: new Attempts(attemptsMax, seed), codes: new Uint32Array(attemptsMax), enough: new Enough(seed) };
}

/** While there is no door with codes. */
export function noRoom(seed: number): CodeRoom {
  return { attempts: new Attempts(1, seed), codes: new Uint32Array(1), enough: new Enough(seed, 1) };
}
