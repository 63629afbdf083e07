// The iptables back-end against iptables and ipset, in a network namespace of its own.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Netns, root } from "../support/netns.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/firewall.mjs", import.meta.url));
const resultSchema = z.array(z.object({ outcome: z.string(), tookMs: z.number() }));

describe.skipIf(!root)("the iptables back-end", () => {
  const net = new Netns();
  beforeAll(() => net.add("firewall"));
  afterAll(() => net.close());
  beforeEach(async () => {
    for (const iptables of ["iptables", "ip6tables"]) {
      for (const table of ["nat", "filter"])
        for (const flush of ["-F", "-X"]) await net.ok("firewall", [iptables, "-t", table, flush]);
    }
    await net.ok("firewall", ["ipset", "destroy"]);
  });

  async function drive(...steps: unknown[]): Promise<string[]> {
    const printed = await net.ok("firewall", [process.execPath, DRIVER], { input: JSON.stringify(steps) });
    return resultSchema.parse(JSON.parse(printed)).map(({ outcome }) => outcome);
  }

  function rules(chain: string, iptables = "iptables"): Promise<string> {
    return net.ok("firewall", [iptables, "-S", chain]);
  }

  async function nat(chain: string, iptables = "iptables"): Promise<string[]> {
    return (await net.ok("firewall", [iptables, "-t", "nat", "-S", chain])).trim().split("\n");
  }

  async function addresses(set: string): Promise<string[]> {
    const listing = await net.ok("firewall", ["ipset", "list", set]);
    return [...listing.matchAll(/^(\S+) timeout \d+/gm)].map(([, ip = ""]) => ip);
  }

  function doors(...lines: string[]): string {
    const keys = '{sequence: "31337,4242,9171", ';
    return `options: {firewall: iptables, allow: [10.0.0.0/8, "2001:db8::/32"]}\ndoors:\n${lines.map((line) => `  ${line.replace("{", keys)}`).join("\n")}\n`;
  }

  const SSH = doors("ssh: {open: [22, 53/udp]}");

  it("hides what doors open, in both families, at the head of INPUT", async () => {
    await net.ok("firewall", ["iptables", "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "ACCEPT"]);
    expect(await drive({ hide: SSH }, { hide: SSH })).toEqual(["done", "done"]);
    expect((await rules("INPUT")).trim().split("\n")).toEqual([
      "-P INPUT ACCEPT",
      "-A INPUT -j KNOCKD",
      "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
    ]);
    // A kernel without xt_socket has no rule for sessions that are older than connection tracking.
    const chain = (await rules("KNOCKD")).trim().split("\n");
    expect(chain.filter((rule) => !rule.includes("-m socket"))).toEqual([
      "-N KNOCKD",
      "-A KNOCKD -p tcp -m tcp ! --tcp-flags SYN,ACK SYN -m conntrack --ctstate RELATED,ESTABLISHED -m multiport --dports 22 -j ACCEPT",
      "-A KNOCKD -p udp -m conntrack --ctstate RELATED,ESTABLISHED -m multiport --dports 53 -j ACCEPT",
      "-A KNOCKD -p tcp -m tcp ! --tcp-flags SYN,ACK SYN -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
      "-A KNOCKD -p udp -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
      "-A KNOCKD -i lo -j RETURN",
      "-A KNOCKD -s 10.0.0.0/8 -j RETURN",
      "-A KNOCKD -p tcp -m tcp --dport 22 -m set --match-set knockd-ssh-4 src -j ACCEPT",
      "-A KNOCKD -p udp -m udp --dport 53 -m set --match-set knockd-ssh-4 src -j ACCEPT",
      "-A KNOCKD -p tcp -m tcp --dport 22 -j DROP",
      "-A KNOCKD -p udp -m udp --dport 53 -j DROP",
    ]);
    expect(await rules("KNOCKD", "ip6tables")).toContain("-A KNOCKD -s 2001:db8::/32 -j RETURN");
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
    expect(await addresses("knockd-ssh-4")).toEqual(["192.0.2.7"]);
    expect(await addresses("knockd-ssh-6")).toEqual(["2001:db8::7"]);
  });

  it("moves the end of what is open, and takes a time longer than ipset's", async () => {
    await drive({ hide: SSH }, { open: ["ssh", "192.0.2.7", 5000] }, { open: ["ssh", "192.0.2.7", 365 * 86_400_000] });
    expect(await net.ok("firewall", ["ipset", "list", "knockd-ssh-4"])).toMatch(/^192\.0\.2\.7 timeout 21474\d\d$/m);
  });

  it("opens for three hundred addresses at once", async () => {
    const ips = Array.from({ length: 300 }, (_each, index) => `10.0.${index >> 8}.${index & 255}`);
    expect(await drive({ hide: SSH }, { openAll: ["ssh", ips, 60_000] })).toEqual(["done", "done"]);
    expect((await addresses("knockd-ssh-4")).sort()).toEqual(ips.sort());
  });

  it("hides again without losing what is open, and forgets doors that are gone", async () => {
    const both = doors("ssh: {open: 22}", "web: {open: 80}");
    const outcomes = await drive(
      { hide: both },
      { open: ["ssh", "192.0.2.7", 60_000] },
      { hide: doors("ssh: {open: 2222}") },
    );
    expect(outcomes).toEqual(["done", "done", "done"]);
    expect(await addresses("knockd-ssh-4")).toEqual(["192.0.2.7"]);
    const chain = await rules("KNOCKD");
    expect(chain).toContain("--dport 2222 -j DROP");
    expect(chain).not.toMatch(/--dport (22|80) /);
    expect(await net.ok("firewall", ["ipset", "list", "-n"])).not.toContain("web");
  });

  const GATES = doors(
    'nas: {open: [22, {port: 2222, to: 192.168.1.10:22}, {port: 2222, to: "[fd00::10]:23"}]}',
    "web: {open: {port: 2222, to: 192.168.1.11:80, masquerade: true}}",
  );

  it("leads knockers on, each door to its own host, and hides the port like any other", async () => {
    expect(await drive({ hide: GATES }, { open: ["nas", "192.0.2.7", 60_000] }, { hide: GATES })).toEqual([
      "done",
      "done",
      "done",
    ]);
    expect(await addresses("knockd-nas-4")).toEqual(["192.0.2.7"]);
    const lead = (door: string, family: number, to: string) =>
      `-A KNOCKD-LEAD-ON -p tcp -m tcp --dport 2222 -m addrtype --dst-type LOCAL -m set --match-set knockd-${door}-${family} src -j DNAT --to-destination ${to}`;
    expect(await nat("PREROUTING")).toEqual(["-P PREROUTING ACCEPT", "-A PREROUTING -j KNOCKD-LEAD-ON"]);
    expect(await nat("KNOCKD-LEAD-ON")).toEqual([
      "-N KNOCKD-LEAD-ON",
      lead("nas", 4, "192.168.1.10:22"),
      lead("web", 4, "192.168.1.11:80"),
    ]);
    expect(await nat("KNOCKD-LEAD-ON", "ip6tables")).toEqual(["-N KNOCKD-LEAD-ON", lead("nas", 6, "[fd00::10]:23")]);
    expect(await nat("KNOCKD-MASQ")).toEqual([
      "-N KNOCKD-MASQ",
      "-A KNOCKD-MASQ -m conntrack --ctstate DNAT --ctproto 6 --ctreplsrc 192.168.1.11 --ctorigdstport 2222 --ctreplsrcport 80 -m set --match-set knockd-web-4 src -j MASQUERADE",
    ]);
    const chain = await rules("KNOCKD");
    expect(chain.match(/--dport 2222 .*-j DROP/g)).toHaveLength(1);
    expect(chain).toContain("--dport 22 -m set --match-set knockd-nas-4 src -j ACCEPT");
    expect(chain).not.toMatch(/--dport 2222 .*ACCEPT|knockd-web/);
  });

  it("hooks nothing in twice, and leaves nothing where no door leads on any more", async () => {
    await drive({ hide: GATES }, { hide: GATES });
    expect(await rules("FORWARD")).toBe("-P FORWARD ACCEPT\n-A FORWARD -j KNOCKD-FORWARD\n");
    await drive({ hide: SSH });
    expect(await rules("FORWARD")).toBe("-P FORWARD ACCEPT\n");
    for (const iptables of ["iptables", "ip6tables"]) {
      expect(await net.ok("firewall", [iptables, "-t", "nat", "-S"])).not.toContain("KNOCKD");
      expect(await net.ok("firewall", [iptables, "-S"])).not.toMatch(/KNOCKD-/);
    }
    expect((await rules("INPUT")).trim().split("\n")).toEqual(["-P INPUT ACCEPT", "-A INPUT -j KNOCKD"]);
  });

  it("finds what an earlier run has left in the nat table when somebody has flushed the rest", async () => {
    await drive({ hide: GATES });
    for (const iptables of ["iptables", "ip6tables"])
      for (const flush of ["-F", "-X"]) await net.ok("firewall", [iptables, flush]);
    expect(await drive({ hide: SSH })).toEqual(["done"]);
    expect(await nat("PREROUTING")).toEqual(["-P PREROUTING ACCEPT"]);
    expect(await net.ok("firewall", ["ipset", "list", "-n"])).not.toMatch(/nas|web/);
  });

  it("keeps doors with long names apart", async () => {
    const [one, other] = ["one", "other"].map((tail) => `a-door-with-a-very-long-name-of-${tail}`);
    const yaml = doors(`${one}: {open: 22}`, `${other}: {open: 80}`);
    expect(
      await drive({ hide: yaml }, { open: [one, "192.0.2.7", 60_000] }, { open: [other, "192.0.2.8", 60_000] }),
    ).toEqual(["done", "done", "done"]);
    const sets = (await net.ok("firewall", ["ipset", "list", "-n"])).trim().split("\n");
    expect(sets).toHaveLength(4);
    expect(sets.every((set) => set.length <= 31)).toBe(true);
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
    expect(await addresses("mine")).toEqual(["192.0.2.7"]);
  });
});
