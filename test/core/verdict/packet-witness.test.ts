import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../src/core/address.ts";
import { emptyKnock, type Knock } from "../../../src/core/frame.ts";
import type { PacketFinding } from "../../../src/core/spa/packet-finding.ts";
import type { Refusal } from "../../../src/core/spa/refusal.ts";
import { sightingJson } from "../../../src/core/verdict/json.ts";
import type { Sighting } from "../../../src/core/verdict/verdict.ts";
import { sightingWords } from "../../../src/core/verdict/verdict-words.ts";
import { Witness } from "../../../src/core/verdict/witness.ts";
import { doorsOf } from "../../support/doors.ts";

const [SSH, WEB] = doorsOf("doors: { ssh: { spa: true, open: 22 }, web: { spa: true, open: 443 } }");
const REPLAY: Refusal = { reason: "replay", key: "alice" };

function knockOf(): Knock {
  const knock = { ...emptyKnock(), protocol: "udp" as const, port: 62_201 };
  knock.source.set(parseAddress("192.0.2.7") ?? []);
  knock.destination.set(parseAddress("198.51.100.1") ?? []);
  return knock;
}

describe("those who look on at signed packets", () => {
  function witness(wants: boolean) {
    const told: Sighting[] = [];
    const logged: string[] = [];
    const log = {
      wantsAll: false,
      found: ({ what }: { readonly what: string }) => void logged.push(what),
      dropped: () => {},
      timedOut: () => {},
    };
    const observer = { wants: () => wants, tell: (sighting: Sighting) => told.push(sighting) };
    const witness = new Witness(log, observer, (door) => door.name === "web");
    const hear = (finding: PacketFinding): void => {
      witness.begins(knockOf(), "packet", 1);
      witness.found(finding);
      witness.ends();
    };
    return { told, logged, hear };
  }

  it("hear whose packet it is, and what became of each door", () => {
    const { told, logged, hear } = witness(true);
    const earned = [SSH, WEB].flatMap((door) => (door === undefined ? [] : [{ door, ip: "192.0.2.7", terms: {} }]));
    hear({ way: "packet", what: "accepted", key: "alice", earned });
    expect(told.map(sightingWords)).toEqual(["key alice: ssh: opens; web: is open already, extended"]);
    expect(told).toMatchObject([
      { source: "192.0.2.7", knock: { destination: "198.51.100.1", port: "62201/udp", watched: "packet" } },
    ]);
    expect(logged).toEqual(["accepted"]);
  });

  it("hear why it was refused, with every fact in JSON", () => {
    const { told, logged, hear } = witness(true);
    hear({ way: "packet", what: "refused", refusal: { reason: "clock", key: "alice", aheadS: 400, maxS: 120 } });
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
    const { told, logged, hear } = witness(false);
    hear({ way: "packet", what: "refused", refusal: REPLAY });
    hear({ way: "packet", what: "accepted", key: "alice", earned: [] });
    expect(told).toEqual([]);
    expect(logged).toEqual(["refused", "accepted"]);
  });
});
