// Doors found in public repositories and threads whose commands open too much, or leave something open.
import { describe, expect, it } from "vitest";
import { ruleHints } from "../../../src/core/config/rule-hints.ts";
import { door } from "../../support/doors.ts";

function said(start_command: string, stop_command?: string): string {
  const stop = stop_command === undefined ? {} : { stop_command };
  return ruleHints(door({ name: "a", start_command, ...stop })).join("\n");
}

describe("a stop command", () => {
  const OPEN = "/sbin/iptables -I INPUT 3 -s %IP% -p tcp --dport 22 -j ACCEPT";

  it.each([
    ["ufw allow from %IP% to any port 22 proto tcp", "ufw delete allow from %IP% to any port 2 proto tcp"],
    [OPEN, "iptables -D INPUT -s %IP% -p tcp --dport 222 -j ACCEPT"],
    [OPEN, "iptables -D OUTPUT -s %IP% -p tcp --dport 22 -j ACCEPT"],
    [OPEN, "iptables -D INPUT -s %IP% -p tcp --dport 22 -j DROP"],
  ])("that takes back another rule than %s is told: %s", (start, stop) => {
    expect(said(start, stop)).toMatch(/^doors\.a\.stop_command: takes back another rule/);
  });

  it.each([
    [OPEN, "/usr/sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT"],
    [OPEN, "iptables -w -D INPUT -p tcp --dport ssh -s %IP% -j ACCEPT"],
    [
      "iptables -A INPUT -s %IP% -m comment --comment 'a' -j ACCEPT",
      "iptables -D INPUT -s %IP% -m comment --comment 'a' -j ACCEPT",
    ],
    ["ufw insert 1 allow from %IP% to any port 22 comment 'x y'", "ufw --force delete allow from %IP% to any port 22"],
    [OPEN, "/opt/close %IP%"],
    [OPEN, "iptables -D INPUT -s %IP% -j ACCEPT; iptables -D INPUT -p tcp -j ACCEPT"],
  ])("that takes back the same is not: %s, %s", (start, stop) => {
    expect(said(start, stop)).toBe("");
  });

  it.each(["iptables -D INPUT 1", "/sbin/iptables --delete INPUT 5", "iptables -D INPUT 2; true"])(
    "by number is told: %s",
    (stop) => {
      expect(said(OPEN, stop)).toMatch(/deletes a rule by its number/);
    },
  );
});

describe("a start command without %IP%", () => {
  it.each([
    "/bin/firewall-cmd --zone=public --add-service=ssh",
    "iptables -I INPUT -p tcp --dport 22 -j ACCEPT",
    "ufw allow 22/tcp",
    "iptables -F",
    "iptables -P INPUT ACCEPT",
  ])("opens for everybody: %s", (start) => {
    expect(said(start)).toMatch(/^doors\.a\.start_command: has no %IP%, so what it opens it opens for everybody$/);
  });

  it.each([
    "ufw allow from %IP% to any port 22",
    "iptables -I INPUT -p tcp --dport 22 -j DROP",
    "iptables -D INPUT -p tcp --dport 22 -j ACCEPT",
    "iptables -I INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT",
    "systemctl start sshd",
    "ufw status",
  ])("does not, with %s", (start) => {
    expect(said(start)).toBe("");
  });
});

describe("a rule that iptables never takes", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["iptables -I input -s %IP% -p tcp --dport 22 -j ACCEPT", "iptables knows no chain input, did you mean INPUT?"],
    ["/sbin/ip6tables -A forward -s %IP% -j ACCEPT", "iptables knows no chain forward, did you mean FORWARD?"],
    ["iptables -I INPUT -s %IP% -p tcp --dport 22 -j accept", "iptables knows no target accept, did you mean ACCEPT?"],
    ["iptables -I INPUT -s %IP% --dport 22 -j ACCEPT", "iptables takes --dport only after -p tcp or -p udp"],
    ["iptables -I INPUT -s %IP% --sport 22 -j ACCEPT; logger -p info x", "iptables takes --sport only after -p tcp or -p udp"],
    ["iptables -I INPUT -s %IP% -p tcp --dport 70000 -j ACCEPT", "there is no port 70000"],
    ["iptables -I INPUT -s %IP% -p tcp --dport 65536 -j ACCEPT", "there is no port 65536"],
  ])("%s", (command, expected) => {
    expect(said(command)).toBe(`doors.a.start_command: ${expected}`);
  });

  it.each([
    "iptables -I INPUT -s %IP% -p tcp --dport 65535 -j ACCEPT",
    "iptables -I INPUT -s %IP% --protocol=tcp --dport 22 -j ACCEPT",
    "iptables -I knockers -s %IP% -p tcp -m multiport --dports 22,80 -j accepted",
    "logger -j accept --dport 22; iptables -I INPUT -s %IP% -j ACCEPT",
  ])("is not %s", (command) => {
    expect(said(command)).toBe("");
  });
});
