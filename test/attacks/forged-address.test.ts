// The attack that stays: who knows the address of a knocker sends packets to random ports in that name, and a guard that one of them
// touches ends the knock. How many knocks get through is in SECURITY.md: the pause between steps decides.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AddressSet, emptyAddress, parseAddress } from "../../src/core/address.ts";
import { emptyKnock, type Knock } from "../../src/core/frame.ts";
import { guardsOf, UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import { SequenceMatcher } from "../../src/core/sequence/sequence-matcher.ts";
import { config } from "../support/doors.ts";
import { generator } from "../support/generator.ts";

const PAGE = readFileSync(new URL("../../SECURITY.md", import.meta.url), "utf8");
const STEPS = [21_347, 9283, 62_917];
const KNOCKS = 400;
const OWN = parseAddress("198.51.100.1") ?? emptyAddress();

/** Of a hundred knocks with such a pause between steps, how many open beside so many forged packets a second. */
function through(perSecond: number, pauseMs: number): number {
  const random = generator(perSecond + pauseMs);
  const [door] = config([{ name: "ssh", sequence: STEPS.join() }]).doors;
  if (door === undefined) throw new Error("no door");
  const report = { begins: () => false, found: () => {}, dropped: () => {}, ends: () => {}, timedOut: () => {} };
  const matcher = new SequenceMatcher({ report, seed: 1, attemptsMax: 64 });
  const knock: Knock = { ...emptyKnock(), protocol: "tcp", flags: 2 };
  knock.destination.set(OWN);
  knock.source.set(parseAddress("192.0.2.7") ?? []);
  const local = new AddressSet([OWN]);
  const send = (port: number, nowMs: number): number => {
    knock.port = port;
    knock.fingerprint++;
    return matcher.accept(knock, local, nowMs).length;
  };
  let opened = 0;
  for (let number = 0; number < KNOCKS; number++) {
    const guards = guardsOf(door, "wide", UNTOUCHED_GROUND, [number, 2, 3, 4]);
    matcher.apply({ doors: [], guards: new Map() });
    matcher.apply({ doors: [door], guards: new Map([["ssh", guards]]) });
    for (const [index, step] of STEPS.entries()) {
      const nowMs = number * 10_000 + index * pauseMs;
      opened += send(step, nowMs);
      // Between two steps, as many as come at random.
      const forged = index === STEPS.length - 1 ? 0 : arrivals((perSecond * pauseMs) / 1000, random);
      for (let packet = 0; packet < forged; packet++) send(1 + Math.floor(random() * 65_535), nowMs);
    }
  }
  return (100 * opened) / KNOCKS;
}

/** How many of a stream of events come in a time in which so many are expected (Poisson). */
function arrivals(expected: number, random: () => number): number {
  let count = -1;
  for (let left = expected; left > 0 || count < 0; count++) {
    left += Math.log(1 - random());
    if (left <= 0) return count + 1;
  }
  return count;
}

describe("of a hundred knocks beside forged packets", () => {
  it.each([
    [10, 300, 55],
    [100, 300, 0],
    [100, 5, 90],
    [1000, 5, 37],
  ])("%i a second, with pauses of %i ms, some %i open, as SECURITY.md says", (perSecond, pauseMs, percent) => {
    expect(Math.abs(through(perSecond, pauseMs) - percent)).toBeLessThan(7);
    expect(PAGE).toContain(`| ${perSecond.toLocaleString("en-US")} | ${pauseMs} ms | ${percent} % |`);
  });
});
