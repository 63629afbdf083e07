// Rulesets that an administrator saves while a door is open, and loads again: no door comes back, and no load fails.
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { HOST, Lab, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const config = (firewall: string, time = "1h"): string =>
  `options: { interface: eth0, firewall: ${firewall} }\ndoors: { ssh: { sequence: [7000/udp, 7600/udp], open: 2201/tcp, for: ${time} } }\n`;
const KNOCK = ["7000:udp", "7600:udp"];
const CLOSED = /10\.9\.0\.10: ssh: closed, the firewall let it through but no ledger knows it/;

describe.skipIf(!root)("a ruleset that was saved with an open door", () => {
  const lab = new Lab();
  const { net } = lab;
  beforeAll(() => lab.open("client", "stranger"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  const closeAll = () =>
    net.ok("server", [...KNOCKD, "close", "--all"], {
      env: { ...process.env, RUNTIME_DIRECTORY: join(lab.directory, "run") },
    });
  const nftRuleset = () => net.ok("server", words("nft list ruleset"));

  /** `nft list ruleset` while the client is in. */
  async function savedWithOpenDoor(): Promise<string> {
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    const saved = await nftRuleset();
    expect(saved).toMatch(/10\.9\.0\.10 timeout/);
    return saved;
  }

  it.each(["nftables", "iptables"])(
    "and is loaded after the door has closed: it is closed again (%s)",
    async (firewall) => {
      const daemon = await lab.start(config(firewall));
      const saved = await savedWithOpenDoor();
      await closeAll();
      await lab.closes("client");
      await net.nft("server", `flush ruleset\n${saved}`);
      await daemon.logs(CLOSED);
      expect(await lab.reachable("client")).toBe(false);
      expect(await nftRuleset()).not.toContain("10.9.0.10 timeout");
      expect(daemon.count(/our rules were taken away, put back/)).toBe(1);
    },
  );

  it("and is loaded on top of what is there, without a flush", async () => {
    const daemon = await lab.start(config("nftables"));
    const saved = await savedWithOpenDoor();
    await closeAll();
    await net.nft("server", saved);
    await daemon.logs(CLOSED);
    expect(await lab.reachable("client")).toBe(false);
    expect((await nftRuleset()).match(/hidden by knockd/g)).toHaveLength(1);
  });

  it("and is loaded at the next boot, before the daemon: who the ledger knows stays in, nobody else", async () => {
    const daemon = await lab.start(config("nftables"));
    const saved = await savedWithOpenDoor();
    await closeAll();
    await lab.knock("stranger", HOST, ...KNOCK);
    await lab.opens("stranger");
    expect(await daemon.stop()).toBe(0);
    await net.nft("server", `flush ruleset\n${saved}`);
    const next = await lab.start(config("nftables"));
    await next.logs(CLOSED);
    await lab.opens("stranger");
    expect(await lab.reachable("client")).toBe(false);
  });

  it("by netfilter-persistent loads at the next boot, and lets nobody in", async () => {
    for (const tool of ["iptables", "ip6tables"]) await net.ok("server", words(`${tool} -P INPUT DROP`));
    const daemon = await lab.start(config("iptables"));
    await savedWithOpenDoor();
    const saved = await Promise.all(["iptables", "ip6tables"].map((tool) => net.ok("server", [`${tool}-save`])));
    await closeAll();
    expect(await daemon.stop()).toBe(0);
    await net.ok("server", words("nft flush ruleset"));
    await net.ok("server", ["iptables-restore"], { input: saved[0] ?? "" });
    await net.ok("server", ["ip6tables-restore"], { input: saved[1] ?? "" });
    expect(await lab.reachable("client")).toBe(false);
    await lab.start(config("iptables"));
    expect(await lab.reachable("client")).toBe(false);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
  });
});
