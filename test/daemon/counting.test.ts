// What is counted, where it happens: knocks in, the page for Prometheus out.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PASSING_KEPT, PASSING_MAX } from "../../src/core/grant.ts";
import { config, type DoorOptions } from "../support/doors.ts";
import { readPage } from "../support/prometheus.ts";
import { Rig, startRig, stopClock } from "../support/rig.ts";

const SSH: DoorOptions = { name: "ssh", sequence: "7000,8000", open: "22/tcp", for: "30s", seq_timeout: 5 };
const CMD: DoorOptions = { name: "cmd", sequence: "1", start_command: "start", stop_command: "stop", cmd_timeout: 10 };

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

describe("the metrics of a daemon", () => {
  it("follow a door from knock to close", async () => {
    const rig = await startRig([SSH, CMD], { scan_guard: false });
    await rig.play("S7000");
    expect(rig.reading("knockd_attempts")).toBe(1);
    await rig.play("S8000 Y:S7000 Y:S8000 S7000 S8000");
    expect(rig.reading("knockd_knocks_total")).toBe(6);
    expect(rig.reading('knockd_openings_total{door="ssh"}')).toBe(2);
    expect(rig.reading('knockd_extensions_total{door="ssh"}')).toBe(1);
    expect(rig.reading('knockd_open_grants{door="ssh"}')).toBe(2);
    expect(rig.reading('knockd_openings_total{door="cmd"}')).toBe(0);
    await rig.play("+30.1");
    expect(rig.reading('knockd_open_grants{door="ssh"}')).toBe(0);
    expect(rig.reading('knockd_closings_total{door="ssh"}')).toBe(2);
    expect(rig.reading("knockd_attempts")).toBe(0);
  });

  it("count what a packet that is no knock does not", async () => {
    const rig = await startRig([SSH]);
    rig.see(new Uint8Array(60));
    expect(rig.reading("knockd_knocks_total")).toBe(0);
  });

  it("count attempts that come to nothing, by reason", async () => {
    const rig = await startRig([{ ...SSH, sequence: "7000,8000,9000" }, CMD]);
    await rig.play("S7000 S7001 S7000 S7001 S7000 S9000 S7000 +10");
    const drops = (reason: string) => rig.reading(`knockd_attempts_dropped_total{reason="${reason}"}`);
    expect([drops("guard"), drops("wrong_port"), drops("timeout"), drops("table_full")]).toEqual([2, 1, 1, 0]);
  });

  it("count doors that were earned and did not open, by reason", async () => {
    const rig = await startRig([SSH, CMD]);
    const refusals = (reason: string) => rig.reading(`knockd_refusals_total{reason="${reason}"}`);
    rig.firewall.failure = new Error("nft: no");
    await rig.play("S7000 S8000 +1");
    rig.firewall.failure = undefined;
    expect([refusals("firewall"), refusals("ledger"), refusals("too_many_open")]).toEqual([1, 0, 0]);
    rig.ledger.failure = new Error("disk full");
    await rig.play("S1 S7000 S8000");
    rig.ledger.failure = undefined;
    // The kernel closes ssh by itself, so that one opens.
    expect([refusals("firewall"), refusals("ledger"), refusals("too_many_open")]).toEqual([1, 1, 0]);
    expect(rig.reading('knockd_openings_total{door="cmd"}')).toBe(0);
  });

  it("count knocks that are too many at a time", async () => {
    const rig = await startRig([{ name: "wake", sequence: "1/udp", start_command: "wake" }]);
    rig.commandMs = 1000;
    for (let host = 0; host < PASSING_MAX + PASSING_KEPT + 3; host++)
      rig.seeFrom(`10.0.${host >> 8}.${host & 255}`, "U1");
    await rig.play("");
    expect(rig.reading('knockd_refusals_total{reason="too_many_open"}')).toBe(3);
    expect(rig.reading("knockd_knocks_total")).toBe(PASSING_MAX + PASSING_KEPT + 3);
  });

  it("count commands, and those that fail in any way", async () => {
    const rig = await startRig([CMD]);
    await rig.play("S1 +10.1");
    rig.result = { outcome: "status", status: 3, output: "" };
    await rig.play("S1");
    rig.result = { outcome: "unstarted", reason: "ENOENT", passing: false };
    await rig.play("+10.1");
    expect(rig.reading('knockd_commands_total{door="cmd"}')).toBe(4);
    expect(rig.reading('knockd_command_failures_total{door="cmd"}')).toBe(2);
  });

  it("do not count as an opening what an earlier run opened", async () => {
    const before = await startRig([SSH]);
    await before.play("S7000 S8000");
    const rig = new Rig(config([SSH]), before.ledger.handOn(), before.firewall.handOn());
    await rig.daemon.start();
    await rig.play("+1");
    expect(rig.reading('knockd_openings_total{door="ssh"}')).toBe(0);
    expect(rig.reading('knockd_open_grants{door="ssh"}')).toBe(1);
  });

  it("go on over a reload", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S7000 S8000");
    await rig.daemon.reload(config([SSH, { name: "web", sequence: "5,6" }]));
    expect(rig.reading('knockd_openings_total{door="ssh"}')).toBe(1);
    expect(rig.reading('knockd_openings_total{door="web"}')).toBe(0);
  });

  it("have as many lines in a flood as without", async () => {
    const rig = await startRig([SSH, CMD]);
    const lines = () => readPage(rig.daemon.metrics({ version: "1", startedMs: 0, captures: [] })).length;
    const before = lines();
    for (let host = 0; host < 500; host++) {
      rig.seeFrom(`203.0.113.${host & 255}`, "S7000");
      rig.seeFrom(`203.0.113.${host & 255}`, "S1");
    }
    await rig.play("+0.1");
    expect(lines()).toBe(before);
  });
});
