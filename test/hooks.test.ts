// What start and stop commands are told besides their own words.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { config, type DoorOptions } from "./support/doors.ts";
import { pass, Rig, startRig, stopClock } from "./support/rig.ts";

const CMD: DoorOptions = { name: "cmd", sequence: "1", start_command: "start", stop_command: "stop", cmd_timeout: 10 };
const START_MS = Date.UTC(2026, 0, 1);

beforeEach(() => {
  stopClock();
  vi.setSystemTime(START_MS);
});
afterEach(() => {
  vi.useRealTimers();
});

const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();
const variables = (event: string, closesAt: string, ip = "192.0.2.7", door = "cmd") => ({
  KNOCKD_IP: ip,
  KNOCKD_DOOR: door,
  KNOCKD_EVENT: event,
  KNOCKD_CLOSES_AT: closesAt,
});
const told = (rig: Rig) => rig.commands.map(({ text, variables: words }) => ({ text, ...words }));

describe("a start or stop command", () => {
  it("is told who, which door, what for, and until when", async () => {
    const rig = await startRig([CMD]);
    await rig.play("S1 +10");
    expect(told(rig)).toEqual([
      { text: "start", ...variables("open", at(10)) },
      { text: "stop", ...variables("close", at(10)) },
    ]);
  });

  it("of an IPv6 knocker gets the address in its canonical form", async () => {
    const rig = await startRig([CMD]);
    await rig.play("X6:S1");
    expect(told(rig)).toEqual([{ text: "start", ...variables("open", at(10), "2001:db8::7") }]);
  });

  it("of an extended door stops at the later time, and says that one", async () => {
    const rig = await startRig([CMD]);
    await rig.play("S1 +4 S1 +10");
    expect(told(rig)).toEqual([
      { text: "start", ...variables("open", at(10)) },
      { text: "stop", ...variables("close", at(14)) },
    ]);
  });

  it("of a door that never closes is told no time", async () => {
    const rig = await startRig([{ name: "wake", sequence: "1", start_command: "wake" }]);
    await rig.play("S1");
    expect(told(rig)).toEqual([{ text: "wake", ...variables("open", "", "192.0.2.7", "wake") }]);
  });

  it("that the next start runs after a crash is told the same, but for the time: now", async () => {
    const before = await startRig([CMD]);
    await before.play("S1");
    const rig = new Rig(config([CMD]), before.ledger.handOn(), before.firewall.handOn());
    await pass(60_000);
    await rig.daemon.start();
    await pass(0);
    expect(told(rig)).toEqual([{ text: "stop", ...variables("close", at(60)) }]);
  });

  it("of a grant that goes on over a crash is told its planned end", async () => {
    const before = await startRig([CMD]);
    await before.play("S1");
    const rig = new Rig(config([CMD]), before.ledger.handOn(), before.firewall.handOn());
    await pass(3000);
    await rig.daemon.start();
    await rig.play("+7.1");
    expect(told(rig)).toEqual([{ text: "stop", ...variables("close", at(10)) }]);
  });

  it("that ends with the daemon is told that it ends now", async () => {
    const rig = await startRig([CMD]);
    await rig.play("S1 +2");
    await rig.daemon.stop();
    expect(told(rig).slice(1)).toEqual([{ text: "stop", ...variables("close", at(2)) }]);
  });
});
