// What a round does, and when: a pure function of the seed and the number of the round, so that a failure can be played again.
import { Random } from "./random.ts";

export const DOORS = ["web", "cmd", "set"] as const;
export type DoorName = (typeof DOORS)[number];

/** Two addresses that knock, and one that never does. */
export const SOURCES = { first: "10.9.0.10", second: "10.9.0.11", stranger: "10.9.0.12" } as const;
export type SourceName = keyof typeof SOURCES;

/** How long each door stays open: longer than a repair may take, so that what was not repaired is seen. */
export const GRANT_MS = 2500;

export const FAULTS = [
  "kill daemon",
  "kill daemon twice",
  "kill capture",
  "kill all",
  "delete table",
  "flush table",
  "flush ruleset",
  "flush ruleset, restore later",
  "flush ruleset, reload",
  "flush ruleset while down",
  "reload storm",
  "terminate",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface PlannedKnock {
  readonly door: DoorName;
  readonly source: SourceName;
  /** After the start of the round. */
  readonly atMs: number;
}

export interface Plan {
  readonly round: number;
  readonly knocks: readonly PlannedKnock[];
  readonly fault: Fault;
  readonly faultMs: number;
  /** Faults that end the daemon: when it is started again. */
  readonly downMs: number;
  /** Faults that have a second act: when, after the first. */
  readonly thenMs: number;
}

/** Faults come as from a deck of cards, so that each has its turn. */
export function planOf(seed: number, round: number): Plan {
  const random = new Random(seed, round);
  const deck = new Random(seed, -1 - Math.floor(round / FAULTS.length)).shuffled(FAULTS);
  const fault = deck[round % FAULTS.length] ?? "kill daemon";
  const first = firstKnocks(random);
  const again = first.flatMap((knock) => (random.chance(0.35) ? [later(knock, random)] : []));
  const knocks = [...first, ...again];
  return {
    round,
    knocks,
    fault,
    faultMs: Math.max(0, faultTime(random.shuffled(knocks), random)),
    // Sometimes longer than a grant, and than any delay that is forgiven.
    downMs: random.chance(0.75) ? random.between(0, 1200) : GRANT_MS + random.between(200, 2700),
    thenMs: random.between(0, 400),
  };
}

function firstKnocks(random: Random): PlannedKnock[] {
  const all = DOORS.flatMap((door) => (["first", "second"] as const).map((source) => ({ door, source })));
  const count = 2 + Math.floor(random.between(0, 4));
  return random
    .shuffled(all)
    .slice(0, count)
    .map((each) => ({ ...each, atMs: random.between(100, 200) }));
}

function later(knock: PlannedKnock, random: Random): PlannedKnock {
  return { ...knock, atMs: knock.atMs + random.between(200, GRANT_MS + 100) };
}

/** Around an opening, around a close, or whenever. */
function faultTime([knock]: readonly PlannedKnock[], random: Random): number {
  const knockMs = knock?.atMs ?? 0;
  const kind = random.next();
  if (kind < 0.4) return knockMs + random.between(-30, 50);
  if (kind < 0.75) return knockMs + GRANT_MS + random.between(-50, 50);
  return random.between(0, GRANT_MS + 500);
}
