// The nftables back-end against the kernel's nftables, in network namespaces of its own.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Netns, root } from "../support/netns.ts";
import { soon } from "../support/soon.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/firewall.mjs", import.meta.url));
const resultSchema = z.array(z.object({ outcome: z.string(), tookMs: z.number() }));

const SEQUENCE = "sequence: 31337,4242,9171";

describe.skipIf(!root)("the nftables back-end", () => {
  const net = new Netns();
  beforeAll(() => net.add("firewall"));
  afterAll(() => net.close());
  beforeEach(() => net.nft("firewall", "flush ruleset"));

  async function drive(...steps: unknown[]): Promise<string[]> {
    const printed = await net.ok("firewall", [process.execPath, DRIVER], { input: JSON.stringify(steps) });
    return resultSchema.parse(JSON.parse(printed)).map(({ outcome }) => outcome);
  }

  function ruleset(): Promise<string> {
    return net.ok("firewall", ["nft", "list", "ruleset"]);
  }

  /** The addresses in one of our sets. */
  async function addresses(set: string): Promise<string[]> {
    const listing = await net.ok("firewall", ["nft", "list", "set", "inet", "knockd", set]);
    return (/elements = \{([^}]*)\}/.exec(listing)?.[1] ?? "").match(/[0-9a-f:.]+(?= timeout)/g) ?? [];
  }

  /** The rules of one of our chains. */
  async function chain(name: string): Promise<string[]> {
    const listing = await net.ok("firewall", ["nft", "list", "chain", "inet", "knockd", name]);
    return [...listing.matchAll(/^\t\t(?!type )(.*)$/gm)].map(([, rule = ""]) => rule.trim());
  }

  const SSH = `doors:\n  ssh: {${SEQUENCE}, open: [22, 53/udp]}\n`.replace(SEQUENCE, 'sequence: "31337,4242,9171"');

  function doors(...lines: string[]): string {
    return `doors:\n${lines.map((line) => `  ${line.replace("{", '{sequence: "31337,4242,9171", ')}`).join("\n")}\n`;
  }

  it("hides what doors open, and lets the rest be", async () => {
    expect(await drive({ hide: SSH })).toEqual(["done"]);
    const rules = await ruleset();
    expect(rules).toMatch(/tcp \. 22/);
    expect(rules).toMatch(/udp \. 53/);
    expect(rules).toContain('comment "hidden by knockd: 22/tcp 53/udp"');
  });

  it("takes a config without doors, and one whose doors open nothing", async () => {
    expect(await drive({ hide: "doors: {}" })).toEqual(["done"]);
    expect(
      await drive({ hide: doors("log: {}") }, { open: ["log", "192.0.2.7", 1000] }, { close: ["log", "192.0.2.7"] }),
    ).toEqual(["done", "done", "done"]);
  });

  it("opens for one address of either family, and closes again", async () => {
    expect(
      await drive(
        { hide: SSH },
        { open: ["ssh", "192.0.2.7", 60_000] },
        { open: ["ssh", "2001:db8::7", 60_000] },
        { open: ["ssh", "192.0.2.8", 60_000] },
        { close: ["ssh", "192.0.2.8"] },
      ),
    ).toEqual(["done", "done", "done", "done", "done"]);
    expect(await addresses("ssh_ipv4")).toEqual(["192.0.2.7"]);
    expect(await addresses("ssh_ipv6")).toEqual(["2001:db8::7"]);
  });

  it("closes what is closed already, without a word", async () => {
    expect(await drive({ hide: SSH }, { close: ["ssh", "192.0.2.7"] }, { close: ["ssh", "192.0.2.7"] })).toEqual([
      "done",
      "done",
      "done",
    ]);
  });

  it("moves the end of what is open", async () => {
    await drive({ hide: SSH }, { open: ["ssh", "192.0.2.7", 5000] }, { open: ["ssh", "192.0.2.7", 3_600_000] });
    const listing = await net.ok("firewall", ["nft", "list", "set", "inet", "knockd", "ssh_ipv4"]);
    expect(listing).toMatch(/192\.0\.2\.7 timeout 1h expires (59m|1h)/);
  });

  it("lets the kernel close it when its time is over, whoever lives", async () => {
    expect(await drive({ hide: SSH }, { open: ["ssh", "192.0.2.7", 300] })).toEqual(["done", "done"]);
    await soon(async () => expect(await addresses("ssh_ipv4")).toEqual([]));
  });

  it("opens a thousand addresses at once", async () => {
    const ips = Array.from({ length: 1000 }, (_each, index) => `10.0.${index >> 8}.${index & 255}`);
    expect(await drive({ hide: SSH }, { openAll: ["ssh", ips, 60_000] })).toEqual(["done", "done"]);
    expect((await addresses("ssh_ipv4")).sort()).toEqual(ips.sort());
  });

  it("hides again without losing what is open, and forgets doors that are gone", async () => {
    const both = doors("ssh: {open: 22}", "web: {open: 80}");
    const outcomes = await drive(
      { hide: both },
      { open: ["ssh", "192.0.2.7", 60_000] },
      { open: ["web", "192.0.2.7", 60_000] },
      { hide: doors("ssh: {open: 2222}") },
      { hide: doors("ssh: {open: 2222}") },
    );
    expect(new Set(outcomes)).toEqual(new Set(["done"]));
    expect(await addresses("ssh_ipv4")).toEqual(["192.0.2.7"]);
    const rules = await ruleset();
    expect(rules).not.toMatch(/web|tcp \. 80/);
    expect(rules.match(/hidden by knockd/g)).toHaveLength(1);
    expect(rules).toMatch(/tcp \. 2222/);
    expect(rules).not.toMatch(/tcp \. 22\b/);
  });

  it("forgets a door that opens nothing any more", async () => {
    const outcomes = await drive(
      { hide: doors("ssh: {open: 22}") },
      { hide: doors("ssh: {}") },
      { hide: doors("ssh: {open: 22}") },
    );
    expect(outcomes).toEqual(["done", "done", "done"]);
  });

  it.each(["allowed", "hidden", "input", "inet", "drop", "a.b-c_d", "set", "timeout", `a${"b".repeat(63)}`])(
    "takes a door with the name %s",
    async (name) => {
      const yaml = `options: {allow: [10.0.0.0/8, 2001:db8::/32]}\n${doors(`${name}: {open: 22}`)}`;
      expect(await drive({ hide: yaml }, { open: [name, "192.0.2.7", 60_000] }, { hide: yaml })).toEqual([
        "done",
        "done",
        "done",
      ]);
      expect(await addresses(`${name}_ipv4`)).toEqual(["192.0.2.7"]);
    },
  );

  it("takes networks that overlap into those that are never hidden", async () => {
    const yaml = `options: {allow: [10.0.0.0/8, 10.1.0.0/16, 10.1.2.3, "::/0", "2001:db8::1"]}\n${SSH}`;
    expect(await drive({ hide: yaml }, { hide: yaml }, { hide: SSH })).toEqual(["done", "done", "done"]);
    expect(await ruleset()).not.toContain("10.0.0.0/8");
  });

  it("adds to and takes from a set of the administrator's own", async () => {
    await net.nft(
      "firewall",
      "add table inet filter\nadd set inet filter ssh { type ipv4_addr; flags timeout; }\nadd set inet filter ssh6 { type ipv6_addr; flags timeout; }",
    );
    const yaml = doors(
      "lan: {set: inet filter ssh, set_6: inet filter ssh6}",
      "gone: {set: inet filter nowhere, open: 22}",
    );
    const outcomes = await drive(
      { hide: yaml },
      { open: ["lan", "192.0.2.7", 60_000] },
      { open: ["lan", "2001:db8::7", 60_000] },
      { open: ["lan", "192.0.2.8", 60_000] },
      { close: ["lan", "192.0.2.8"] },
      { open: ["gone", "192.0.2.7", 60_000] },
    );
    expect(outcomes).toEqual(["done", "done", "done", "done", "done", expect.stringMatching(/^nft: .*No such file/s)]);
    expect(await net.ok("firewall", ["nft", "list", "set", "inet", "filter", "ssh"])).toMatch(
      /\{ 192\.0\.2\.7 timeout 1m/,
    );
    expect(await net.ok("firewall", ["nft", "list", "set", "inet", "filter", "ssh6"])).toMatch(
      /2001:db8::7 timeout 1m/,
    );
    // A door is one transaction: it is not half open.
    expect(await addresses("gone_ipv4")).toEqual([]);
  });

  it("leads knockers on, each door to its own host, and hides the port like any other", async () => {
    const yaml = doors(
      'nas: {open: [22, {port: 2222, to: 192.168.1.10:22}, {port: 2222, to: "[fd00::10]:23"}]}',
      "web: {open: {port: 2222, to: 192.168.1.11:80, masquerade: true}}",
    );
    expect(await drive({ hide: yaml }, { open: ["nas", "192.0.2.7", 60_000] }, { hide: yaml })).toEqual([
      "done",
      "done",
      "done",
    ]);
    expect(await addresses("nas_ipv4")).toEqual(["192.0.2.7"]);
    expect(await chain("prerouting")).toEqual([
      'tcp dport 2222 ip saddr @nas_ipv4 fib daddr type local dnat ip to 192.168.1.10:22 comment "led on by knockd: 2222/tcp to 192.168.1.10:22"',
      'tcp dport 2222 ip6 saddr @nas_ipv6 fib daddr type local dnat ip6 to [fd00::10]:23 comment "led on by knockd: 2222/tcp to [fd00::10]:23"',
      'tcp dport 2222 ip saddr @web_ipv4 fib daddr type local dnat ip to 192.168.1.11:80 comment "led on by knockd: 2222/tcp to 192.168.1.11:80"',
    ]);
    expect(await chain("postrouting")).toEqual([
      'ip saddr @web_ipv4 ip daddr 192.168.1.11 tcp dport 80 ct status dnat ct original proto-dst 2222 masquerade comment "masqueraded by knockd: 2222/tcp to 192.168.1.11:80"',
    ]);
    expect(await chain("decide")).toEqual(
      expect.arrayContaining([
        "meta l4proto . th dport { tcp . 22, tcp . 2222 } ip saddr @nas_ipv4 goto let_in",
        "meta l4proto . th dport { tcp . 22, tcp . 2222 } ip6 saddr @nas_ipv6 goto let_in",
        "tcp dport 2222 ip saddr @web_ipv4 goto let_in",
        'meta l4proto { tcp, udp } counter packets 0 bytes 0 drop comment "hidden by knockd: 22/tcp 2222/tcp"',
      ]),
    );
    expect((await chain("decide")).join("\n")).not.toContain("web_ipv6");
  });

  it("tracks no connection for leading on where no door does, and empties its chains when none does any more", async () => {
    const plain = doors("nas: {open: 22}");
    await drive({ hide: plain });
    expect(await ruleset()).not.toMatch(/chain (prerouting|postrouting)/);
    await drive({ hide: doors("nas: {open: {port: 22, to: 192.168.1.10:22, masquerade: true}}") }, { hide: plain });
    for (const name of ["prerouting", "postrouting"]) expect(await chain(name)).toEqual([]);
  });

  it("is listed in a form that nft reads again, open doors and sessions included", async () => {
    const yaml = doors(
      'nas: {open: [22, 53/udp, {port: 2222, to: "192.168.1.10:22", masquerade: true}]}',
      "web: {open: 80}",
    );
    await drive({ hide: yaml }, { open: ["nas", "192.0.2.7", 60_000] }, { open: ["web", "2001:db8::7", 60_000] });
    await net.nft("firewall", "add element inet knockd sessions4 { 192.0.2.7 . 40001 . 10.9.0.2 . 22 }");
    await net.nft("firewall", "add element inet knockd sessions6 { 2001:db8::7 . 40001 . fd09::2 . 22 }");
    const saved = await ruleset();
    await net.nft("firewall", `flush ruleset\n${saved}`);
    const timeless = (text: string) => text.replace(/ expires \w+/g, "");
    expect(timeless(await ruleset())).toBe(timeless(saved));
    expect(await drive({ hide: yaml })).toEqual(["done"]);
  });

  it("says so when its table is gone", async () => {
    const [hidden, opened] = await drive({ hide: SSH }, { open: ["ssh", "192.0.2.7", 60_000] });
    expect([hidden, opened]).toEqual(["done", "done"]);
    await net.nft("firewall", "flush ruleset");
    expect(await drive({ hide: "doors: {}" })).toEqual(["done"]);
  });

  it("takes a thousand doors", async () => {
    const many = Array.from({ length: 1000 }, (_each, index) => `d${index}: {open: ${1000 + index}}`);
    expect(
      await drive({ hide: doors(...many) }, { open: ["d999", "192.0.2.7", 60_000] }, { hide: doors(...many.slice(1)) }),
    ).toEqual(["done", "done", "done"]);
    expect(await addresses("d999_ipv4")).toEqual(["192.0.2.7"]);
  });
});
