// What a scan needs, calculated: the promises of docs/odds.md, and the formula against the real matcher.
import { describe, expect, it } from "vitest";
import { AddressSet, emptyAddress, parseAddress } from "../../../src/core/address.ts";
import { emptyKnock } from "../../../src/core/frame.ts";
import { DoorGuards } from "../../../src/core/guard/guard.ts";
import {
  oddsOfSequence,
  orderOdds,
  packetsText,
  randomOdds,
  timeText,
  WEAK_BITS,
} from "../../../src/core/guard/odds.ts";
import { ringSlice } from "../../../src/core/guard/ranges.ts";
import { type Port, type Protocol, parsePort, portKey } from "../../../src/core/port.ts";
import { SequenceMatcher } from "../../../src/core/sequence/sequence-matcher.ts";
import { door } from "../../support/doors.ts";

const steps = (text: string): Port[] => text.split(",").map(parsePort);
const bitsOf = (text: string): number => oddsOfSequence(steps(text), "wide").bits;
const random = (count: number, protocol: Protocol = "tcp"): number =>
  randomOdds(
    Array.from({ length: count }, () => protocol),
    "wide",
  );

describe("the best scan needs", () => {
  it("at least 2^40 packets for three random tcp steps, and 2^50 for four", () => {
    expect(random(3)).toBeGreaterThan(40);
    expect(random(4)).toBeGreaterThan(50);
  });

  it("more with each further step, and as many whoever may open another door has", () => {
    for (let count = 1; count < 8; count++) expect(random(count + 1)).toBeGreaterThan(random(count) + 8);
  });

  it("what is left where somebody knows the first steps", () => {
    expect(randomOdds(["tcp", "tcp", "tcp"], "wide", 1)).toBeCloseTo(random(2), 0);
    expect(randomOdds(["tcp", "tcp", "tcp"], "wide", 2)).toBeCloseTo(random(1), 0);
  });

  it.each([
    ["one step: all ports once", "21347", 16],
    ["two steps", "21347,9283", 27.6],
    ["three", "21347,9283,62917", 40.3],
    ["three, ascending, the order of scans", "9283,21347,62917", 39.3],
    ["favourites", "7000,9000,8000", 13.2],
    ["favourites of another kind", "1337,31337,4444", 13.2],
    ["two favourites and a random one", "7000,21347,9000", 22.1],
    ["one favourite and two random ones", "7000,21347,9283", 31.1],
    ["a manual's example", "7000,8000,9000", 12.2],
    ["neighbours", "21347,21348,21349", 17.5],
    ["even distances", "21347,22347,23347", 23.5],
    ["steps that are near each other", "21347,21380,21310", 29.2],
    ["three sizes of pings", "731/icmp,206/icmp,1253/icmp", 26.5],
    ["a port that stands twice counts once", "21347,9283,21347,9283", 27.5],
  ])("for %s: %s", (_name, text, bits) => {
    expect(bitsOf(text)).toBeGreaterThan(bits - 0.3);
    expect(bitsOf(text)).toBeLessThan(bits + 0.3);
  });

  it("next to nothing more for any number of steps where guards are off", () => {
    expect(oddsOfSequence(steps("21347,9283,62917,15391,28463,5179"), "none").bits).toBeLessThan(20);
  });

  it("fewer for narrow blocks, but more than for a weak sequence", () => {
    expect(oddsOfSequence(steps("21347,9283,62917"), "narrow").bits).toBeGreaterThan(WEAK_BITS + 5);
  });
});

describe("odds in words", () => {
  it.each([
    [7, "some 100"],
    [13.2, "some 9,000"],
    [19.9, "some 900,000"],
    [22.5, "2^22"],
    [40.1, "2^40"],
  ])("%s bits are %s packets", (bits, text) => {
    expect(packetsText(bits)).toBe(text);
  });

  it.each([
    [10, "less than a second"],
    [20, "10 seconds"],
    [30, "2 hours"],
    [40, "127 days"],
    [50, "356 years"],
  ])("%s bits take %s", (bits, text) => {
    expect(timeText(bits)).toBe(text);
  });
});

/** A world so small that doors do open: so many ports in a ring, blocks of so many. */
const PORTS = 128;
const BASE = 1000;
const PACKETS = 1500;
const DOORS = 700;

/** The same numbers each time. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface World {
  readonly random: () => number;
  readonly width: number;
}

/** Scans whose author knows all but the secret. Each says the port of its next packet. */
const SCANS: Record<string, (world: World) => (packet: number) => number> = {
  "of random ports":
    ({ random }) =>
    () =>
      Math.floor(random() * PORTS),
  "one port a block, and a little further each time round": ({ random, width }) => {
    const first = Math.floor(random() * PORTS);
    return (packet) => first + packet * (width + 1);
  },
  "one port a block, each port twice": ({ random, width }) => {
    const first = Math.floor(random() * PORTS);
    return (packet) => first + (packet >>> 1) * (width + 1);
  },
  "one port a block, three times round": ({ random, width }) => {
    const around = PORTS / width;
    const offset = Math.floor(random() * width);
    return (packet) => (packet % around) * width + offset + Math.floor(packet / (3 * around));
  },
  "of every second port, in runs": ({ random }) => {
    let first = 0;
    return (packet) => {
      if (packet % 16 === 0) first = Math.floor(random() * PORTS);
      return first + 2 * (packet % 16);
    };
  },
  "in ascending order": ({ random }) => {
    const first = Math.floor(random() * PORTS);
    return (packet) => first + packet;
  },
  "of a few ports, again and again": ({ random }) => {
    const few = Array.from({ length: 6 }, () => Math.floor(random() * PORTS));
    return () => few[Math.floor(random() * few.length)] ?? 0;
  },
};

/** How often it opens a door of random steps, as a share of what the formula allows. */
function measured(scan: (world: World) => (packet: number) => number, count: number, width: number): number {
  const random = generator();
  const matcher = new SequenceMatcher({
    report: { begins: () => false, found: () => {}, dropped: () => {}, ends: () => {}, timedOut: () => {} },
    seed: 1,
    attemptsMax: 64,
  });
  const own = parseAddress("198.51.100.1") ?? emptyAddress();
  const knock = emptyKnock();
  knock.destination.set(own);
  knock.source.set(parseAddress("192.0.2.7") ?? []);
  knock.flags = 2;
  const local = new AddressSet([own]);
  let opened = 0;
  for (let index = 0; index < DOORS; index++) {
    const { one, guards } = randomDoor(random, count, width);
    matcher.apply({ doors: [], guards: new Map() });
    matcher.apply({ doors: [one], guards: new Map([[one.name, guards]]) });
    const next = scan({ random, width });
    for (let packet = 0; packet < PACKETS; packet++) {
      knock.port = BASE + (next(packet) % PORTS);
      knock.fingerprint = index * PACKETS + packet + 1;
      opened += matcher.accept(knock, local, packet).length;
    }
  }
  const order = orderOdds(Array.from({ length: count - 1 }, () => ({ protocol: "tcp", number: 1 })));
  return opened / ((DOORS * PACKETS * order) / (PORTS * width ** (count - 1)));
}

function randomDoor(random: () => number, count: number, width: number) {
  const numbers = new Set<number>();
  while (numbers.size < count) numbers.add(Math.floor(random() * PORTS));
  const blocks = [...numbers]
    .slice(1)
    .flatMap((number) => ringSlice([{ from: 0, to: PORTS - 1 }], number - Math.floor(random() * width), width));
  const keys = blocks.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
  const guards = DoorGuards.of(
    keys.filter((number) => !numbers.has(number)).map((number) => portKey("tcp", BASE + number)),
  );
  const sequence = [...numbers].map((number): Port => ({ protocol: "tcp", number: BASE + number }));
  return { one: { ...door(), sequence }, guards };
}

describe("in a small world the real matcher opens", () => {
  // Some 60 doors of three steps open, so chance alone is an eighth; and in a small world blocks lie in each other more often.
  it.each(Object.entries(SCANS))("no more often than the formula says, for a scan %s", (_name, scan) => {
    expect(measured(scan, 2, 8)).toBeLessThan(1.15);
    expect(measured(scan, 3, 8)).toBeLessThan(1.5);
  });

  it("nearly as often for the best of them, so that the formula is no idle promise", () => {
    const best = SCANS["one port a block, and a little further each time round"];
    if (best === undefined) throw new Error("no such scan");
    expect(measured(best, 2, 8)).toBeGreaterThan(0.8);
    expect(measured(best, 3, 8)).toBeGreaterThan(0.6);
  });
});
