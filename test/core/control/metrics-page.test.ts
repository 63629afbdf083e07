import { describe, expect, it } from "vitest";
import { Counters } from "../../../src/core/control/counters.ts";
import { metricsText, type Readings } from "../../../src/core/control/metrics-page.ts";
import { Grants } from "../../../src/core/grant.ts";
import { door } from "../../support/doors.ts";
import { readPage } from "../../support/prometheus.ts";

const readings = (over: Partial<Readings> = {}): Readings => ({
  version: "1.2.3",
  startedMs: 1_700_000_000_123.4,
  captures: [],
  attempts: 0,
  forgotten: 0,
  grants: [],
  ...over,
});

/** All that a packet can be refused for: dashboards and alerts know these words, and the log has the same. */
const REASONS =
  "malformed no-key busy unreadable field weak-digest expired clock replay forgotten memory-full command nat nat-host nat-port address no-host port".split(
    " ",
  );

describe("the page for Prometheus", () => {
  it("has every number at its place", () => {
    const counters = new Counters();
    counters.apply([{ name: "ssh" }]);
    counters.knocks = 1;
    Object.assign(counters.drops, { guard: 2, wrong_port: 3, timeout: 4 });
    Object.assign(counters.refusals, { too_many_open: 5, firewall: 6, ledger: 7 });
    Object.assign(counters.codes, { accepted: 21, wrong: 22, clock: 23, used: 24, second: 25, suspected: 26 });
    Object.assign(counters.of("ssh"), { openings: 8, extensions: 9, closings: 10, commands: 11, commandFailures: 12 });
    counters.packetsAccepted = 15;
    Object.assign(counters.packetsRefused, { replay: 16, "nat-host": 17 });
    const captures = [
      { state: "capturing", received: 100, dropped: 7, lost: 1, packets: { received: 70, dropped: 5 } },
      { state: "waiting", received: 20, dropped: null, lost: 2 },
      { state: "closed", received: 3, dropped: 1, lost: 0 },
    ];
    const page = metricsText(counters, readings({ captures, attempts: 13, forgotten: 14 }));
    const values = readPage(page).map(
      ({ name, labels, value }) => `${[name, ...Object.values(labels)].join(" ")} ${value}`,
    );
    expect(values).toEqual([
      "knockd_build_info 1.2.3 1",
      "knockd_start_time_seconds 1700000000.123",
      "knockd_knocks_total 1",
      "knockd_attempts 13",
      "knockd_attempts_dropped_total guard 2",
      "knockd_attempts_dropped_total wrong_port 3",
      "knockd_attempts_dropped_total timeout 4",
      "knockd_attempts_dropped_total table_full 14",
      "knockd_packets_accepted_total 15",
      ...REASONS.map(
        (reason) => `knockd_packets_refused_total ${reason} ${{ replay: 16, "nat-host": 17 }[reason] ?? 0}`,
      ),
      "knockd_openings_total ssh 8",
      "knockd_extensions_total ssh 9",
      "knockd_closings_total ssh 10",
      "knockd_refusals_total too_many_open 5",
      "knockd_refusals_total firewall 6",
      "knockd_refusals_total ledger 7",
      "knockd_codes_total accepted 21",
      "knockd_codes_total wrong 22",
      "knockd_codes_total clock 23",
      "knockd_codes_total used 24",
      "knockd_codes_total forgotten 0",
      "knockd_codes_total memory_full 0",
      "knockd_codes_total second 25",
      "knockd_codes_total suspected 26",
      "knockd_open_grants ssh 0",
      "knockd_commands_total ssh 11",
      "knockd_command_failures_total ssh 12",
      "knockd_captures waiting 1",
      "knockd_captures starting 0",
      "knockd_captures capturing 1",
      "knockd_capture_frames_total 123",
      "knockd_capture_dropped_total 8",
      "knockd_packet_capture_frames_total 70",
      "knockd_packet_capture_dropped_total 5",
      "knockd_capture_losses_total 3",
    ]);
  });

  it("counts open grants by door, also of a door that the config no longer has", () => {
    const counters = new Counters();
    counters.apply([{ name: "ssh" }, { name: "web" }]);
    const grants = new Grants();
    for (const ip of ["192.0.2.7", "192.0.2.8"]) grants.admit(door({ open: 22 }), ip, 0);
    grants.admit(door({ name: "gone", open: 23 }), "192.0.2.7", 0);
    const page = metricsText(counters, readings({ grants: grants.all() }));
    const open = readPage(page).filter(({ name }) => name === "knockd_open_grants");
    expect(open.map(({ labels, value }) => [labels["door"], value])).toEqual([
      ["ssh", 2],
      ["web", 0],
      ["gone", 1],
    ]);
  });

  it("never has a line for an address, however many there are", () => {
    const counters = new Counters();
    counters.apply([{ name: "ssh" }]);
    const grants = new Grants();
    const lines = () => metricsText(counters, readings({ grants: grants.all() })).split("\n");
    const before = lines().length;
    const ssh = door({ open: 22 });
    for (let host = 0; host < 1000; host++) grants.admit(ssh, `10.0.${host >> 8}.${host & 255}`, 0);
    expect(lines()).toHaveLength(before);
    expect(lines().join()).not.toContain("10.0.");
  });
});
