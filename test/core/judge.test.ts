// One class judges all ways to earn a door, and a further way needs nothing of the others.
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/core/address.ts";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import { decode } from "../../src/core/decode.ts";
import { emptyKnock } from "../../src/core/frame.ts";
import { Judge, WAYS, type WayTools } from "../../src/core/judge.ts";
import { OnceMemory } from "../../src/core/once.ts";
import { DirectOpener } from "../../src/core/spa/opener.ts";
import type { CaptureKind, Earned, Way } from "../../src/core/way.ts";
import { doorsOf } from "../support/doors.ts";
import { frame } from "../support/frames.ts";
import { addresses, packetOf } from "../support/rig.ts";

const TOOLS: WayTools = {
  report: { begins: () => false, found: () => {}, dropped: () => {}, ends: () => {}, timedOut: () => {} },
  usedPackets: new OnceMemory(),
  usedCodes: new OnceMemory(),
  opener: new DirectOpener(),
  seed: 42,
  attemptsMax: 1024,
};
const DOORS = doorsOf("doors: { ssh: { sequence: '1,2' }, web: { sequence: '3' } }");

/** A way of its own: whoever pings with 99 bytes earns the last door. */
function byPing(): Way<{ readonly doors: typeof DOORS }> {
  let last = DOORS.at(-1);
  return {
    apply: ({ doors }) => {
      last = doors.at(-1);
    },
    see: ({ knock, nowMs }, earn) => {
      if (knock.protocol === "icmp" && knock.port === 99 && last !== undefined)
        earn({ door: last, ip: formatAddress(knock.source), terms: { earnedBy: "ping" } }, knock.source, nowMs);
    },
    sweep: () => {},
  };
}

function play(ways: typeof WAYS, line: string, capture?: CaptureKind): string[] {
  const earned: Earned[] = [];
  const judge = new Judge(TOOLS, (each) => earned.push(each), ways);
  const rules = { keys: [], spaPort: 0, spaMaxAgeMs: 0, codeSecrets: new Map<string, Uint8Array<ArrayBuffer>>() };
  judge.apply({ doors: DOORS, guards: new Map(), ...rules });
  const knock = emptyKnock();
  for (const word of line.split(" ")) {
    const seen = frame(packetOf(word), LINKTYPE.RAW);
    if (!decode(seen, knock)) throw new Error(`not a packet: ${word}`);
    judge.see({ capture, frame: seen, knock, local: addresses("own"), nowMs: 0 });
  }
  return earned.map(({ door, ip, terms }) => `${door.name} ${ip} ${terms?.earnedBy ?? "knock"}`);
}

describe("the judge", () => {
  it("tells of each door that is earned, for whom, and how", () => {
    expect(play(WAYS, "S1 Y:S3 S2")).toEqual(["web 192.0.2.8 knock", "ssh 192.0.2.7 knock"]);
  });

  it("counts a knock that two captures see once, and none that only the one for signed packets sees", () => {
    expect(play(WAYS, "S1 S2", "knocks")).toEqual(["ssh 192.0.2.7 knock"]);
    expect(play(WAYS, "S1 S2", "packets")).toEqual([]);
  });

  it("takes a further way for one line in the list of ways", () => {
    expect(play(WAYS, "I99")).toEqual([]);
    expect(play([...WAYS, byPing], "S1 I99 S2")).toEqual(["web 192.0.2.7 ping", "ssh 192.0.2.7 knock"]);
  });

  it("takes for half earned what another way wants to follow, and says nothing of it", () => {
    const followed: string[] = [];
    const second = (): ReturnType<typeof byPing> => ({
      ...byPing(),
      follows: (door) => followed.push(door.name) > 0 && door.name === "ssh",
    });
    expect(play([...WAYS, second], "S1 S2 S3")).toEqual(["web 192.0.2.7 knock"]);
    expect(followed).toEqual(["ssh", "web"]);
  });
});
