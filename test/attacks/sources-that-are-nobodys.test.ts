// The attack: knocks with sources that nobody can have (0.0.0.0, 127.0.0.1, multicast, our own address on a wire) open doors, fill
// grants and run commands with addresses that mean something else to a firewall.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../src/core/address.ts";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import { decode } from "../../src/core/decode.ts";
import { emptyKnock } from "../../src/core/frame.ts";
import { Judge, WAYS } from "../../src/core/judge.ts";
import { OnceMemory } from "../../src/core/once.ts";
import { DirectOpener } from "../../src/core/spa/opener.ts";
import { frame, syn } from "../support/frames.ts";
import { addresses, packetOf, startRig, stopClock } from "../support/rig.ts";

beforeEach(stopClock);
afterEach(() => vi.useRealTimers());

const NOBODY = [
  "0.0.0.0",
  "127.0.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "198.51.100.1",
  "::",
  "::1",
  "ff02::1",
  "2001:db8::1",
];

describe("a source that is nobody's", () => {
  it.each(NOBODY)("%s opens nothing by its knocks", async (from) => {
    const rig = await startRig([{ name: "A", sequence: "21347,9283", start_command: "%IP%" }]);
    const to = from.includes(":") ? "2001:db8::1" : "198.51.100.1";
    for (const port of [21_347, 9283]) rig.see(syn({ from, to, port, sequence: port }));
    await rig.play("S21347 S9283");
    expect(rig.ran).toEqual(["192.0.2.7"]);
    await rig.daemon.stop();
  });

  it("is seen by no way at all, whatever ways there are", () => {
    const seen: string[] = [];
    const report = { begins: () => false, found: () => {}, dropped: () => {}, ends: () => {}, timedOut: () => {} };
    const tools = {
      report,
      usedPackets: new OnceMemory(),
      usedCodes: new OnceMemory(),
      opener: new DirectOpener(),
      seed: 1,
    };
    const ways = WAYS.map((_make, index) => () => ({
      apply: () => {},
      see: () => void seen.push(`way ${index}`),
      sweep: () => {},
    }));
    const judge = new Judge(tools, () => {}, ways);
    const knock = emptyKnock();
    const packet = frame(packetOf("S1"), LINKTYPE.RAW);
    decode(packet, knock);
    judge.see({ frame: packet, knock, local: addresses("own"), nowMs: 0 });
    expect(seen).toEqual(["way 0", "way 1", "way 2"]);
    for (const from of NOBODY) {
      knock.source.set(parseAddress(from) ?? []);
      judge.see({ frame: packet, knock, local: addresses("own"), nowMs: 0 });
    }
    expect(seen).toHaveLength(3);
  });
});
