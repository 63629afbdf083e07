import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GuardSecret, guardPorts, neighbourPorts } from "../../src/core/guard.ts";
import { parsePort, portKey, portOfKey } from "../../src/core/port.ts";
import { door } from "../support/doors.ts";

const SECRET: GuardSecret = [1, 2, 3, 4];

const anySecret: fc.Arbitrary<GuardSecret> = fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer());
const anyStep = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 65535 }), fc.constantFrom("tcp", "udp")).map(([port, name]) => `${port}/${name}`),
  fc.nat(1472).map((size) => `${size}/icmp`),
);
const anySequence = fc.array(anyStep, { minLength: 1, maxLength: 6 });

function keyOf(text: string): number {
  const { protocol, number } = parsePort(text);
  return portKey(protocol, number);
}

describe("guard ports", () => {
  it("stand beside every step", () => {
    const guards = guardPorts([door({ sequence: "7000,8000/udp,100/icmp" })], new Set(), SECRET);
    for (const text of ["6999/tcp", "7001/tcp", "7999/udp", "8001/udp", "99/icmp", "101/icmp"])
      expect(guards.has(keyOf(text)), text).toBe(true);
  });

  it("never stand where a door is knocked at, where one opens, or where something listens", () => {
    const anyDoors = fc.array(fc.record({ sequence: anySequence, open: fc.integer({ min: 1, max: 65535 }) }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(anyDoors, fc.array(anyStep, { maxLength: 50 }), anySecret, (keys, listening, secret) => {
        const doors = keys.map(({ sequence, open }, index) => ({
          ...door({ name: `d${index}`, sequence }),
          open: [parsePort(`${open}/tcp`), parsePort(`${open}/udp`)],
        }));
        const used = new Set([
          ...doors.flatMap((each) =>
            [...each.sequence, ...each.open].map((port) => portKey(port.protocol, port.number)),
          ),
          ...listening.map(keyOf),
        ]);
        const isGood = (guard: number): boolean => {
          const { protocol, number } = portOfKey(guard);
          return !used.has(guard) && number >= 1 && number <= 65535 && portKey(protocol, number) === guard;
        };
        const guards = [...guardPorts(doors, new Set(listening.map(keyOf)), secret)];
        expect(guards.filter((guard) => !isGood(guard))).toEqual([]);
      }),
    );
  });

  it("leave a neighbour out that another door uses", () => {
    const doors = [door({ name: "a", sequence: "7000" }), door({ name: "b", sequence: "7001", open: "6999" })];
    const guards = guardPorts(doors, new Set([keyOf("7002")]), SECRET);
    for (const text of ["6999", "7000", "7001", "7002"]) expect(guards.has(keyOf(text)), text).toBe(false);
  });

  it("are the same for the same secret, and others for another", () => {
    fc.assert(
      fc.property(anySequence, anySecret, anySecret, (sequence, one, other) => {
        const doors = [door({ sequence })];
        expect(guardPorts(doors, new Set(), one)).toEqual(guardPorts(doors, new Set(), one));
        if (one.join() === other.join() || sequence.every((step) => step.endsWith("icmp"))) return;
        expect(guardPorts(doors, new Set(), one)).not.toEqual(guardPorts(doors, new Set(), other));
      }),
    );
  });

  it("stand near the steps and all over the high ports, for each protocol that is knocked with", () => {
    const guards = [...guardPorts([door({ sequence: "20000,21000/udp" })], new Set(), SECRET)].map(portOfKey);
    for (const [protocol, step] of [
      ["tcp", 20_000],
      ["udp", 21_000],
    ] as const) {
      const numbers = guards.filter((port) => port.protocol === protocol).map(({ number }) => number);
      expect(numbers.filter((number) => Math.abs(number - step) <= 1024).length).toBeGreaterThan(12);
      expect(numbers.filter((number) => Math.abs(number - step) > 1024).length).toBeGreaterThan(24);
    }
    expect(guards.filter(({ protocol }) => protocol === "icmp")).toEqual([]);
  });

  it("stand where no answer to an outgoing connection arrives, and not among the well-known ports", () => {
    fc.assert(
      fc.property(anySecret, (secret) => {
        const numbers = [...guardPorts([door({ sequence: "500" })], new Set(), secret)].map(
          (key) => portOfKey(key).number,
        );
        const secretOnes = numbers.filter((number) => Math.abs(number - 500) > 1);
        expect(secretOnes.filter((number) => number < 1024)).toEqual([]);
        expect(secretOnes.filter((number) => number >= 32_768 && number <= 60_999)).toEqual([]);
      }),
    );
  });

  it("are none without a door, and none for a door without a step", () => {
    expect(guardPorts([], new Set(), SECRET).size).toBe(0);
    expect(guardPorts([{ ...door(), sequence: [] }], new Set(), SECRET).size).toBe(0);
  });

  it("are few, however many doors there are", () => {
    const base = door();
    const doors = Array.from({ length: 1000 }, (_each, index) => ({
      ...base,
      name: `d${index}`,
      sequence: [parsePort(`${1024 + index * 7}/tcp`), parsePort(`${1024 + index * 11}/udp`)],
    }));
    const guards = [...guardPorts(doors, new Set(), SECRET)];
    const neighbours = new Set(
      doors.flatMap(({ sequence }) =>
        sequence.flatMap(({ protocol, number }) => [portKey(protocol, number - 1), portKey(protocol, number + 1)]),
      ),
    );
    expect(guards.filter((guard) => !neighbours.has(guard)).length).toBeLessThanOrEqual(2 * (32 + 8) * 8);
  });

  it("touch most scans of the high ports in random order before they have met three steps", () => {
    // A scan meets the first of n guards and three steps in random order: all three steps come first in 1 of C(n + 3, 3).
    const guards = guardPorts([door({ sequence: "21234,23456,25678" })], new Set(), SECRET);
    expect(guards.size).toBeGreaterThan(60);
  });
});

describe("the guards that everybody may know", () => {
  it("are the neighbours of the steps, but for what is taken", () => {
    const doors = [door({ name: "A", sequence: "1,7000,7001/udp,65535", open: "6999/tcp" })];
    const keys = neighbourPorts(doors, new Set([keyOf("65534/tcp")]));
    expect([...keys].sort((a, b) => a - b)).toEqual(["2/tcp", "7001/tcp", "7000/udp", "7002/udp"].map(keyOf));
  });

  it("are among all guards", () => {
    fc.assert(
      fc.property(anySequence, anySecret, (sequence, secret) => {
        const doors = [door({ sequence })];
        const all = guardPorts(doors, new Set(), secret);
        for (const key of neighbourPorts(doors, new Set())) expect(all.has(key)).toBe(true);
      }),
    );
  });
});
