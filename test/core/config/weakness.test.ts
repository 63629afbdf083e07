import { describe, expect, it } from "vitest";
import { weaknesses } from "../../../src/core/config/weakness.ts";
import { config } from "../../support/doors.ts";

describe("what is unwise", () => {
  it.each<[string, string | undefined]>([
    ["31471,4242/udp,9171", undefined],
    ["31471,4263,9171,500/icmp", undefined],
    ["4263,9171,31471", undefined],
    ["7000,9171,31471", undefined],
    [
      "7300",
      "one step is found by whoever tries all ports once, use 3 or more: a scan needs some 1,000 packets to open the door",
    ],
    ["31471,4263", "two steps are few, use 3 or more: a scan needs 2^27 packets to open the door"],
    [
      "17001,17002",
      "two steps are few, use 3 or more; all steps are neighbours, spread them: a scan needs some 100,000 packets to open the door",
    ],
    ["17003,17002,17001", "all steps are neighbours, spread them: a scan needs some 100,000 packets to open the door"],
    [
      "17001,17002,17002,17001",
      "two steps are few, use 3 or more; all steps are neighbours, spread them: a scan needs some 100,000 packets to open the door",
    ],
    ["17401,18401,19401", "the steps are evenly spaced: a scan needs 2^23 packets to open the door"],
    [
      "7000,9171,9000",
      "7000/tcp, 9000/tcp are ports that scanners try first: a scan needs 2^22 packets to open the door",
    ],
    [
      "7000,21347,9000,9283",
      "7000/tcp, 9000/tcp are ports that scanners try first: a scan needs 2^30 packets to open the door",
    ],
    ["7000,21347,9283,62917", undefined],
    [
      "7000,8000,9000",
      "7000/tcp, 8000/tcp, 9000/tcp are ports that scanners try first; the steps are evenly spaced: a scan needs some 5,000 packets to open the door",
    ],
    [
      "1337,31337,4444",
      "1337/tcp, 31337/tcp, 4444/tcp are ports that scanners try first: a scan needs some 10,000 packets to open the door",
    ],
  ])("in the sequence %s is %j", (sequence, text) => {
    const found = text === undefined ? [] : [`doors.ssh.sequence: ${text}`];
    expect(weaknesses(config([{ sequence }]))).toEqual(found);
  });

  it("is any sequence where guards are off", () => {
    const [found] = weaknesses(config([{ sequence: "31471,4263,9171,17401" }], { scan_guard: false }));
    expect(found).toMatch(/scan_guard is off: a scan needs some \d00,000 packets/);
  });

  it("is not said of one-time sequences, which nobody sees here", () => {
    expect(weaknesses(config([{ one_time_sequences: "/etc/knockd/ssh.sequences" }]))).toEqual([]);
  });

  it("is opening a port that another door watches", () => {
    const doors = [
      { name: "ssh", sequence: "31471,4263,9171", open: [22, "4343/udp"] },
      { name: "web", sequence: "22,4343/udp,17099", open: "80" },
    ];
    expect(weaknesses(config(doors)).filter((text) => text.includes(".open"))).toEqual([
      "doors.ssh.open: 22/tcp is already watched by door web: each connection to it counts as a knock there",
      "doors.ssh.open: 4343/udp is already watched by door web: each connection to it counts as a knock there",
    ]);
  });

  it("is said once of a port that leads on over both families", () => {
    const open = ["192.168.1.10:22", "[fd00::10]:22"].map((to) => ({ port: 2222, to }));
    const doors = [
      { name: "ssh", sequence: "31471,4263,9171", open },
      { name: "web", sequence: "2222,4371/udp,17099" },
    ];
    expect(weaknesses(config(doors))).toEqual([
      "doors.ssh.open: 2222/tcp is already watched by door web: each connection to it counts as a knock there",
    ]);
  });

  it("is a firewall that hides nothing, where something should be hidden", () => {
    const sequence = "31471,4263,9171";
    expect(weaknesses(config([{ sequence, open: 22 }], { firewall: "none" }))).toEqual([
      "options.firewall: none hides and opens nothing, openings are only logged",
    ]);
    expect(weaknesses(config([{ sequence }], { firewall: "none" }))).toEqual([]);
  });
});
