// The attack: a scan by someone who has read the source. A hundred favourite ports in random order opened 7000,9000,8000 after 115
// packets, and doors of ping sizes opened after 137,063 pings, since they had no guards but their neighbours.
import { describe, expect, it } from "vitest";
import { AddressSet, emptyAddress, parseAddress } from "../../src/core/address.ts";
import { emptyKnock, type Knock } from "../../src/core/frame.ts";
import { guardsOf, UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import type { Protocol } from "../../src/core/port.ts";
import { SequenceMatcher } from "../../src/core/sequence/sequence-matcher.ts";
import { config } from "../support/doors.ts";
import { generator } from "../support/generator.ts";

/** What the attack used: thousands, repeated and running digits, and what stands for itself. */
const FAVOURITES = [
  ...Array.from({ length: 65 }, (_, index) => (index + 1) * 1000),
  ...[1111, 2222, 3333, 4444, 5555, 6666, 7777, 8888, 9999, 11_111, 22_222, 33_333, 44_444, 55_555],
  ...[1234, 2345, 3456, 4567, 5678, 6789, 4321, 5432, 6543, 7654, 8765, 9876, 12_345, 23_456, 34_567, 45_678, 54_321],
  ...[
    1337, 31_337, 13_337, 8080, 8443, 8081, 2323, 4242, 5900, 3389, 24_680, 13_579, 62_201, 65_432, 65_535, 1212, 3434,
  ],
];

function shuffled(numbers: readonly number[], random: () => number): number[] {
  return numbers
    .map((number) => ({ number, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ number }) => number);
}

/** How often the door opens for so many rounds of all these ports, in another order each time. */
function opened(
  sequence: string,
  ports: readonly number[],
  protocol: Protocol,
  rounds: number,
  secret: number,
): number {
  const [door] = config([{ name: "ssh", sequence }]).doors;
  if (door === undefined) throw new Error("no door");
  const report = { begins: () => false, found: () => {}, dropped: () => {}, ends: () => {}, timedOut: () => {} };
  const matcher = new SequenceMatcher({ report, seed: 1, attemptsMax: 64 });
  matcher.apply({
    doors: [door],
    guards: new Map([["ssh", guardsOf(door, "wide", UNTOUCHED_GROUND, [secret, 2, 3, 4])]]),
  });
  const knock: Knock = { ...emptyKnock(), protocol, flags: 2 };
  const own = parseAddress("198.51.100.1") ?? emptyAddress();
  knock.destination.set(own);
  knock.source.set(parseAddress("192.0.2.7") ?? []);
  const local = new AddressSet([own]);
  const random = generator(secret + 1);
  let count = 0;
  for (let round = 0; round < rounds; round++)
    for (const port of shuffled(ports, random)) {
      knock.port = port;
      knock.fingerprint = protocol === "tcp" ? knock.fingerprint + 1 : 0;
      count += matcher.accept(knock, local, round).length;
    }
  return count;
}

describe("a scan that knows the source", () => {
  it.each(["7000,9000,8000", "1337,31337,4444", "8000,7000,9000"])(
    "of favourite ports needs thousands of packets for %s, not a hundred",
    (sequence) => {
      const rounds = 60;
      const installations = 20;
      const openings = Array.from({ length: installations }, (_, secret) =>
        opened(sequence, FAVOURITES, "tcp", rounds, secret),
      );
      const packets = FAVOURITES.length * rounds * installations;
      const total = openings.reduce((sum, each) => sum + each, 0);
      expect(packets / Math.max(1, total)).toBeGreaterThan(2000);
    },
  );

  it("of all sizes of pings opens nothing in three times what it took", () => {
    const sizes = Array.from({ length: 1473 }, (_, size) => size);
    expect(opened("731/icmp,206/icmp,1253/icmp", sizes, "icmp", 280, 1)).toBe(0);
  });

  it("of all ports opens nothing, in ascending, descending and random order", () => {
    const ports = Array.from({ length: 65_535 }, (_, index) => index + 1);
    expect(opened("21347,9283,52917", ports, "tcp", 5, 1)).toBe(0);
  });
});
