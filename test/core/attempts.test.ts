import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Address } from "../../src/core/address.ts";
import { Attempts, NONE, type Slot } from "../../src/core/attempts.ts";

function sourceOf(number: number): Address {
  return Int32Array.of(0, 0, 0xffff, number);
}

/** All attempts of a source, as the matcher walks them. */
function slotsOf(attempts: Attempts, source: Address): Slot[] {
  const slots = [];
  for (let slot = attempts.first(source); slot !== NONE; slot = attempts.after(slot, source)) slots.push(slot);
  return slots;
}

function doorsOf(attempts: Attempts, number: number): number[] {
  const source = sourceOf(number);
  return slotsOf(attempts, source)
    .map((slot) => attempts.door(slot))
    .sort((a, b) => a - b);
}

describe("the table of attempts", () => {
  it("finds every attempt of a source, and nobody else's", () => {
    const attempts = new Attempts(16, 1);
    for (const door of [3, 1, 2]) attempts.add(sourceOf(7), door, 0);
    attempts.add(sourceOf(8), 9, 0);
    expect(doorsOf(attempts, 7)).toEqual([1, 2, 3]);
    expect(doorsOf(attempts, 8)).toEqual([9]);
    expect(doorsOf(attempts, 9)).toEqual([]);
    expect(attempts.live).toBe(4);
  });

  it("keeps what it is told of an attempt", () => {
    const attempts = new Attempts(16, 1);
    const slot = attempts.add(sourceOf(7), 65_534, 1000);
    expect(attempts.door(slot)).toBe(65_534);
    expect(attempts.stage(slot)).toBe(1);
    expect([...attempts.source(slot)]).toEqual([...sourceOf(7)]);
    expect(attempts.ageMs(slot, 1250)).toBe(250);
    attempts.advance(slot);
    expect(attempts.stage(slot)).toBe(2);
    expect(attempts.ageMs(slot, 1250)).toBe(250);
  });

  it("keeps a copy of the source, which the decoder overwrites", () => {
    const attempts = new Attempts(16, 1);
    const source = sourceOf(7);
    attempts.add(source, 1, 0);
    source[3] = 8;
    expect(doorsOf(attempts, 7)).toEqual([1]);
    expect(doorsOf(attempts, 8)).toEqual([]);
  });

  it("forgets the oldest attempt first", () => {
    const attempts = new Attempts(8, 1);
    for (let source = 1; source <= 11; source++) attempts.add(sourceOf(source), 0, 0);
    expect(attempts.live).toBe(8);
    const known = Array.from({ length: 11 }, (_each, index) => index + 1).filter(
      (source) => doorsOf(attempts, source).length > 0,
    );
    expect(known).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("counts the attempts that make room for others, and no more than those", () => {
    const attempts = new Attempts(8, 1);
    for (let source = 1; source <= 8; source++) attempts.add(sourceOf(source), 0, 0);
    expect(attempts.forgotten).toBe(0);
    for (let source = 9; source <= 11; source++) attempts.add(sourceOf(source), 0, 0);
    expect(attempts.forgotten).toBe(3);
    attempts.sweep(8, () => true);
    expect(attempts.forgotten).toBe(3);
  });

  it("spares an attempt past its first step while others come and go", () => {
    const attempts = new Attempts(8, 1);
    attempts.advance(attempts.add(sourceOf(1000), 5, 0));
    for (let source = 1; source <= 500; source++) attempts.add(sourceOf(source), 0, 0);
    expect(doorsOf(attempts, 1000)).toEqual([5]);
    expect(attempts.live).toBe(8);
  });

  it("takes the place of an advanced attempt when nothing else is left", () => {
    const attempts = new Attempts(8, 1);
    for (let source = 1; source <= 8; source++) attempts.advance(attempts.add(sourceOf(source), 0, 0));
    attempts.add(sourceOf(1000), 0, 0);
    expect(attempts.live).toBe(8);
    expect(doorsOf(attempts, 1000)).toEqual([0]);
  });

  it("looks over no more than a few advanced attempts for a new one", () => {
    // 64 are looked over; with 65 in a row, the last of them goes.
    const attempts = new Attempts(128, 1);
    for (let source = 1; source <= 128; source++) {
      const slot = attempts.add(sourceOf(source), 0, 0);
      if (source <= 100) attempts.advance(slot);
    }
    attempts.add(sourceOf(1000), 0, 0);
    expect(doorsOf(attempts, 65)).toEqual([]);
    expect(doorsOf(attempts, 64)).toEqual([0]);
    expect(doorsOf(attempts, 66)).toEqual([0]);
  });

  it("removes from the head, the middle and the end of a chain", () => {
    for (const gone of [0, 1, 2]) {
      const attempts = new Attempts(2, 1);
      const wide = new Attempts(64, 1);
      for (const table of [attempts, wide]) {
        const slots = [0, 1, 2].map((door) => table.add(sourceOf(7), door, 0));
        if (table === attempts) continue;
        table.remove(slots[gone] ?? NONE);
        expect(doorsOf(table, 7)).toEqual([0, 1, 2].filter((door) => door !== gone));
        expect(table.live).toBe(2);
      }
    }
  });

  it("can be walked on after the attempt at hand was removed, if the next was looked up before", () => {
    const attempts = new Attempts(64, 1);
    for (const door of [0, 1, 2, 3]) attempts.add(sourceOf(7), door, 0);
    const source = sourceOf(7);
    const seen: number[] = [];
    for (let slot = attempts.first(source); slot !== NONE; ) {
      const next = attempts.after(slot, source);
      seen.push(attempts.door(slot));
      attempts.remove(slot);
      slot = next;
    }
    expect(seen.sort()).toEqual([0, 1, 2, 3]);
    expect(attempts.live).toBe(0);
    expect(doorsOf(attempts, 7)).toEqual([]);
  });

  it("counts an age over the wrap of its 32 bits", () => {
    const attempts = new Attempts(8, 1);
    const startedMs = 2 ** 32 - 100;
    const slot = attempts.add(sourceOf(7), 0, startedMs);
    expect(attempts.ageMs(slot, startedMs)).toBe(0);
    expect(attempts.ageMs(slot, startedMs + 250)).toBe(250);
    expect(attempts.ageMs(slot, startedMs + 250.75)).toBe(250);
  });

  it("renumbers its doors, and drops the attempts at those that are gone", () => {
    const attempts = new Attempts(16, 1);
    for (const door of [0, 1, 2, 3]) attempts.add(sourceOf(7), door, 0);
    attempts.renumber((door) => [2, NONE, 0, NONE][door] ?? NONE);
    expect(doorsOf(attempts, 7)).toEqual([0, 2]);
    expect(attempts.live).toBe(2);
  });

  it("sweeps a few slots at a time, all of them in turn", () => {
    const attempts = new Attempts(16, 1);
    for (let source = 0; source < 16; source++) attempts.add(sourceOf(source), source % 2, 0);
    const visited: Slot[] = [];
    const dead = (slot: Slot): boolean => {
      visited.push(slot);
      return attempts.door(slot) === 1;
    };
    for (let turn = 0; turn < 4; turn++) attempts.sweep(4, dead);
    expect(visited.sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_each, slot) => slot));
    expect(attempts.live).toBe(8);
    visited.length = 0;
    attempts.sweep(1000, dead);
    expect(visited).toHaveLength(8);
  });

  it("sweeps nothing while it is empty", () => {
    new Attempts(16, 1).sweep(16, () => {
      throw new Error("there is nothing to look at");
    });
  });

  it("stays small and fast when a flood of sources fills it", () => {
    const attempts = new Attempts(1024, 1);
    const source = sourceOf(0);
    for (let packet = 0; packet < 200_000; packet++) {
      source[3] = packet;
      attempts.add(source, 0, packet);
    }
    expect(attempts.live).toBe(1024);
    expect(doorsOf(attempts, 199_999)).toEqual([0]);
  });
});

/** The same table without hashes and chains: a circle of slots that is searched from end to end. */
class Model {
  readonly slots: ({ source: number; door: number; stage: number; startedMs: number } | undefined)[];
  #newest = 0;

  constructor(size: number) {
    this.slots = new Array<undefined>(size).fill(undefined);
  }

  add(source: number, door: number, startedMs: number): void {
    let slot = (this.#newest + 1) % this.slots.length;
    for (let spared = 0; spared < 64 && (this.slots[slot]?.stage ?? 0) > 1; spared++)
      slot = (slot + 1) % this.slots.length;
    this.slots[slot] = { source, door, stage: 1, startedMs };
    this.#newest = slot;
  }

  slotsOf(source: number): number[] {
    return this.slots.flatMap((slot, index) => (slot?.source === source ? [index] : []));
  }
}

describe("the table of attempts against a plain one", () => {
  const source = fc.nat(5);
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ act: fc.constant("add"), source, number: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ act: fc.constant("advance"), source, number: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant("remove"), source, number: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constantFrom("sweep", "renumber"), source, number: fc.nat(3) }) },
  );

  function play(attempts: Attempts, model: Model, act: string, from: number, number: number, nowMs: number): void {
    const slots = model.slotsOf(from);
    const slot = slots[number % Math.max(1, slots.length)];
    switch (act) {
      case "add":
        attempts.add(sourceOf(from), number, nowMs);
        return model.add(from, number, nowMs);
      case "advance": {
        const entry = slot === undefined ? undefined : model.slots[slot];
        if (slot === undefined || entry === undefined) return;
        attempts.advance(slot);
        entry.stage++;
        return;
      }
      case "remove":
        if (slot === undefined) return;
        attempts.remove(slot);
        model.slots[slot] = undefined;
        return;
      case "sweep":
        attempts.sweep(model.slots.length, (each) => attempts.door(each) === number);
        for (const [index, entry] of model.slots.entries()) if (entry?.door === number) model.slots[index] = undefined;
        return;
      default:
        attempts.renumber((door) => (door === number ? NONE : (door + 1) % 4));
        for (const [index, entry] of model.slots.entries()) {
          if (entry?.door === number) model.slots[index] = undefined;
          else if (entry !== undefined) entry.door = (entry.door + 1) % 4;
        }
    }
  }

  it.each([1, 2, 8, 32])("with %i places says the same after whatever happens", (size) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), fc.integer(), (steps, seed) => {
        const attempts = new Attempts(size, seed);
        const model = new Model(size);
        for (const [nowMs, { act, source: from, number }] of steps.entries()) {
          play(attempts, model, act, from, number, nowMs);
          expect(attempts.live).toBe(model.slots.filter((slot) => slot !== undefined).length);
        }
        for (let from = 0; from <= 5; from++) {
          const slots = slotsOf(attempts, sourceOf(from));
          expect([...slots].sort((a, b) => a - b)).toEqual(model.slotsOf(from));
          for (const slot of slots)
            expect({
              source: from,
              door: attempts.door(slot),
              stage: attempts.stage(slot),
              startedMs: steps.length - attempts.ageMs(slot, steps.length),
            }).toEqual(model.slots[slot]);
        }
      }),
    );
  });
});
