// A door with a sequence as the matcher sees it, and what one source's attempts at it mean for the knock that is judged now.
import { NONE, type Slot } from "../attempts.ts";
import { type Door, earningOf } from "../door.ts";
import type { DoorGuards } from "../guard/guard.ts";
import { ATTEMPTS_A_SOURCE_MAX } from "../guard/odds.ts";
import { portKey } from "../port.ts";

export interface SequenceRules {
  readonly doors: readonly Door[];
  /** By the names of the doors; a door that is not there has none. */
  readonly guards: ReadonlyMap<string, DoorGuards>;
}

export class SequenceWatch {
  readonly door: Door;
  /** Port keys of the steps. */
  readonly keys: readonly number[];
  readonly identity: string;
  readonly guards: DoorGuards;

  /** Number of the knock that all below is about. */
  knock = 0;
  /** The door takes notice of it. */
  hears = false;
  living = 0;
  /** BOUNDED: ATTEMPTS_A_SOURCE_MAX. */
  readonly slots: Slot[] = [];
  /** The furthest of the attempts that wait for this step, the oldest of several. */
  waiting: Slot = NONE;
  waitingStage = 0;
  oldest: Slot = NONE;
  /** The least far, the oldest of several: what makes room for another. */
  leastFar: Slot = NONE;
  leastStage = 0;
  furthestStage = 0;
  /** How far the attempt is that has done this step already; 0: none has. */
  takenStage = 0;
  /** This very packet began an attempt that goes on, or one that is over. */
  isKnown = false;
  /** Attempts that are over and remembered. */
  over = 0;
  oldestOver: Slot = NONE;

  constructor(door: Door, guards: DoorGuards) {
    this.door = door;
    this.keys = door.sequence.map((step) => portKey(step.protocol, step.number));
    this.identity = JSON.stringify(earningOf(door));
    this.guards = guards;
  }

  /** A knock that nothing is known of yet. */
  begin(knock: number, hears: boolean): void {
    this.knock = knock;
    this.hears = hears;
    this.living = 0;
    this.waiting = NONE;
    this.oldest = NONE;
    this.leastFar = NONE;
    this.furthestStage = 0;
    this.takenStage = 0;
    this.isKnown = false;
    this.over = 0;
    this.oldestOver = NONE;
  }

  /** Attempts are noted from the newest to the oldest. */
  note(slot: Slot, stage: number, key: number): void {
    if (this.living < ATTEMPTS_A_SOURCE_MAX) this.slots[this.living] = slot;
    this.living++;
    this.oldest = slot;
    if (this.leastFar === NONE || stage <= this.leastStage) {
      this.leastFar = slot;
      this.leastStage = stage;
    }
    this.furthestStage = Math.max(this.furthestStage, stage);
    if (this.keys[stage] === key) {
      if (this.waiting !== NONE && stage < this.waitingStage) return;
      this.waiting = slot;
      this.waitingStage = stage;
      return;
    }
    const index = this.keys.indexOf(key);
    if (index !== -1 && index < stage) this.takenStage = Math.max(this.takenStage, stage);
  }

  noteOver(slot: Slot): void {
    this.over++;
    this.oldestOver = slot;
  }
}
