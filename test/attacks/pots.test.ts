// The attack: 65,536 forged knocks at a door whose sequence is known, or 67,500 good packets of one key, and nobody else gets in
// any more, not even by hand. What one door or one key takes is taken from nobody else.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLOSINGS_A_TURN, GRANTS_MAX, Grants } from "../../src/core/grant.ts";
import { ONCE_MAX, OnceMemory } from "../../src/core/once.ts";
import { config, door } from "../support/doors.ts";
import { MemoryLedger } from "../support/memory-ledger.ts";
import { memoryLog } from "../support/memory-log.ts";
import { RecordingFirewall } from "../support/recording-firewall.ts";
import { pass, Rig, startRig, stopClock } from "../support/rig.ts";

const ip = (number: number): string => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
const FLOOD = GRANTS_MAX + 4096;

describe("a flood of forged knocks at one door", () => {
  const known = door({ name: "known", open: 80, for: 300 });
  const ssh = door({ name: "ssh", open: 22, for: 300 });

  it("fills no other door, and not even its own for whoever comes by hand, by packet or by code", () => {
    const grants = new Grants();
    for (let number = 0; number < FLOOD; number++) {
      const admission = grants.admit(known, ip(number), number);
      if (admission.outcome === "opened" && admission.givenUp !== undefined) grants.left();
    }
    expect(grants.count).toBeLessThanOrEqual(GRANTS_MAX + 1024);
    expect(grants.admit(ssh, "192.0.2.1", FLOOD).outcome).toBe("opened");
    expect(grants.admit(known, "192.0.2.1", FLOOD).outcome).toBe("opened");
    const ways = ["by hand", "key alice", "code"];
    const outcomes = ways.map((earnedBy, at) => grants.admit(known, `192.0.2.${at + 2}`, FLOOD, { earnedBy }));
    expect(outcomes).toMatchObject(ways.map(() => ({ outcome: "opened", givenUp: undefined })));
  });
});

describe("a daemon whose one door is flooded", () => {
  beforeEach(() => stopClock());
  afterEach(() => vi.useRealTimers());

  it("closes what makes room, and opens the other door", async () => {
    const doors = [
      { name: "known", sequence: "7000/udp", open: 2201, for: "1h" },
      { name: "ssh", sequence: "8000/udp", open: 22, for: "1h" },
    ];
    const rig = new Rig(config(doors), new MemoryLedger(), new RecordingFirewall(), memoryLog(), new Grants(2, 1));
    await rig.daemon.start();
    for (let number = 1; number <= 5; number++) rig.seeFrom(ip(number), "U7000");
    await pass(0);
    const open = (name: string, number: number) => rig.daemon.view.grants.get(name, ip(number))?.state;
    expect([1, 2, 3, 4, 5].map((number) => open("known", number))).toEqual([
      undefined,
      undefined,
      "open",
      "open",
      "open",
    ]);
    expect(rig.log.messages()).toContain("10.0.0.1: known: closed");
    expect((await rig.firewall.listOpen()).map((each) => each.ip)).toEqual([3, 4, 5].map(ip));
    await rig.play("U8000");
    expect(rig.daemon.view.grants.get("ssh", "192.0.2.7")?.state).toBe("open");
    expect(rig.reading('knockd_refusals_total{reason="too_many_open"}')).toBe(0);
    await rig.daemon.stop();
  });
});

describe("a daemon at which thousands of openings end at once", () => {
  beforeEach(() => stopClock());
  afterEach(() => vi.useRealTimers());

  it("closes some in a turn, and hears knocks between them", async () => {
    const doors = [
      { name: "known", sequence: "7000/udp", open: 2201, for: 10 },
      { name: "ssh", sequence: "8000/udp", open: 22, for: 60 },
    ];
    const rig = await startRig(doors);
    const many = 20 * CLOSINGS_A_TURN;
    for (let number = 1; number <= many; number++) rig.seeFrom(ip(number), "U7000");
    await pass(9999);
    const left = () => rig.daemon.view.grants.count;
    expect(left()).toBe(many);
    await pass(1);
    expect(left()).toBe(many - CLOSINGS_A_TURN);
    rig.seeFrom("192.0.2.1", "U8000");
    await pass(0);
    expect(rig.firewall.letThrough()).toContain("ssh 192.0.2.1");
    expect(left()).toBeGreaterThan(1);
    await pass(20);
    expect(left()).toBe(1);
    expect(rig.firewall.letThrough()).toEqual(["ssh 192.0.2.1"]);
    await rig.daemon.stop();
  });
});

describe("a flood of good packets of one key", () => {
  it("fills the memory of used packets for that key alone", () => {
    const memory = new OnceMemory();
    const add = (owner: string, number: number): boolean =>
      memory.add({ fingerprint: `${owner}${number}`.padStart(43, "x"), timeMs: number, owner }, number, 120_000);
    let taken = 0;
    for (let number = 0; number < ONCE_MAX + 4096; number++) if (add("insider", number)) taken++;
    expect(taken).toBe(ONCE_MAX + 1024);
    const others = Array.from({ length: 1024 }, (_each, number) => add("alice", number));
    expect(new Set(others)).toEqual(new Set([true]));
  });
});
