import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Door } from "../../../src/core/door.ts";
import {
  ASIDE_MAX,
  blockWidth,
  DoorGuards,
  type Ground,
  type GuardSecret,
  guardsOf,
  LINUX_OUTGOING,
  UNTOUCHED_GROUND,
  widthClassOf,
} from "../../../src/core/guard/guard.ts";
import { sizeOf } from "../../../src/core/guard/ranges.ts";
import { parsePort, portKey, portOfKey } from "../../../src/core/port.ts";
import { door } from "../../support/doors.ts";

const SECRET: GuardSecret = [1, 2, 3, 4];

const anySecret: fc.Arbitrary<GuardSecret> = fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer());
/** Eight of them. */
const UNLIKE = { minLength: 8, maxLength: 8, selector: (secret: GuardSecret) => secret.join() };
const anyStep = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 65535 }), fc.constantFrom("tcp", "udp")).map(([port, name]) => `${port}/${name}`),
  fc.nat(1472).map((size) => `${size}/icmp`),
);
const anySequence = fc.array(anyStep, { minLength: 2, maxLength: 6 });

function keyOf(text: string): number {
  const { protocol, number } = parsePort(text);
  return portKey(protocol, number);
}

function keysOf(guards: DoorGuards): number[] {
  return guards.ranges().flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

function guards(one: Door, ground: Partial<Ground> = {}, secret = SECRET): number[] {
  return keysOf(guardsOf(one, "wide", { ...UNTOUCHED_GROUND, ...ground }, secret));
}

describe("the block around a step", () => {
  it("has the step anywhere in it, so that no place beside a step is known", () => {
    const before = new Set<number>();
    const after = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      const around = guards(door({ sequence: "21000,40000" }), {}, [seed, 0, 0, 0]).filter(
        (key) => key > 30_000 && key < 50_000,
      );
      expect(around).toHaveLength(3199);
      before.add(around.filter((key) => key < 40_000).length);
      after.add(around.filter((key) => key > 40_000).length);
    }
    // 200 draws of 3,072 offsets: some 194 different ones.
    expect(before.size).toBeGreaterThan(90);
    expect(Math.min(...before)).toBeLessThan(200);
    expect(Math.min(...after)).toBeLessThan(200);
  });

  it("goes on at the other end of the ports, so that no scan of an end has better odds", () => {
    const wraps = Array.from({ length: 40 }, (_, seed) =>
      guards(door({ sequence: "21000,65530" }), {}, [seed, 0, 0, 0]),
    );
    for (const keys of wraps) expect(keys.filter((key) => key < 5000 || key > 60_000)).toHaveLength(3199);
    expect(wraps.some((keys) => keys.includes(1024))).toBe(true);
    expect(wraps.some((keys) => keys.some((key) => key < 1024))).toBe(false);
  });

  it("is narrow for the first step, whose guards stop nobody, and all together are a tenth of the ports", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1024, max: 65_535 }), { minLength: 2, maxLength: 32 }), (ports) => {
        const steps = ports.map((port) => parsePort(String(port)));
        const widths = steps.map((step) => blockWidth(steps, step, "wide"));
        expect(widths.reduce((sum, width) => sum + width, 0)).toBeLessThanOrEqual(65_536 / 10);
        expect(Math.max(...widths)).toBeLessThanOrEqual(3200);
      }),
    );
  });

  it("is one, where a port stands twice in a sequence", () => {
    expect(guards(door({ sequence: "21000,40000,21000,40000" })).length).toBe(
      guards(door({ sequence: "21000,40000" })).length,
    );
  });

  it("is there for sizes of pings, too, but for those of ordinary ones", () => {
    const sizes = guards(door({ sequence: "731/icmp,206/icmp,1253/icmp" })).map(portOfKey);
    expect(sizes.every(({ protocol }) => protocol === "icmp")).toBe(true);
    expect(sizes.length).toBeGreaterThan(300);
    const all = Array.from({ length: 50 }, (_, seed) =>
      guards(door({ sequence: "50/icmp,60/icmp,1470/icmp" }), {}, [seed, 0, 0, 0]),
    ).flat();
    for (const size of [0, 32, 56, 64, 1472]) expect(all).not.toContain(portKey("icmp", size));
  });
});

describe("guards", () => {
  it("depend on their own door alone: its name and what earns it", () => {
    fc.assert(
      fc.property(anySequence, fc.uniqueArray(anySecret, UNLIKE), (sequence, [one = SECRET, ...others]) => {
        const A = door({ name: "A", sequence });
        const ranges = (door: Door, secret: GuardSecret) => guardsOf(door, "wide", UNTOUCHED_GROUND, secret).ranges();
        expect(ranges(A, one)).toEqual(ranges({ ...A, grantMs: 1 }, one));
        if (ranges(A, one).length === 0) return;
        // Where there is little room, two may be the same by chance; eight are not.
        const differ = (all: unknown[]) =>
          expect(new Set(all.map((each) => JSON.stringify(each))).size).toBeGreaterThan(1);
        differ([one, ...others].map((secret) => ranges(A, secret)));
        differ([..."ABCDEFGH"].map((name) => ranges({ ...A, name }, one)));
      }),
      { numRuns: 50 },
    );
  });

  it("never stand on the door's own steps, openings and codes, nor where something listens", () => {
    const anyOpen = fc.integer({ min: 1, max: 65_535 });
    fc.assert(
      fc.property(
        anySequence,
        anyOpen,
        fc.array(anyStep, { maxLength: 50 }),
        anySecret,
        (sequence, open, used, secret) => {
          const A = { ...door({ sequence }), open: [parsePort(`${open}/tcp`), parsePort(`${open}/udp`)] };
          const inUse = new Set(used.map(keyOf));
          const own = new Set([...A.sequence, ...A.open].map((port) => portKey(port.protocol, port.number)));
          const isWrong = (guard: number): boolean => {
            const { protocol, number } = portOfKey(guard);
            const isPort = protocol === "icmp" ? number <= 1472 : number >= 1 && number <= 65_535;
            return own.has(guard) || inUse.has(guard) || !isPort;
          };
          expect(guards(A, { inUse }, secret).filter(isWrong)).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("do not stand among the well-known ports, unless a step does, and never where any host is asked for something", () => {
    for (let seed = 0; seed < 50; seed++) {
      expect(guards(door({ sequence: "1100,1200" }), {}, [seed, 0, 0, 0]).filter((key) => key < 1024)).toEqual([]);
      const low = guards(door({ sequence: "571,290,911" }), {}, [seed, 0, 0, 0]);
      for (const port of [22, 53, 80, 123, 443, 993]) expect(low).not.toContain(port);
    }
  });

  it.each([
    ["udp", "syn,!ack", "21000/udp,32700/udp,64500/udp"],
    ["tcp that takes any packet", "any", "21000,32700,64500"],
  ])("of %s stay out of the ports where answers arrive", (_name, tcpflags, sequence) => {
    for (let seed = 0; seed < 50; seed++) {
      const numbers = guards(door({ sequence, tcpflags }), {}, [seed, 0, 0, 0]).map((key) => portOfKey(key).number);
      expect(numbers.filter((number) => number >= LINUX_OUTGOING.from && number <= LINUX_OUTGOING.to)).toEqual([]);
      expect(numbers.length).toBeGreaterThan(3000);
    }
  });

  it("are none around a step that lies where answers arrive", () => {
    expect(guards(door({ sequence: "40000/udp,41000/udp" }))).toEqual([]);
  });

  it("stand among them all the same where a machine connects from everywhere", () => {
    const outgoing = { from: 1024, to: 65_535 };
    expect(guards(door({ sequence: "40000/udp,41000/udp" }), { outgoing }).length).toBeGreaterThan(3000);
  });

  it("are none without a door, without a step, with one step, and when they are off", () => {
    expect(guards({ ...door(), sequence: [] })).toEqual([]);
    expect(guards(door({ sequence: "7000" }))).toEqual([]);
    expect(keysOf(guardsOf(door(), "none", UNTOUCHED_GROUND, SECRET))).toEqual([]);
  });

  it("step aside for a few services, but not for somebody who listens everywhere", () => {
    const all = guards(door());
    const some = new Set(all.filter((_, index) => index % 100 === 0));
    const few = guardsOf(door(), "wide", { ...UNTOUCHED_GROUND, inUse: some }, SECRET);
    expect(few.crowded).toBe(Math.max(0, some.size - ASIDE_MAX));
    const crowded = guardsOf(door(), "wide", { ...UNTOUCHED_GROUND, inUse: new Set(all) }, SECRET);
    expect(keysOf(crowded)).toHaveLength(all.length - ASIDE_MAX);
    expect(crowded.crowded).toBe(all.length - ASIDE_MAX);
  });

  it("are found again, each of them and nothing else", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 60 }), (keys) => {
        const set = DoorGuards.of(keys);
        const found = Array.from({ length: 303 }, (_, key) => key - 1).filter((key) => set.has(key));
        expect(found).toEqual([...keys].sort((a, b) => a - b));
        expect(sizeOf(set.ranges())).toBe(keys.length);
      }),
    );
  });
});

describe("the width class", () => {
  const doors = (count: number, sequence = "7000,8000,9000") =>
    Array.from({ length: count }, (_, index) => door({ name: `d${index}`, sequence }));

  it("is wide up to a dozen steps, narrow beyond, and none without guards", () => {
    expect(widthClassOf(doors(4), true)).toBe("wide");
    expect(widthClassOf(doors(5), true)).toBe("narrow");
    expect(widthClassOf(doors(1), false)).toBe("none");
  });

  it("does not change when a one-time sequence gives way to a longer one", () => {
    const once = (sequence: string) => [{ ...door({ sequence }), oneTimeSequences: "/etc/knockd/once" }, ...doors(2)];
    expect(widthClassOf(once("1,2"), true)).toBe(widthClassOf(once("1,2,3,4,5,6,7,8,9"), true));
  });

  it("makes blocks a quarter as wide", () => {
    const { sequence } = door();
    for (const step of sequence)
      expect(blockWidth(sequence, step, "narrow")).toBe(blockWidth(sequence, step, "wide") / 4);
  });
});
