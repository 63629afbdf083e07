// The attack: who may open one door looks for the steps of another. Own first step, a group of ports, the rest of the own knock:
// where doors shared one table of ports, the own door opened exactly if the group held no port that any door watched.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import { decode } from "../../src/core/decode.ts";
import { emptyKnock } from "../../src/core/frame.ts";
import { type DoorGuards, guardsOf, UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import { SequenceMatcher } from "../../src/core/sequence/sequence-matcher.ts";
import { config, type DoorOptions } from "../support/doors.ts";
import { frame } from "../support/frames.ts";
import { addresses, packetOf, pass, startRig, stopClock } from "../support/rig.ts";

const OWN: DoorOptions = { name: "own", sequence: "21347,9283,52917", start_command: "own" };
const SECRET: DoorOptions = { name: "secret", sequence: "35104,14733,61250", start_command: "secret" };

beforeEach(stopClock);
afterEach(() => vi.useRealTimers());

describe("who may open one door", () => {
  it("learns nothing of another: each group of ports says the same, whether or not that door is there", async () => {
    const answers = await Promise.all(
      [[OWN], [OWN, SECRET]].map(async (doors) => {
        const rig = await startRig(doors);
        const opened: boolean[] = [];
        // Groups all over the ports, those of the other door's steps among them; each from a fresh address.
        for (let first = 1024, round = 0; first < 65_000; first += 641, round++) {
          const before = rig.ran.length;
          const group = Array.from({ length: 6 }, (_, index) => `S${first + index * 107}`);
          for (const word of ["S21347", ...group, "S9283", "S52917"]) rig.seeFrom(`10.0.0.${round}`, word);
          await pass(0);
          opened.push(rig.ran.length > before);
        }
        await rig.daemon.stop();
        return opened;
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]?.filter(Boolean).length).toBeGreaterThan(50);
  });

  it("may knock at the other's very steps between the own", async () => {
    const rig = await startRig([OWN, SECRET]);
    await rig.play("S21347 S35104 S14733 S9283 S61250 S52917");
    expect([...rig.ran].sort()).toEqual(["own", "secret"]);
    await rig.daemon.stop();
  });
});

/** What one door makes of these packets, beside another. */
function judged(doors: readonly DoorOptions[], packets: readonly string[], secret: number): number[] {
  const said: number[] = [];
  const report = { begins: () => false, found: () => {}, dropped: () => {}, ends: () => {}, timedOut: () => {} };
  const matcher = new SequenceMatcher({ report, seed: 1, attemptsMax: 256 });
  const parsed = config(doors).doors;
  const guards = new Map<string, DoorGuards>(
    parsed.map((door) => [door.name, guardsOf(door, "wide", UNTOUCHED_GROUND, [secret, 2, 3, 4])]),
  );
  matcher.apply({ doors: parsed, guards });
  const knock = emptyKnock();
  for (const [index, packet] of packets.entries()) {
    if (!decode(frame(packetOf(packet), LINKTYPE.RAW), knock)) throw new Error(packet);
    const opened = matcher.accept(knock, addresses("own"), index * 100);
    if (opened.some(({ name }) => name === "A")) said.push(index);
  }
  return said;
}

/** Ports of a small range, so that steps, guards and foreign ports meet. */
const anyPort = fc.integer({ min: 3000, max: 3040 });
const anyStep = fc.tuple(anyPort, fc.constantFrom("tcp", "udp")).map(([port, protocol]) => `${port}/${protocol}`);
const anySequence = fc.array(anyStep, { minLength: 1, maxLength: 3 });
const anyPacket = fc
  .tuple(fc.constantFrom("X", "Y"), fc.constantFrom("S", "S", "U", "SA"), anyPort)
  .map(([source, kind, port]) => `${source}:${kind}${port}`);

describe("what happens at one door", () => {
  it("is the same whatever another door is, and whether it is", () => {
    fc.assert(
      fc.property(
        anySequence,
        anySequence,
        fc.array(anyPacket, { maxLength: 40 }),
        fc.nat(1000),
        fc.constantFrom("syn", "any"),
        (own, others, noise, secret, tcpflags) => {
          const A: DoorOptions = { name: "A", sequence: own };
          const B: DoorOptions = { name: "B", sequence: others, tcpflags };
          const steps = own.map((step) => `X:${step.endsWith("udp") ? "U" : "S"}${Number.parseInt(step, 10)}`);
          // Knocks of the door itself, with noise between them.
          const packets = steps
            .flatMap((step, index) => [...noise.slice(index * 3, index * 3 + 2), step])
            .concat(noise);
          expect(judged([B, A], packets, secret)).toEqual(judged([A], packets, secret));
        },
      ),
      { numRuns: 300 },
    );
  });
});
