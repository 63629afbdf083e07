import { describe, expect, it } from "vitest";
import type { Lane, SealedPacket } from "../../../src/core/spa/opener.ts";
import { PacketQueue, PLACES_MAX } from "../../../src/core/spa/packet-queue.ts";
import type { BudgetPart } from "../../../src/core/spa/time-budget.ts";

const packet = (lane: Lane, text: string = lane): SealedPacket => ({ lane, text, told: () => {} });
const time = (...parts: BudgetPart[]) => ({ has: (part: BudgetPart) => parts.includes(part) });
const PLENTY = time("kept", "rest");

/** Numbers that are anything but foreseen, and the same in every run. */
function chance(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function takeAll(queue: PacketQueue, budget = PLENTY): string[] {
  const texts: string[] = [];
  for (let taken = queue.take(budget); taken !== undefined; taken = queue.take(budget)) texts.push(taken.packet.text);
  return texts;
}

describe("the queue of packets", () => {
  it("gives back each packet once", () => {
    const queue = new PacketQueue(chance());
    const texts = Array.from({ length: PLACES_MAX }, (_, index) => `${index}`);
    for (const text of texts) expect(queue.add(packet("fresh", text))).toBeUndefined();
    expect(takeAll(queue).sort()).toEqual(texts.sort());
    expect([queue.isEmpty, queue.take(PLENTY)]).toEqual([true, undefined]);
  });

  it("is bounded: past that each newcomer takes the place of one, whose loss is told", () => {
    const queue = new PacketQueue(chance());
    const lost: string[] = [];
    const count = 50 * PLACES_MAX;
    for (let index = 0; index < count; index++) {
      const other = queue.add(packet("fresh", `${index}`));
      if (other !== undefined) lost.push(other.text);
    }
    const kept = takeAll(queue);
    expect([kept.length, new Set([...lost, ...kept]).size]).toEqual([PLACES_MAX, count]);
    // Chance decides, not the moment of coming: neither the first nor the last alone.
    expect(new Set(kept.map((text) => Math.floor(Number(text) / (PLACES_MAX / 2)))).size).toBeGreaterThan(2);
  });

  it("takes no place of a known network, nor of a newcomer, for those that failed", () => {
    const queue = new PacketQueue(chance());
    queue.add(packet("known"));
    queue.add(packet("fresh"));
    const lost = Array.from({ length: 1000 }, () => queue.add(packet("failed"))?.lane);
    expect(new Set(lost)).toEqual(new Set([undefined, "failed"]));
    expect(takeAll(queue).slice(0, 2)).toEqual(["known", "fresh"]);
  });

  it("has its known networks go first, by what is kept for them, while there is nothing for anybody else", () => {
    const queue = new PacketQueue(chance());
    for (let index = 0; index < 20; index++)
      for (const lane of ["fresh", "known", "failed"] as const) queue.add(packet(lane));
    expect(takeAll(queue, time("kept"))).toEqual(Array(20).fill("known"));
    expect(takeAll(queue, time())).toEqual([]);
    expect(takeAll(queue, time("rest"))).toHaveLength(40);
  });

  it("has those that failed come last, but come: whoever forges an address does not shut its owner out", () => {
    const queue = new PacketQueue(chance());
    for (let index = 0; index < PLACES_MAX; index++)
      for (const lane of ["fresh", "known", "failed"] as const) queue.add(packet(lane));
    const order = Array.from({ length: 48 }, () => queue.take(time("rest"))?.packet.lane);
    const count = (lane: Lane) => order.filter((each) => each === lane).length;
    expect([count("fresh"), count("known"), count("failed")]).toEqual([36, 6, 6]);
  });

  it("gives a turn that nobody needs to the next", () => {
    const queue = new PacketQueue(chance());
    for (let index = 0; index < 16; index++) queue.add(packet("failed"));
    expect(takeAll(queue, time("rest"))).toHaveLength(16);
  });
});
