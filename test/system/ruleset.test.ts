// The kernel is asked whether our reading of its rules is right: each ruleset is loaded, and a real packet is sent.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Fate, fateOf } from "../../src/doctor/ruleset/fate.ts";
import { readIptables } from "../../src/doctor/ruleset/iptables-reader.ts";
import { readNftRuleset } from "../../src/doctor/ruleset/nft-reader.ts";
import type { Chain, Packet } from "../../src/doctor/ruleset/ruleset.ts";
import { HOST, HOST_6, Lab, SERVICE, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const PORT = String(SERVICE);
const PACKET: Packet = {
  family: 4,
  protocol: "tcp",
  port: SERVICE,
  interface: "eth0",
  knocked: false,
  sets: new Set(["inet admin members", "members"]),
  destinations: [HOST],
};
/** The same with an address of its own, by which it may be let in. */
const FROM_CLIENT: Packet = { ...PACKET, source: "10.9.0.10" };

/** The rules of a chain at the hook input whose policy is drop; nothing else is let in. */
const NFT_OPEN_OR_NOT = [
  "",
  "accept",
  "drop; accept",
  "return; accept",
  "counter log accept",
  `tcp dport ${PORT} accept`,
  `udp dport ${PORT} accept`,
  `tcp dport != ${PORT} accept`,
  `tcp dport != 1 accept`,
  `udp dport != 1 accept`,
  `tcp dport { 22, ${PORT} } accept`,
  `tcp dport { 22, 80-90 } accept`,
  `tcp dport { 22, 2000-3000 } accept`,
  `tcp dport != { 22, 2000-3000 } accept`,
  `tcp dport 2000-3000 accept`,
  `tcp dport 1-2000 accept`,
  `tcp dport > 2200 accept`,
  `tcp dport >= 2202 accept`,
  `tcp dport < 2201 accept`,
  `tcp dport <= 2201 accept`,
  `th dport ${PORT} accept`,
  `meta l4proto { tcp, udp } th dport ${PORT} accept`,
  `meta l4proto != tcp accept`,
  `meta l4proto . th dport { tcp . 22, tcp . ${PORT} } accept`,
  `meta l4proto . th dport { udp . ${PORT} } accept`,
  `meta l4proto . th dport @services accept`,
  `meta l4proto . th dport != @services accept`,
  `tcp dport @ports accept`,
  `tcp dport @none accept`,
  `tcp dport != @none accept`,
  `ip saddr @members accept`,
  `ip saddr @members tcp dport 22 accept`,
  `ip saddr @empty accept`,
  `ip saddr != @empty accept`,
  `ip6 saddr @members6 accept`,
  "ip saddr 10.9.0.10 accept",
  "ip saddr 10.9.0.11 accept",
  "ip saddr { 10.9.0.11, 10.9.0.8/29 } accept",
  "ip daddr 10.9.0.2 accept",
  "ip daddr 10.9.0.0/30 accept",
  "ip daddr != 10.9.0.2 accept",
  "fib daddr type local accept",
  "fib daddr type != local accept",
  "ip protocol tcp accept",
  "ip protocol udp accept",
  "ip6 nexthdr tcp accept",
  "meta nfproto ipv4 accept",
  "meta nfproto ipv6 accept",
  "meta protocol ip accept",
  `iifname "eth0" accept`,
  `iifname "eth1" accept`,
  `iifname "eth*" accept`,
  `iifname != "eth0" accept`,
  `iifname { "eth0", "eth1" } accept`,
  "ct state new accept",
  "ct status dnat accept",
  "ct status dnat drop; accept",
  "ct state { new, established } accept",
  "ct state established,related accept",
  "ct state new,established accept",
  "ct state != new accept",
  "ct state vmap { new : accept, invalid : drop }",
  "ct state vmap { established : accept, invalid : drop }",
  "tcp flags syn tcp flags & (fin|syn|rst|ack) == syn accept",
  "tcp flags & (fin|syn|rst|ack) == syn accept",
  "tcp flags & (fin|syn|rst|ack) != syn drop; accept",
  "tcp flags & (syn|ack) == ack accept",
  "tcp flags & (syn|ack) == syn|ack accept",
  "tcp flags & syn == 0 drop; accept",
  "tcp flags & (fin|syn) == fin|syn drop; accept",
  "tcp flags & (fin|psh|urg) == 0 accept",
  "tcp flags syn,ack accept",
  "tcp flags ack,fin accept",
  "tcp flags != syn accept",
  "limit rate 5/second accept",
  "limit rate over 5/second drop; accept",
  `tcp dport vmap { 22 : accept, ${PORT} : jump others }`,
  `tcp dport vmap { 22 : drop, ${PORT} : accept }`,
  "jump others; drop",
  "jump nothing; accept",
  "goto nothing; accept",
  "goto others",
  `tcp dport ${PORT} reject with tcp reset; accept`,
  "meta pkttype host accept",
];

const NFT_SETS = `
  set services { type inet_proto . inet_service; elements = { tcp . ${PORT} }; }
  set ports { type inet_service; flags interval; elements = { 22, 2000-3000 }; }
  set none { type inet_service; }
  set members { type ipv4_addr; flags timeout; elements = { 10.9.0.10 timeout 1h }; }
  set members6 { type ipv6_addr; flags timeout; elements = { fd09::10 timeout 1h }; }
  set empty { type ipv4_addr; flags timeout; }
  chain nothing { udp dport 1 accept; }
  chain others { tcp dport ${PORT} counter accept; }
`;

const IPTABLES_OPEN_OR_NOT = [
  [],
  ["-j ACCEPT"],
  ["-j DROP", "-j ACCEPT"],
  ["-j RETURN", "-j ACCEPT"],
  ["-j LOG", "-j ACCEPT"],
  [`-p tcp --dport ${PORT} -j ACCEPT`],
  [`-p tcp ! --dport ${PORT} -j ACCEPT`],
  ["-p tcp ! --dport 22 -j ACCEPT"],
  ["! -p udp -j ACCEPT"],
  ["! -i lo -j ACCEPT"],
  [`! -p tcp -j ACCEPT`],
  [`-p udp --dport ${PORT} -j ACCEPT`],
  ["-p tcp --dport 2000:3000 -j ACCEPT"],
  ["-p tcp --dport 2202: -j ACCEPT"],
  ["-p tcp --dport :2201 -j ACCEPT"],
  [`-p tcp -m multiport --dports 22,2200:2210 -j ACCEPT`],
  ["-p tcp -m multiport --dports 22,80:90 -j ACCEPT"],
  ["-i eth0 -j ACCEPT"],
  ["-i eth+ -j ACCEPT"],
  ["! -i eth0 -j ACCEPT"],
  ["-i lo -j ACCEPT"],
  ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"],
  ["-m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT"],
  ["-m conntrack ! --ctstate NEW -j ACCEPT"],
  ["-m state --state NEW -j ACCEPT"],
  ["-p tcp --syn -j ACCEPT"],
  ["-p tcp ! --syn -j DROP", "-j ACCEPT"],
  ["-p tcp --tcp-flags SYN,ACK ACK -j ACCEPT"],
  ["-p tcp --tcp-flags ALL NONE -j DROP", "-j ACCEPT"],
  ["-m set --match-set members src -j ACCEPT"],
  ["-m set ! --match-set members src -j ACCEPT"],
  ["-m limit --limit 5/sec -j ACCEPT"],
  [`-m comment --comment "a -j ACCEPT in a comment" -j DROP`, "-j ACCEPT"],
  ["-m addrtype --dst-type LOCAL -j ACCEPT"],
  [`-p tcp --dport ${PORT} -j REJECT --reject-with tcp-reset`, "-j ACCEPT"],
  ["-j OTHERS", "-j DROP"],
  ["-g NOTHING", "-j ACCEPT"],
  ["-j NOTHING", "-j ACCEPT"],
];

describe.skipIf(!root)("our reading of rules", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client"));
  afterEach(async () => {
    await lab.reset();
  });
  afterAll(() => lab.close());

  async function nftChains(): Promise<readonly Chain[]> {
    const json = await net.ok("server", words("nft --json list ruleset"));
    return readNftRuleset(json, await net.ok("server", words("nft -a list ruleset"))).chains;
  }

  async function agree(fate: Fate, host = HOST): Promise<void> {
    if (fate.fate === "passes") return await lab.opens("client", host);
    // An answer would come at once: waiting longer for none makes the whole test slow.
    const connect = ["timeout", "0.3", "bash", "-c", `exec 3<>/dev/tcp/${host}/${PORT}`];
    expect((await net.run("client", connect)).code).not.toBe(0);
  }

  // Answers of neighbours and of our own connections come in, whatever is tried.
  const usual = "meta l4proto ipv6-icmp accept; ct state established accept";

  it.each(NFT_OPEN_OR_NOT)("agrees with nftables on: %s", async (rules) => {
    const chain = `chain input { type filter hook input priority 0; policy drop; ${usual}; ${rules}; }`;
    await net.nft("server", `table inet admin {\n${NFT_SETS}\n${chain.replaceAll("; ;", ";")}\n}`);
    await agree(fateOf(await nftChains(), FROM_CLIENT));
    if (/ip6|nfproto|protocol/.test(rules))
      await agree(
        fateOf(await nftChains(), {
          ...PACKET,
          family: 6,
          sets: new Set(["inet admin members6"]),
          destinations: [HOST_6],
        }),
        HOST_6,
      );
  });

  it.each([
    ["an earlier drop beats a later accept", "-10", "drop", "accept"],
    ["a later drop beats an earlier accept", "-10", "accept", "drop"],
    ["all accept", "10", "accept", "accept"],
  ])("agrees with nftables on two chains: %s", async (_what, priority, other, own) => {
    const chains = [
      `other { type filter hook input priority ${priority}; ${other}; }`,
      `own { type filter hook input priority 0; ${own}; }`,
    ];
    await net.nft("server", `table inet admin {\n${chains.map((chain) => `chain ${chain}`).join("\n")}\n}`);
    await agree(fateOf(await nftChains(), PACKET));
  });

  it.each(["prerouting", "input", "forward", "output"])("agrees with nftables on the hook %s", async (hook) => {
    const drop = `tcp dport ${PORT} drop`;
    await net.nft("server", `table ip admin { chain c { type filter hook ${hook} priority -300; ${drop}; }; }`);
    await agree(fateOf(await nftChains(), PACKET));
    await agree(fateOf(await nftChains(), { ...PACKET, family: 6 }), HOST_6);
  });

  it("agrees with nftables on a device's ingress", async () => {
    const hook = "type filter hook ingress device eth0 priority 0";
    await net.nft("server", `table netdev admin { chain c { ${hook}; tcp dport ${PORT} drop; }; }`);
    await agree(fateOf(await nftChains(), PACKET));
  });

  it("agrees with nftables on a chain for addresses to be rewritten", async () => {
    await net.nft("server", "table ip admin { chain c { type nat hook input priority 0; accept; }; }");
    await agree(fateOf(await nftChains(), PACKET));
  });

  it("names the first of several chains that drop", async () => {
    const chain = (name: string, priority: number) =>
      `chain ${name} { type filter hook input priority ${priority}; drop; }`;
    await net.nft("server", `table inet admin {\n${chain("late", 10)}\n${chain("early", -10)}\n}`);
    expect(fateOf(await nftChains(), PACKET)).toMatchObject({ fate: "dropped", place: { chain: { name: "early" } } });
  });

  describe.each(["nft", "legacy"])("agrees with iptables-%s", (variant) => {
    afterEach(async () => {
      await net.ok("server", [
        "bash",
        "-c",
        `iptables-${variant} -P INPUT ACCEPT; iptables-${variant} -F; iptables-${variant} -X; ipset destroy members`,
      ]);
    });

    it.each(IPTABLES_OPEN_OR_NOT.map((rules) => [rules.join("; "), rules] as const))("on: %s", async (_text, rules) => {
      await net.ok("server", ["ipset", "create", "members", "hash:ip", "timeout", "0"]);
      await net.ok("server", ["ipset", "add", "members", "10.9.0.10", "timeout", "60"]);
      const input = [
        "*filter",
        ":INPUT DROP [0:0]",
        ":OTHERS - [0:0]",
        ":NOTHING - [0:0]",
        `-A OTHERS -p tcp -m tcp --dport ${PORT} -j ACCEPT`,
        "-A NOTHING -p udp -j ACCEPT",
        "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        ...rules.map((rule) => `-A INPUT ${rule}`),
        "COMMIT",
        "",
      ];
      await net.ok("server", [`iptables-${variant}-restore`], { input: input.join("\n") });
      const saved = await net.ok("server", [`iptables-${variant}-save`, "-t", "filter"]);
      await agree(fateOf(readIptables(saved, "iptables"), PACKET));
    });
  });
});
