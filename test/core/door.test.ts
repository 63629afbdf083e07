import { describe, expect, it } from "vitest";
import { earningOf, hasClose, usesFirewall } from "../../src/core/door.ts";
import { door } from "../support/doors.ts";

describe("what a door leaves to undo", () => {
  it.each([
    ["nothing but its log line", {}, false, false, false],
    ["ports", { open: 22 }, true, true, true],
    ["an IPv4 set", { set: "inet filter ssh" }, true, true, false],
    ["an IPv6 set", { set_6: "inet filter ssh" }, false, false, true],
    ["a start command", { start_command: "wake" }, false, false, false],
    ["a start and a stop command", { start_command: "open", stop_command: "close" }, false, true, true],
    ["a stop command without a start", { stop_command: "close" }, false, false, false],
    ["commands for IPv6", { start_command_6: "open", stop_command_6: "close" }, false, false, true],
  ])("with %s", (_name, keys, usesFirewallFor4, closes4, closes6) => {
    const each = door(keys);
    expect(usesFirewall(each, 4)).toBe(usesFirewallFor4);
    expect(hasClose(each, 4)).toBe(closes4);
    expect(hasClose(each, 6)).toBe(closes6);
  });
});

const TOTP = { secret_file: "/etc/knockd/ssh.totp", ports: "20000-20299" };
const BASE = { sequence: "1000,2000", open: 22, totp: TOTP };

describe("what earns a door", () => {
  const earning = (keys: object) => JSON.stringify(earningOf(door({ ...BASE, ...keys })));

  it.each([
    { for: "1h" },
    { open: [22, 443] },
    { set: "inet filter ssh" },
    { start_command: "date", stop_command: "date", cmd_timeout: 9 },
    { spa: true, max_for: "2h" },
  ])("stays the same with %j", (keys) => {
    expect(earning(keys)).toBe(earning({}));
  });

  it.each([
    { sequence: "1000,3000" },
    { seq_timeout: 5 },
    { seq_cooldown: 5 },
    { tcpflags: "any" },
    { target: "192.0.2.1" },
    { totp: { ...TOTP, ports: "20000-20399", digits: 8 } },
    { require: ["sequence", "totp"] },
  ])("is another with %j", (keys) => {
    expect(earning(keys)).not.toBe(earning({}));
  });
});
