// What somebody who looks on should know of the knocks before: how far a source was, and what ended that. Only for hints.
import { type Address, type Family, familyOf, formatAddress } from "../address.ts";
import type { Door } from "../door.ts";

/** BOUNDED: trails remembered; past it the one that was begun first is forgotten first. */
const TRAILS_MAX = 1024;
/** How long after its end an attempt may still explain a knock. */
const MEMORY_MS = 5 * 60_000;

/** What one source did at one door. */
export interface Trail {
  readonly source: string;
  readonly family: Family;
  readonly door: Door;
  readonly beganMs: number;
  lastMs: number;
  /** Where the last knock went. */
  destination: string;
  /** Steps done so far, 0 if the first was not among them. */
  stage: number;
  /** The port that ended the attempt, and which step of this door it is, if it came too early; or `opened`, its good end. */
  ended: { readonly by: string; readonly step: number | undefined } | "opened" | undefined;
  /** The last step that came without the ones before. */
  strayStep?: number;
}

export class Trails {
  /** By source and door. BOUNDED: TRAILS_MAX. */
  readonly #trails = new Map<string, Trail>();

  /** What was before is forgotten. */
  begin(door: Door, source: Address, destination: string, nowMs: number): Trail {
    const text = formatAddress(source);
    const key = keyOf(door, text);
    this.#trails.delete(key);
    const oldest = this.#trails.size >= TRAILS_MAX ? this.#trails.keys().next().value : undefined;
    if (oldest !== undefined) this.#trails.delete(oldest);
    const times = { beganMs: nowMs, lastMs: nowMs };
    const trail: Trail = {
      source: text,
      family: familyOf(source),
      door,
      ...times,
      destination,
      stage: 0,
      ended: undefined,
    };
    this.#trails.set(key, trail);
    return trail;
  }

  /** Undefined also when it is too long ago to mean anything. */
  of(door: Door, source: Address, nowMs: number): Trail | undefined {
    const trail = this.#trails.get(keyOf(door, formatAddress(source)));
    return trail !== undefined && nowMs - trail.lastMs < door.seqTimeoutMs + MEMORY_MS ? trail : undefined;
  }

  /** The attempts that this source has under way at `destination`. */
  underWay(source: Address, destination: string, nowMs: number): Trail[] {
    const text = formatAddress(source);
    return this.#find(
      (trail) => trail.source === text && trail.destination === destination && isUnderWay(trail, nowMs),
    );
  }

  /** The last other source that needs just this step of the door now. */
  waitingFor(step: number, { door, source }: Trail, nowMs: number): Trail | undefined {
    const waits = (trail: Trail): boolean => trail.stage === step - 1 && isUnderWay(trail, nowMs);
    return this.#find((trail) => isOther(trail, door, source) && waits(trail)).at(-1);
  }

  /** The last other source that, in the time of this attempt, did just the step that it needs, without those before. */
  strayed({ door, source, stage, beganMs }: Trail): Trail | undefined {
    const did = (trail: Trail): boolean => trail.strayStep === stage + 1 && trail.lastMs >= beganMs;
    return this.#find((trail) => isOther(trail, door, source) && did(trail)).at(-1);
  }

  #find(fits: (trail: Trail) => boolean): Trail[] {
    return [...this.#trails.values()].filter(fits);
  }
}

function isUnderWay({ stage, ended, beganMs, door }: Trail, nowMs: number): boolean {
  return stage > 0 && ended === undefined && nowMs - beganMs < door.seqTimeoutMs;
}

function isOther(trail: Trail, door: Door, source: string): boolean {
  return trail.door.name === door.name && trail.source !== source;
}

function keyOf(door: Door, source: string): string {
  return `${source} ${door.name}`;
}
