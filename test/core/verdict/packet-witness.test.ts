import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../src/core/address.ts";
import { emptyKnock, type Knock } from "../../../src/core/frame.ts";
import { type Opened, open } from "../../../src/core/spa/open-packet.ts";
import type { Refusal } from "../../../src/core/spa/refusal.ts";
import { sightingJson } from "../../../src/core/verdict/json.ts";
import { PacketWitness } from "../../../src/core/verdict/packet-witness.ts";
import type { Sighting } from "../../../src/core/verdict/verdict.ts";
import { sightingWords } from "../../../src/core/verdict/verdict-words.ts";
import { doorsOf } from "../../support/doors.ts";
import { key, packet } from "../../support/spa-packets.ts";

const [SSH, WEB] = doorsOf("doors: { ssh: { spa: true, open: 22 }, web: { spa: true, open: 443 } }");
const REPLAY: Refusal = { reason: "replay", key: "alice" };

function knockOf(): Knock {
  const knock = { ...emptyKnock(), protocol: "udp" as const, port: 62_201 };
  knock.source.set(parseAddress("192.0.2.7") ?? []);
  knock.destination.set(parseAddress("198.51.100.1") ?? []);
  return knock;
}

function openedOf(): Opened {
  const opened = open(packet({ nowS: 1 }), [key()]);
  if ("reason" in opened) throw new Error(opened.reason);
  return opened;
}

describe("onlookers of signed packets", () => {
  function witness(wants: boolean) {
    const told: Sighting[] = [];
    const logged: string[] = [];
    const log = { accepted: () => logged.push("accepted"), refused: () => logged.push("refused") };
    const observer = { wants: () => wants, tell: (sighting: Sighting) => told.push(sighting) };
    return { told, logged, report: new PacketWitness(log, observer, (door) => door.name === "web") };
  }

  it("hear whose packet it is, and what became of each door", () => {
    const { told, logged, report } = witness(true);
    const earned = [SSH, WEB].flatMap((door) => (door === undefined ? [] : [{ door, ip: "192.0.2.7", terms: {} }]));
    report.accepted(openedOf(), earned, knockOf(), 1);
    expect(told.map(sightingWords)).toEqual(["key alice: ssh: opens; web: is open already, extended"]);
    expect(told).toMatchObject([
      { source: "192.0.2.7", knock: { destination: "198.51.100.1", port: "62201/udp", watched: "packet" } },
    ]);
    expect(logged).toEqual(["accepted"]);
  });

  it("hear why it was refused, with every fact in JSON", () => {
    const { told, logged, report } = witness(true);
    report.refused({ reason: "clock", key: "alice", aheadS: 400, maxS: 120 }, knockOf(), 1);
    const [sighting] = told;
    if (sighting === undefined) throw new Error("nothing told");
    expect(sightingJson(sighting, "2027-01-15T12:00:00.000Z")).toEqual({
      event: "knock",
      at: "2027-01-15T12:00:00.000Z",
      source: "192.0.2.7",
      destination: "198.51.100.1",
      port: "62201/udp",
      watched: "packet",
      spa: { reason: "clock", key: "alice", ahead_s: 400, max_s: 120 },
      verdicts: [],
      text: "key alice: refused: its clock is 400 s ahead of ours, at most 120 s are allowed",
    });
    expect(logged).toEqual(["refused"]);
  });

  it("who are not there cost nothing but the log", () => {
    const { told, logged, report } = witness(false);
    report.refused(REPLAY, knockOf(), 1);
    report.accepted(openedOf(), [], knockOf(), 1);
    expect(told).toEqual([]);
    expect(logged).toEqual(["refused", "accepted"]);
  });
});
