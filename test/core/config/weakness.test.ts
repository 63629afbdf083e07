import { describe, expect, it } from "vitest";
import { weaknesses } from "../../../src/core/config/weakness.ts";
import { config } from "../../support/doors.ts";

describe("what is unwise", () => {
  it.each([
    ["31337,4242/udp,9171", []],
    ["31337,4242,9171,500/icmp", []],
    ["7000", ["one step is found by whoever tries all ports once, use 3 or more"]],
    ["31337,4242", ["two steps are found by every other scan in random order, use 3 or more"]],
    [
      "7000,7001",
      [
        "two steps are found by every other scan in random order, use 3 or more",
        "all steps are neighbours, spread them",
      ],
    ],
    ["7003,7002,7001", ["all steps are neighbours, spread them"]],
    ["7001,7002,7002,7001", ["all steps are neighbours, spread them"]],
    ["4242,9171,31337", ["ascending, the order that scanners use"]],
    ["31337,9171,4242", ["descending, an order that scanners use"]],
    [
      "7000,8000,9000",
      [
        "7000, 8000, 9000 is an example that everybody knows, choose your own",
        "ascending, the order that scanners use",
      ],
    ],
    [
      "7000/udp,8000,9000",
      [
        "7000, 8000, 9000 is an example that everybody knows, choose your own",
        "ascending, the order that scanners use",
      ],
    ],
  ])("in the sequence %s is %j", (sequence, texts) => {
    expect(weaknesses(config([{ sequence }]))).toEqual(texts.map((text) => `doors.ssh.sequence: ${text}`));
  });

  it("is not said of one-time sequences, which nobody sees here", () => {
    expect(weaknesses(config([{ one_time_sequences: "/etc/knockd/ssh.sequences" }]))).toEqual([]);
  });

  it("is opening a port that another door watches", () => {
    const doors = [
      { name: "ssh", sequence: "31337,4242,9171", open: [22, "4343/udp"] },
      { name: "web", sequence: "22,4343/udp,1099", open: "80" },
    ];
    expect(weaknesses(config(doors))).toEqual([
      "doors.ssh.open: 22/tcp is already watched by door web: each connection to it counts as a knock there",
      "doors.ssh.open: 4343/udp is already watched by door web: each connection to it counts as a knock there",
    ]);
  });

  it("is said once of a port that leads on over both families", () => {
    const open = ["192.168.1.10:22", "[fd00::10]:22"].map((to) => ({ port: 2222, to }));
    const doors = [
      { name: "ssh", sequence: "31337,4242,9171", open },
      { name: "web", sequence: "2222,4343/udp,1099" },
    ];
    expect(weaknesses(config(doors))).toEqual([
      "doors.ssh.open: 2222/tcp is already watched by door web: each connection to it counts as a knock there",
    ]);
  });

  it("is a firewall that hides nothing, where something should be hidden", () => {
    const sequence = "31337,4242,9171";
    expect(weaknesses(config([{ sequence, open: 22 }], { firewall: "none" }))).toEqual([
      "options.firewall: none hides and opens nothing, openings are only logged",
    ]);
    expect(weaknesses(config([{ sequence }], { firewall: "none" }))).toEqual([]);
  });
});
