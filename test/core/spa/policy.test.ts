import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../src/core/address.ts";
import type { Key } from "../../../src/core/spa/key.ts";
import { open, prepare } from "../../../src/core/spa/open-packet.ts";
import { judge } from "../../../src/core/spa/policy.ts";
import type { Outgoing } from "../../../src/core/spa/seal.ts";
import { doorsOf } from "../../support/doors.ts";
import { key, packet } from "../../support/spa-packets.ts";

const NOW_MS = Date.UTC(2027, 0, 15, 12);
const DOORS = doorsOf(`
doors:
  ssh: { spa: true, open: 22/tcp, for: 30s, max_for: 5m }
  web: { spa: true, open: [80/tcp, 443/tcp] }
  both: { spa: true, open: [22/tcp, 443/tcp] }
  hooks: { spa: 8443/tcp, start_command: x }
  knocks: { sequence: "7000,8000,9000", open: 23/tcp }
`);

interface Case {
  readonly rule?: Partial<Key>;
  readonly sender?: string;
  readonly nowMs?: number;
  readonly yaml?: string;
}

function judged(asked: Partial<Outgoing>, { rule = {}, sender = "192.0.2.7", nowMs = NOW_MS, yaml }: Case = {}) {
  const keys = prepare([key({ doors: ["ssh", "web", "hooks", "knocks"], ...rule })]);
  const opened = open(packet({ nowS: NOW_MS / 1000, ...asked }), keys);
  if ("reason" in opened) throw new Error(opened.reason);
  const address = parseAddress(sender);
  if (address === undefined) throw new Error(sender);
  const verdict = judge(opened, {
    sender: address,
    nowMs,
    maxAgeMs: 120_000,
    doors: yaml === undefined ? DOORS : doorsOf(yaml),
  });
  if ("reason" in verdict) return verdict;
  return verdict.map(({ door, ip, terms }) => `${door.name} ${ip} ${terms?.durationMs} key ${terms?.key}`);
}

const ask = (...ports: string[]) => ({ message: ["192.0.2.7", ...ports].join(",") });

describe("the doors of a request", () => {
  it.each([
    [["tcp/22"], ["ssh 192.0.2.7 30000 key alice"]],
    [
      ["tcp/443", "tcp/22"],
      ["web 192.0.2.7 10000 key alice", "ssh 192.0.2.7 30000 key alice"],
    ],
    [["tcp/80", "tcp/443", "tcp/80"], ["web 192.0.2.7 10000 key alice"]],
    [["tcp/8443"], ["hooks 192.0.2.7 10000 key alice"]],
  ])("of %j are %j", (ports, earned) => {
    expect(judged(ask(...ports))).toEqual(earned);
  });

  it("are those of the key's own list, in its order", () => {
    expect(judged(ask("tcp/22", "tcp/443"), { rule: { doors: ["both", "ssh"] } })).toEqual([
      "both 192.0.2.7 10000 key alice",
    ]);
    expect(judged(ask("tcp/22"), { rule: { doors: ["ssh", "both"] } })).toEqual(["ssh 192.0.2.7 30000 key alice"]);
  });

  it.each([
    [["udp/22"], "22/udp"],
    [["tcp/22", "tcp/23"], "23/tcp"],
    [["tcp/65535", "tcp/22"], "65535/tcp"],
  ])("of %j are none for %s", (ports, port) => {
    expect(judged(ask(...ports))).toEqual({ reason: "port", key: "alice", port });
  });

  it("are none of a door that the key is not for, or that only hears elsewhere", () => {
    expect(judged(ask("tcp/22"), { rule: { doors: ["web"] } })).toMatchObject({ reason: "port" });
    expect(judged(ask("tcp/22"), { rule: { doors: ["gone"] } })).toMatchObject({ reason: "port" });
  });
});

describe("the time", () => {
  it.each([
    [120, undefined],
    [-120, undefined],
    [121, { reason: "clock", key: "alice", aheadS: 121, maxS: 120 }],
    [-121, { reason: "clock", key: "alice", aheadS: -121, maxS: 120 }],
    [-NOW_MS / 1000, { reason: "clock", key: "alice", aheadS: -NOW_MS / 1000, maxS: 120 }],
  ])("of a packet that is %s s ahead: %j", (aheadS, refusal) => {
    const verdict = judged({ nowS: NOW_MS / 1000 + aheadS });
    expect(verdict).toEqual(refusal ?? ["ssh 192.0.2.7 30000 key alice"]);
  });

  it("of a key ends with its last day", () => {
    const expires = { lastDay: "2027-01-15", atMs: Date.UTC(2027, 0, 16) };
    const at = (nowMs: number) => judged({ nowS: nowMs / 1000 }, { rule: { expires }, nowMs });
    expect(at(expires.atMs - 1000)).toEqual(["ssh 192.0.2.7 30000 key alice"]);
    expect(at(expires.atMs)).toEqual({ reason: "expired", key: "alice", lastDay: "2027-01-15" });
  });

  it.each([
    [undefined, 30_000],
    [0, 30_000],
    [1, 1000],
    [60, 60_000],
    [300, 300_000],
    [301, 300_000],
    [65_536, 300_000],
  ])("of an opening that asks for %s s is %s ms", (timeoutS, durationMs) => {
    expect(judged(timeoutS === undefined ? {} : { timeoutS })).toEqual([`ssh 192.0.2.7 ${durationMs} key alice`]);
  });

  it("cannot be lengthened where the door does not say so", () => {
    expect(judged({ ...ask("tcp/80"), timeoutS: 60 })).toEqual(["web 192.0.2.7 10000 key alice"]);
  });
});

describe("the address", () => {
  const other = { sender: "198.51.100.9" };

  it("must be the sender's own by default", () => {
    expect(judged({}, other)).toEqual({
      reason: "address",
      key: "alice",
      embedded: "192.0.2.7",
      sender: "198.51.100.9",
    });
  });

  it("is the embedded one, or the sender's, where the key says so", () => {
    expect(judged({}, { ...other, rule: { source: "embedded" } })).toEqual(["ssh 192.0.2.7 30000 key alice"]);
    expect(judged({}, { ...other, rule: { source: "sender" } })).toEqual(["ssh 198.51.100.9 30000 key alice"]);
    expect(judged({}, { sender: "2001:db8::7", rule: { source: "sender" } })).toEqual([
      "ssh 2001:db8::7 30000 key alice",
    ]);
    expect(judged({}, { sender: "2001:db8::7" })).toMatchObject({ reason: "address", sender: "2001:db8::7" });
  });

  it.each(["0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"])(
    "is no host's if it is %s, whatever the key says of embedded ones",
    (address) => {
      const message = `${address},tcp/22`;
      const refusal = { reason: "no-host", key: "alice", address };
      expect(judged({ message })).toEqual(refusal);
      expect(judged({ message }, { sender: address })).toEqual(refusal);
      expect(judged({ message }, { rule: { source: "embedded" } })).toEqual(refusal);
      expect(judged({}, { sender: address, rule: { source: "sender" } })).toEqual(refusal);
      expect(judged({ message }, { rule: { source: "sender" } })).toEqual(["ssh 192.0.2.7 30000 key alice"]);
    },
  );

  it.each(["::", "::1", "ff02::1"])("is no host's if a packet comes from %s", (sender) => {
    expect(judged({}, { sender, rule: { source: "sender" } })).toMatchObject({ reason: "no-host" });
  });

  it.each([
    ["192.0.2.7", { 4: 24 }, "192.0.2.0/24"],
    ["192.0.2.7", { 4: 31, 6: 56 }, "192.0.2.6/31"],
    ["192.0.2.7", { 4: 32 }, "192.0.2.7"],
    ["192.0.2.7", { 6: 56 }, "192.0.2.7"],
    ["2001:db8:1:2ff::7", { 6: 56 }, "2001:db8:1:200::/56"],
    ["2001:db8::7", { 4: 24, 6: 128 }, "2001:db8::7"],
  ])("%s opens with a prefix of %j %s", (sender, prefixes, ip) => {
    expect(judged({}, { sender, rule: { source: "sender", prefixes } })).toEqual([`ssh ${ip} 30000 key alice`]);
  });
});

describe("a request for address translation", () => {
  const YAML = `
doors:
  nas: { spa: true, nat: true, open: [{port: 2222/tcp, to: 192.168.1.10:22}, {port: 2222/tcp, to: "[fd00::10]:22"}], for: 30s, max_for: 5m }
  web: { spa: true, nat: true, open: [{port: 8080/tcp, to: 192.168.1.10:80}, {port: 8081/tcp, to: 192.168.1.10:80}, 443/tcp] }
  quiet: { spa: true, open: {port: 2223/tcp, to: 192.168.1.10:23} }
  part: { spa: 9001/tcp, nat: true, open: [{port: 9001/tcp, to: 192.168.1.11:22}, {port: 9002/tcp, to: 192.168.1.12:22}] }
`;
  const asks = (nat: string, ports: string, more: Partial<Outgoing> = {}, rule: Partial<Key> = {}) =>
    judged(
      { message: `192.0.2.7,${ports}`, nat, ...more },
      { rule: { doors: ["nas", "web", "quiet", "part"], ...rule }, yaml: YAML },
    );

  it.each([
    ["192.168.1.10,22", "tcp/2222", ["nas 192.0.2.7 30000 key alice"]],
    ["192.168.1.10,80", "tcp/8081", ["web 192.0.2.7 10000 key alice"]],
    ["192.168.1.10,80", "tcp/8080,tcp/8081", ["web 192.0.2.7 10000 key alice"]],
    ["192.168.1.11,22", "tcp/9001", ["part 192.0.2.7 10000 key alice"]],
  ])("to %s by %s opens the door that leads there", (nat, ports, earned) => {
    expect(asks(nat, ports)).toEqual(earned);
  });

  it("may say for how long, and may call it local", () => {
    expect(asks("192.168.1.10,22", "tcp/2222", { timeoutS: 60 })).toEqual(["nas 192.0.2.7 60000 key alice"]);
    expect(asks("192.168.1.10,22", "tcp/2222", { timeoutS: 9999, natLocal: true })).toEqual([
      "nas 192.0.2.7 300000 key alice",
    ]);
    expect(asks("192.168.1.10,22", "tcp/2222", { natLocal: true })).toEqual(["nas 192.0.2.7 30000 key alice"]);
  });

  it.each([
    ["another port of the host", "192.168.1.10,23"],
    ["another host", "192.168.1.1,22"],
    ["another spelling of it", "192.168.001.010,22"],
    ["its name", "nas.example,22"],
    ["this machine", "127.0.0.1,22"],
    ["what another family is led to", "fd00::10,22"],
    ["what a door without nat leads to", "192.168.1.10,23"],
    ["what cannot be asked for", "192.168.1.12,22"],
  ])("to %s is refused", (_what, nat) => {
    for (const more of [{}, { natLocal: true }, { timeoutS: 60 }])
      for (const ports of ["tcp/2222", "tcp/2223", "tcp/9002", "tcp/22"])
        expect(asks(nat, ports, more)).toEqual({ reason: "nat-host", key: "alice", to: nat.replace(",", ":") });
  });

  it.each([
    ["192.168.1.10,22", "tcp/22", "22/tcp", ["2222/tcp"]],
    ["192.168.1.10,22", "udp/2222", "2222/udp", ["2222/tcp"]],
    ["192.168.1.10,22", "tcp/8080", "8080/tcp", ["2222/tcp"]],
    ["192.168.1.10,80", "tcp/8080,tcp/443", "443/tcp", ["8080/tcp", "8081/tcp"]],
    ["192.168.1.10,22", "tcp/2222,tcp/8080", "8080/tcp", ["2222/tcp"]],
  ])("to %s by %s is refused: %s does not lead there", (nat, ports, port, from) => {
    expect(asks(nat, ports)).toEqual({ reason: "nat-port", key: "alice", port, to: nat.replace(",", ":"), from });
  });

  it("is refused where no door of the key's has the word for it, and where the door is not the key's", () => {
    expect(asks("192.168.1.10,23", "tcp/2223", {}, { doors: ["quiet"] })).toEqual({ reason: "nat", key: "alice" });
    expect(judged({ nat: "192.168.1.10,22" })).toEqual({ reason: "nat", key: "alice" });
    expect(asks("192.168.1.10,22", "tcp/2222", {}, { doors: ["web"] })).toMatchObject({ reason: "nat-host" });
  });

  it("is no leave to go without the other rules", () => {
    expect(asks("192.168.1.10,22", "tcp/2222", { message: "192.0.2.8,tcp/2222" })).toMatchObject({ reason: "address" });
  });
});
