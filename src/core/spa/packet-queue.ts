// The packets that wait for their keys to be tried. Where more come than can be tried, chance decides who stays: whoever floods
// gains nothing by the moment of sending, and a packet that is sent again has odds of its own.
import type { Lane, SealedPacket } from "./opener.ts";
import type { BudgetPart } from "./time-budget.ts";

/** BOUNDED: packets that wait in each lane, of 1,500 characters at most: a third of a second of 64 keys, and what comes while a thread starts. */
export const PLACES_MAX = 512;

/**
 * Who is served next from the part of the time that is for everybody. Sources that have failed get one turn in eight, so that
 * forging an address cannot shut out its owner; so do known networks, beyond the part that is kept for them.
 */
const TURNS: readonly Lane[] = ["fresh", "fresh", "fresh", "known", "fresh", "fresh", "fresh", "failed"];
const ANY_TURN: readonly Lane[] = ["known", "fresh", "failed"];

export interface Taken {
  readonly packet: SealedPacket;
  readonly part: BudgetPart;
}

export class PacketQueue {
  readonly #lanes: Record<Lane, SealedPacket[]> = { known: [], fresh: [], failed: [] };
  readonly #random: () => number;
  #turn = 0;

  /** `random` gives numbers from 0 up to 1 that nobody can foresee. */
  constructor(random: () => number) {
    this.#random = random;
  }

  get isEmpty(): boolean {
    return ANY_TURN.every((lane) => this.#lanes[lane].length === 0);
  }

  /** The packet that lost its place to this one, if its lane was full. */
  add(packet: SealedPacket): SealedPacket | undefined {
    const lane = this.#lanes[packet.lane];
    if (lane.length < PLACES_MAX) {
      lane.push(packet);
      return undefined;
    }
    const at = this.#anyOf(lane);
    const lost = lane[at];
    lane[at] = packet;
    return lost;
  }

  /** Whose turn it is of those for whom there is time. */
  take(budget: { has(part: BudgetPart): boolean }): Taken | undefined {
    if (this.#lanes.known.length > 0 && budget.has("kept")) return this.#takeOf("known", "kept");
    if (this.isEmpty || !budget.has("rest")) return undefined;
    const turn = TURNS[this.#turn++ % TURNS.length] ?? "fresh";
    const lane = [turn, ...ANY_TURN].find((each) => this.#lanes[each].length > 0) ?? turn;
    return this.#takeOf(lane, "rest");
  }

  /** All that waited. */
  clear(): SealedPacket[] {
    return ANY_TURN.flatMap((lane) => this.#lanes[lane].splice(0));
  }

  #takeOf(name: Lane, part: BudgetPart): Taken | undefined {
    const lane = this.#lanes[name];
    const at = this.#anyOf(lane);
    const packet = lane[at];
    const last = lane.pop();
    if (packet === undefined || last === undefined) return undefined;
    if (at < lane.length) lane[at] = last;
    return { packet, part };
  }

  #anyOf(lane: readonly SealedPacket[]): number {
    return Math.floor(this.#random() * lane.length);
  }
}
