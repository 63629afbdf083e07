import { describe, expect, it } from "vitest";
import { hints } from "../../../src/core/config/hints.ts";
import { config, configOf, type DoorOptions } from "../../support/doors.ts";

const SSH: DoorOptions = { name: "ssh", sequence: "31337,4242/udp,9171", open: 22 };
const WEB: DoorOptions = { name: "web", sequence: "1099,4243/udp,17301", open: 443 };

function hintsFor(...doors: DoorOptions[]): string[] {
  return hints(config(doors));
}

describe("what an administrator is told of a file that works", () => {
  it("is nothing where there is nothing to say", () => {
    expect(hintsFor(SSH, WEB)).toEqual([]);
    expect(hintsFor({ ...SSH, for: "1d", seq_timeout: 1 })).toEqual([]);
  });

  it("is a sequence that occurs twice", () => {
    const same = "doors.web.sequence: the same as that of door ssh, so one knock opens both";
    expect(hintsFor(SSH, { ...WEB, sequence: "31337,4242/udp,9171" })).toEqual([same]);
    expect(hintsFor(SSH, { ...WEB, sequence: "31337,4242/tcp,9171" })).toEqual([]);
    expect(hintsFor(SSH, { ...WEB, sequence: "31337,4242/udp,9171", target: "192.0.2.80" })).toEqual([]);
    const target = { target: "192.0.2.80" };
    expect(hintsFor({ ...SSH, ...target }, { ...WEB, sequence: "31337,4242/udp,9171", ...target })).toEqual([same]);
  });

  it("is a sequence that is the beginning of another, in whichever order they stand", () => {
    const longer = { ...WEB, sequence: "31337,4242/udp,9171,1099" };
    const hint = "doors.web.sequence: begins with the whole one of door ssh, which it opens on its way";
    expect(hintsFor(SSH, longer)).toEqual([hint]);
    expect(hintsFor(longer, SSH)).toEqual([hint]);
    expect(hintsFor(longer, { ...SSH, target: "192.0.2.80" })).toEqual([]);
    expect(hintsFor(SSH, { ...WEB, sequence: "31337,4242/udp,9172,1099" })).toEqual([]);
    // 917 is the beginning of 9171 as a text only.
    expect(hintsFor(SSH, { ...WEB, sequence: "31337,4242/udp" })).toEqual([
      "doors.ssh.sequence: begins with the whole one of door web, which it opens on its way",
    ]);
    expect(hintsFor({ ...SSH, sequence: "100,7/icmp" }, { ...WEB, sequence: "100,70/icmp,1" })).toEqual([]);
  });

  it("is that only this machine itself is heard", () => {
    const on = (...interfaces: string[]) => hints({ ...config([SSH]), interfaces });
    expect(on("lo")).toEqual(["options.interface: on lo nobody's knock is heard but this machine's own"]);
    for (const fine of [["lo", "eth0"], ["any"], []]) expect(on(...fine)).toEqual([]);
  });

  it("is not said of one-time sequences, which nobody sees here", () => {
    const door = { one_time_sequences: "/var/lib/knockd/travel", open: 22 };
    expect(hintsFor({ name: "a", ...door }, { name: "b", ...door })).toEqual([]);
  });

  it.each([
    ["32767,1,2", []],
    ["32768,1,2", ["32768/tcp"]],
    ["1,60999/udp,40000,40000", ["60999/udp", "40000/tcp"]],
    ["1,61000/udp,2", []],
  ])("is that ports of %s are this machine's own", (sequence, ports) => {
    expect(hintsFor({ ...SSH, sequence })).toEqual(
      ports.map(
        (port) =>
          `doors.ssh.sequence: ${port} is among the ports of this machine's own connections, use one below 32768`,
      ),
    );
  });

  it("is a seq_timeout that is short for so many steps", () => {
    expect(hintsFor({ ...SSH, seq_timeout: 0.6 })).toEqual([]);
    expect(hintsFor({ ...SSH, seq_timeout: 0.5 })).toEqual([
      "doors.ssh.seq_timeout: 3 steps within 0.5 s leave 250 ms between two, too little for a slow network",
    ]);
    expect(hintsFor({ ...SSH, sequence: "31337", seq_timeout: 0.1 })).toEqual([]);
  });

  it("is a door that stays open for longer than a day", () => {
    const hint = (time: string) => [`doors.ssh.for: ${time} is long: by then the address may be somebody else's`];
    expect(hintsFor({ ...SSH, for: "25h" })).toEqual(hint("more than a day"));
    expect(hintsFor({ ...SSH, for: "7d" })).toEqual(hint("7 days"));
    const command = { name: "ssh", sequence: "31337,4242/udp,9171", start_command: "true", cmd_timeout: "7d" };
    expect(hintsFor({ ...command, stop_command: "true" })).toEqual(hint("7 days"));
    expect(hintsFor(command)).toEqual([]);
  });

  it("is a door that only logs", () => {
    const hint = "doors.ssh: has no open, no set and no start_command, so it only logs";
    const sequence = "31337,4242/udp,9171";
    expect(hintsFor({ sequence })).toEqual([hint]);
    expect(hintsFor({ sequence, start_command: "", stop_command: "true" })).toEqual([hint]);
    for (const does of [
      { open: 22 },
      { set: "inet f s" },
      { set_6: "inet f s" },
      { start_command: "true" },
      { start_command_6: "true" },
    ])
      expect(hintsFor({ sequence, ...does })).toEqual([]);
  });

  it("is a service that asks nobody for a password", () => {
    expect(hintsFor({ ...SSH, open: [22, 6379, "6379/udp"] })).toEqual([
      "doors.ssh.open: 6379/tcp is redis, which often asks nobody for a password: whoever shares the knocker's address is in",
    ]);
  });

  it("is an allow that covers everybody", () => {
    const told = (allow: string[], door = SSH) => hints(config([door], { allow }));
    expect(told(["192.0.2.0/24", "0.0.0.0/0"])).toEqual([
      "options.allow: 0.0.0.0/0 is every IPv4 address, so nothing is hidden from them",
    ]);
    expect(told(["::/0"])).toEqual(["options.allow: ::/0 is every IPv6 address, so nothing is hidden from them"]);
    expect(told(["10.0.0.0/8", "2001:db8::/10"])).toEqual([]);
    expect(told(["0.0.0.0/0"], { name: "lan", sequence: "31337,4242/udp,9171", set: "inet f s" })).toEqual([]);
  });

  it("is what many keys cost", () => {
    const keys = (count: number) =>
      Array.from({ length: count }, (_, index) => `  k${index}: { file: /k/${index}, doors: ssh }`).join("\n");
    const of = (count: number) => hints(configOf(`keys:\n${keys(count)}\ndoors: { ssh: { spa: true, open: 22/tcp } }`));
    expect(of(10)).toEqual([]);
    expect(of(64)).toEqual([
      "keys: some 1562 packets a second can be tried with 64 keys; in a flood of more (3 Mbit/s) whoever comes from a new " +
        "network may have to send again",
    ]);
  });
});
