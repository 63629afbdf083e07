// The iptables back-end against iptables, nftables and ipset, in a network namespace of its own.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Netns, root } from "../support/netns.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/firewall.mjs", import.meta.url));
const resultSchema = z.array(z.object({ outcome: z.string(), tookMs: z.number() }));

describe.skipIf(!root)("the iptables back-end", () => {
  const net = new Netns();
  beforeAll(() => net.add("firewall", "elsewhere"));
  afterAll(() => net.close());
  beforeEach(async () => {
    for (const iptables of ["iptables", "ip6tables"]) {
      for (const table of ["nat", "filter"])
        for (const flush of ["-F", "-X"]) await net.ok("firewall", [iptables, "-t", table, flush]);
    }
    await net.ok("firewall", ["ipset", "destroy"]);
    await net.nft("firewall", "add table inet knockd; delete table inet knockd");
  });

  async function drive(...steps: unknown[]): Promise<string[]> {
    const printed = await net.ok("firewall", [process.execPath, DRIVER], { input: JSON.stringify(steps) });
    return resultSchema.parse(JSON.parse(printed)).map(({ outcome }) => outcome);
  }

  function rules(chain: string, iptables = "iptables"): Promise<string> {
    return net.ok("firewall", [iptables, "-S", chain]);
  }

  /** The addresses in a set of the gate's. */
  async function addresses(set: string): Promise<string[]> {
    const listing = await net.ok("firewall", ["nft", "list", "set", "inet", "knockd", set]);
    return (/elements = \{([^}]*)\}/.exec(listing)?.[1] ?? "").match(/[0-9a-f:.]+(?= timeout)/g) ?? [];
  }

  const gate = () => net.ok("firewall", ["nft", "list", "table", "inet", "knockd"]);
  const ADMITTED = "-m mark --mark 0x20000000/0x20000000 -j ACCEPT";

  function doors(...lines: string[]): string {
    const keys = '{sequence: "31337,4242,9171", ';
    return `options: {firewall: iptables, allow: [10.0.0.0/8, "2001:db8::/32"]}\ndoors:\n${lines.map((line) => `  ${line.replace("{", keys)}`).join("\n")}\n`;
  }

  const SSH = doors("ssh: {open: [22, 53/udp]}");

  it("hides at the gate, and accepts at the head of INPUT and FORWARD whom the gate has let in", async () => {
    await net.ok("firewall", ["iptables", "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "ACCEPT"]);
    expect(await drive({ hide: SSH }, { hide: SSH })).toEqual(["done", "done"]);
    expect(await rules("INPUT")).toBe(
      "-P INPUT ACCEPT\n-A INPUT -j KNOCKD\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n",
    );
    for (const iptables of ["iptables", "ip6tables"]) {
      expect(await rules("KNOCKD", iptables)).toBe(`-N KNOCKD\n-A KNOCKD ${ADMITTED}\n`);
      expect(await rules("FORWARD", iptables)).toBe("-P FORWARD ACCEPT\n-A FORWARD -j KNOCKD-FORWARD\n");
      expect((await rules("KNOCKD-FORWARD", iptables)).trim().split("\n")).toEqual([
        "-N KNOCKD-FORWARD",
        `-A KNOCKD-FORWARD ${ADMITTED}`,
        "-A KNOCKD-FORWARD -m conntrack --ctstate DNAT --ctproto 6 --ctorigdstport 22 --ctdir REPLY -j ACCEPT",
        "-A KNOCKD-FORWARD -m conntrack --ctstate DNAT --ctproto 17 --ctorigdstport 53 --ctdir REPLY -j ACCEPT",
      ]);
    }
    expect(await gate()).toContain('drop comment "hidden by knockd: 22/tcp 53/udp"');
  });

  it("opens for one address of either family, and closes again", async () => {
    const outcomes = await drive(
      { hide: SSH },
      { open: ["ssh", "192.0.2.7", 60_000] },
      { open: ["ssh", "2001:db8::7", 60_000] },
      { open: ["ssh", "192.0.2.8", 60_000] },
      { open: ["ssh", "192.0.2.8", 90_000] },
      { close: ["ssh", "192.0.2.8"] },
      { close: ["ssh", "192.0.2.8"] },
    );
    expect(new Set(outcomes)).toEqual(new Set(["done"]));
    expect(await addresses("ssh_ipv4")).toEqual(["192.0.2.7"]);
    expect(await addresses("ssh_ipv6")).toEqual(["2001:db8::7"]);
  });

  it("leaves nothing in what iptables saves that would not load elsewhere, hide, or let somebody in", async () => {
    await drive({ hide: GATES }, { open: ["nas", "192.0.2.7", 60_000] });
    for (const [save, restore] of [
      ["iptables-save", "iptables-restore"],
      ["ip6tables-save", "ip6tables-restore"],
    ] as const) {
      const saved = await net.ok("firewall", [save]);
      expect(saved).not.toMatch(/match-set|192\.0\.2\.7|DROP$|DNAT --to/m);
      await net.ok("elsewhere", [restore], { input: saved });
    }
  });

  it("hides again without losing what is open, and forgets doors that are gone", async () => {
    const both = doors("ssh: {open: 22}", "web: {open: 80}");
    const outcomes = await drive(
      { hide: both },
      { open: ["ssh", "192.0.2.7", 60_000] },
      { hide: doors("ssh: {open: 2222}") },
    );
    expect(outcomes).toEqual(["done", "done", "done"]);
    expect(await addresses("ssh_ipv4")).toEqual(["192.0.2.7"]);
    expect(await rules("KNOCKD-FORWARD")).not.toMatch(/--ctorigdstport (22|80) /);
    expect(await gate()).not.toContain("web");
  });

  const GATES = doors(
    'nas: {open: [22, {port: 2222, to: 192.168.1.10:22}, {port: 2222, to: "[fd00::10]:23"}]}',
    "web: {open: {port: 2222, to: 192.168.1.11:80, masquerade: true}}",
  );

  it("leaves nothing of ours where no door opens anything any more", async () => {
    await drive({ hide: GATES }, { hide: doors("lan: {set: mine}") });
    for (const iptables of ["iptables", "ip6tables"])
      expect(await net.ok("firewall", [`${iptables}-save`])).not.toContain("KNOCKD");
    expect(await net.ok("firewall", ["nft", "list", "tables"])).not.toContain("knockd");
  });

  it("takes away what a version before the gate has left: chains that hide, translations, sets", async () => {
    await net.ok("firewall", ["ipset", "create", "knockd-ssh-4", "hash:ip", "timeout", "0"]);
    const before = [
      "*nat\n:KNOCKD-LEAD-ON - [0:0]\n:KNOCKD-MASQ - [0:0]\n-A PREROUTING -j KNOCKD-LEAD-ON\n-A POSTROUTING -j KNOCKD-MASQ",
      "-A KNOCKD-LEAD-ON -p tcp --dport 22 -m set --match-set knockd-ssh-4 src -j DNAT --to-destination 192.0.2.1\nCOMMIT",
      "*filter\n:KNOCKD - [0:0]\n-A INPUT -j KNOCKD\n-A KNOCKD -p tcp --dport 22 -m set --match-set knockd-ssh-4 src -j ACCEPT",
      "-A KNOCKD -p tcp --dport 22 -j DROP\nCOMMIT\n",
    ].join("\n");
    await net.ok("firewall", ["iptables-restore", "--noflush"], { input: before });
    expect(await drive({ hide: SSH })).toEqual(["done"]);
    expect(await net.ok("firewall", ["iptables-save"])).not.toMatch(/LEAD-ON|MASQ|match-set|KNOCKD .*DROP/);
    expect(await net.ok("firewall", ["ipset", "list", "-n"])).toBe("");
  });

  it("adds to and takes from a set of the administrator's own", async () => {
    await net.ok("firewall", ["ipset", "create", "mine", "hash:ip", "timeout", "0"]);
    const yaml = doors("lan: {set: mine}", "gone: {set: nowhere}");
    expect(
      await drive(
        { hide: yaml },
        { open: ["lan", "192.0.2.7", 60_000] },
        { open: ["lan", "2001:db8::7", 60_000] },
        { open: ["gone", "192.0.2.7", 60_000] },
      ),
    ).toEqual(["done", "done", "done", expect.stringMatching(/^ipset add nowhere .*does not exist/s)]);
    expect(await net.ok("firewall", ["ipset", "list", "mine"])).toMatch(/^192\.0\.2\.7 timeout \d+$/m);
  });
});
