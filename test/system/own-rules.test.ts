// The administrator's own nftables rules: doors that use them, and the promise never to touch them.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, HOST_6, Lab, SERVICE_2, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const ADMIN = `
table inet admin {
  set ssh_allowed { type ipv4_addr; flags timeout; }
  set ssh_allowed6 { type ipv6_addr; flags timeout; }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state established,related accept
    meta l4proto ipv6-icmp accept
    ip saddr @ssh_allowed tcp dport 2201 accept
    ip6 saddr @ssh_allowed6 tcp dport 2201 accept
    tcp dport 2202 counter accept comment "the admin's"
  }
}
table ip nat { chain prerouting { type nat hook prerouting priority dstnat; tcp dport 2299 redirect to 2202; }; }`;
const SSH = "ssh: { sequence: [7000/udp, 7600/udp], open: [2201/tcp, 2201/udp], for: 3s }";
const KNOCK = ["7000:udp", "7600:udp"];

describe.skipIf(!root)("knockd", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client", "stranger"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  const config = (doors: string) => `options: { interface: eth0 }\ndoors: { ${doors} }\n`;

  it("adds knockers to the administrator's own sets, for a while", async () => {
    await net.nft("server", ADMIN);
    await lab.start(
      config(`
      own: { sequence: [7000/udp, 7600/udp], set: inet admin ssh_allowed, set_6: inet admin ssh_allowed6, for: 8s },
      four: { sequence: [7005/udp], set: inet admin ssh_allowed, for: 1h }`),
    );
    for (const host of [HOST, HOST_6]) {
      expect(await lab.reachable("client", host)).toBe(false);
      const lurker = await lab.lurk("stranger", host);
      await lab.knock("client", host, ...KNOCK);
      await lab.opens("client", host);
      await lab.closes("client", host);
      await lurker.stop();
      expect(lurker.stdout).toMatch(/^(out\n)+$/);
    }
    // A door without a set for IPv6 does nothing there, and is not broken by it.
    await lab.knock("client", HOST_6, "7005:udp");
    await lab.knock("client", HOST, "7005:udp");
    await lab.opens("client", HOST);
    expect(await lab.reachable("client", HOST_6)).toBe(false);
  });

  it("says that a set is missing before anybody knocks: at the start, at a reload, and in check", async () => {
    const yaml = config(
      "lan: { sequence: [7000/udp, 7600/udp], set: inet admin nowhere, set_6: inet admin ssh_allowed6 }",
    );
    await net.nft("server", ADMIN);
    const daemon = await lab.start(yaml);
    const said = /^lan: the set inet admin nowhere does not exist, so nobody can come in by it/;
    // It looks once it listens, and once it has the new config.
    const isSaid = (times: number) => eventually(`said ${times} times`, async () => daemon.count(said) === times);
    await isSaid(1);
    await daemon.reload(yaml.replace("7600", "7601"));
    await isSaid(2);
    const { code, stderr } = await net.run("server", [...KNOCKD, "check", "-c", daemon.file]);
    expect(code).toBe(0);
    expect(stderr).toContain("doors.lan: the set inet admin nowhere does not exist on this machine\n");
    expect(daemon.log + stderr).not.toContain("ssh_allowed6 does not");
  });

  it("opens a port in its own table and in the administrator's set together", async () => {
    await net.nft("server", ADMIN);
    await lab.start(
      config("both: { sequence: [7000/udp, 7600/udp], open: 2201/tcp, set: inet admin ssh_allowed, for: 8s }"),
    );
    expect(await lab.reachable("client")).toBe(false);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
    await lab.closes("client");
  });

  it("leaves the administrator's rules as they are: at start, opening, closing, reload, stop and the next start", async () => {
    await net.nft("server", ADMIN);
    // Counters and handles, too: the rules are the same ones.
    const rules = async (): Promise<string> => {
      const tables = await Promise.all(
        ["inet admin", "ip nat"].map((name) => net.ok("server", words(`nft -a list table ${name}`))),
      );
      return tables.join("").replace(/packets \d+ bytes \d+/g, "");
    };
    const before = await rules();
    const daemon = await lab.start(config(SSH));
    expect(await rules()).toBe(before);
    await lab.knock("client", HOST, ...KNOCK);
    await daemon.logs(/ssh: OPEN SESAME/);
    expect(await rules()).toBe(before);
    // The administrator drops 2201 himself: our accept cannot overrule that.
    expect(await lab.reachable("client")).toBe(false);
    await lab.opens("client", HOST, SERVICE_2);
    await daemon.logs(/ssh: closed/);
    await daemon.reload(config("web: { sequence: 7003/udp, open: 2202/tcp }"));
    expect(await lab.reachable("client", HOST, SERVICE_2)).toBe(false);
    expect(await rules()).toBe(before);
    expect(await daemon.stop()).toBe(0);
    await lab.start(config(SSH));
    expect(await rules()).toBe(before);
    await lab.opens("client", HOST, SERVICE_2);
  });
});
