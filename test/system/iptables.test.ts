// The iptables back-end: the same doors for those whose firewall is iptables.

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, HOST_6, Lab, SERVICE_2, stillTalks, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const config = (doors: string, allow = "[]") =>
  `options: { interface: eth0, firewall: iptables, allow: ${allow} }\ndoors: { ${doors} }\n`;
const SSH = "ssh: { sequence: [7000/udp, 7600/udp], open: 2201/tcp, for: 8s }";
const KNOCK = ["7000:udp", "7600:udp"];
const FAMILIES = [
  ["IPv4", "iptables", HOST],
  ["IPv6", "ip6tables", HOST_6],
] as const;

describe.skipIf(!root)("the iptables firewall", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client", "stranger"));
  beforeEach(async () => {
    for (const tool of ["iptables", "ip6tables"]) {
      await net.ok("server", words(`${tool} -A INPUT -p tcp --dport 4444 -j DROP`));
      await net.ok("server", words(`${tool} -A INPUT -p tcp --dport 2201 -j ACCEPT`));
    }
  });
  afterEach(async () => {
    await lab.reset();
    await net.ok("server", words("ipset destroy"));
  });
  afterAll(() => lab.close());

  const input = (tool: string) => net.ok("server", words(`${tool} -S INPUT`));

  it.each(FAMILIES)("hides, opens for the knocker alone and closes over %s", async (_family, _tool, host) => {
    await lab.opens("client", host);
    await lab.start(config(SSH));
    expect(await lab.reachable("client", host)).toBe(false);
    const lurker = await lab.lurk("stranger", host);
    await lab.knock("client", host, ...KNOCK);
    await lab.opens("client", host);
    const connection = await lab.connect("client", host);
    await lab.closes("client", host);
    await stillTalks(connection);
    await lurker.stop();
    expect(lurker.stdout).toMatch(/^(out\n)+$/);
  });

  it.each(FAMILIES)(
    "opens and keeps a connection over %s where the administrator drops the port, too",
    async (_family, tool, host) => {
      await net.ok("server", words(`${tool} -I INPUT -p tcp --dport 2201 -j DROP`));
      await lab.start(config(SSH));
      await lab.knock("client", host, ...KNOCK);
      await lab.opens("client", host);
      const connection = await lab.connect("client", host);
      await lab.closes("client", host);
      await stillTalks(connection);
      await net.ok("server", words(`${tool} -D INPUT -p tcp --dport 2201 -j DROP`));
    },
  );

  it.each(FAMILIES)("extends a door over %s", async (_family, _tool, host) => {
    const daemon = await lab.start(config(SSH));
    await lab.knock("client", host, ...KNOCK);
    await lab.opens("client", host);
    await lab.knock("stranger", host, ...KNOCK);
    await lab.opens("stranger", host);
    await lab.knock("client", host, ...KNOCK);
    await daemon.logs(/ssh: open again until \S+Z$/m);
    await lab.closes("client", host);
    // It came first, and stayed longest.
    await daemon.logs(/(10\.9\.0\.|fd09::)11: ssh: closed$[\s\S]*(10\.9\.0\.|fd09::)10: ssh: closed$/m);
  });

  it.each(FAMILIES)(
    "stands first in INPUT and leaves the administrator's rules alone over %s",
    async (_family, tool, host) => {
      const before = (await input(tool)).trim().split("\n");
      const daemon = await lab.start(config(SSH));
      const [policy, ...rules] = before;
      const expected = [policy, "-A INPUT -j KNOCKD", ...rules];
      expect((await input(tool)).trim().split("\n")).toEqual(expected);
      await lab.knock("client", host, ...KNOCK);
      await lab.opens("client", host);
      await daemon.reload(config("web: { sequence: 7003/udp, open: 2202/tcp }"));
      expect((await input(tool)).trim().split("\n")).toEqual(expected);
      expect(await daemon.stop()).toBe(0);
      await lab.start(config(SSH));
      expect((await input(tool)).trim().split("\n")).toEqual(expected);
    },
  );

  it("takes new doors at a reload, and shows again what is no door any more", async () => {
    const daemon = await lab.start(config(SSH));
    await daemon.reload(config("web: { sequence: 7003/udp, open: 2202/tcp, for: 1h }"));
    await lab.opens("client");
    expect(await lab.reachable("client", HOST, SERVICE_2)).toBe(false);
    await lab.opens("server", "127.0.0.1", SERVICE_2);
    await eventually("the new door opens", async () => {
      await lab.knock("client", HOST, "7003:udp");
      return await lab.reachable("client", HOST, SERVICE_2);
    });
  });

  it("never hides from allowed sources, and lets a restart go by unseen", async () => {
    const yaml = config(SSH.replace("8s", "1h"), "[10.9.0.10, fd09::10]");
    const daemon = await lab.start(yaml);
    for (const host of [HOST, HOST_6]) {
      await lab.opens("client", host);
      expect(await lab.reachable("stranger", host)).toBe(false);
      await lab.knock("stranger", host, ...KNOCK);
      await lab.opens("stranger", host);
    }
    expect(await daemon.stop()).toBe(0);
    for (const host of [HOST, HOST_6]) await lab.opens("stranger", host);
    await lab.start(yaml);
    for (const host of [HOST, HOST_6]) await lab.opens("stranger", host);
  });

  it("takes the place of a run with nftables, and gives it back, whoever is in", async () => {
    await net.ok("server", words("iptables -I INPUT -p tcp --dport 2201 -j DROP"));
    const yaml = config(SSH.replace("8s", "1h"));
    const before = await lab.start(yaml.replace("iptables", "nftables"));
    await lab.knock("client", HOST, ...KNOCK);
    await before.logs(/OPEN SESAME/);
    expect(await lab.reachable("client")).toBe(false);
    expect(await before.stop()).toBe(0);
    const daemon = await lab.start(yaml);
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
    expect(await daemon.stop()).toBe(0);
    const next = await lab.start(yaml.replace("iptables", "nftables"));
    expect(await lab.reachable("stranger")).toBe(false);
    expect(next.log).not.toContain("earlier run");
    await net.ok("server", words("iptables -D INPUT -p tcp --dport 2201 -j DROP"));
    await lab.opens("client");
    expect(await next.stop()).toBe(0);
    await net.ok("server", [...KNOCKD, "flush", "-c", next.file]);
    await lab.opens("stranger");
    expect(await input("iptables")).not.toContain("KNOCKD");
  });

  it.each(["iptables", "nftables"])("takes away what is left of %s without any config", async (from) => {
    const before = await lab.start(config(SSH).replace("iptables", from));
    expect(await before.stop()).toBe(0);
    await lab.closes("stranger");
    const nowhere = ["-c", join(lab.directory, "nowhere.yaml")];
    expect(await net.run("server", [...KNOCKD, "flush", ...nowhere])).toEqual({
      code: 0,
      stdout: "nothing is hidden any more\n",
      stderr: "",
    });
    await lab.opens("stranger");
    expect(await input("iptables")).not.toContain("KNOCKD");
    // Nothing is there: that is no failure.
    expect(await net.run("server", [...KNOCKD, "flush"])).toMatchObject({ code: 0 });
    const nobody = words("setpriv --reuid=nobody --regid=nogroup --clear-groups");
    expect(await net.run("server", [...nobody, ...KNOCKD, "flush"])).toMatchObject({ code: 77, stdout: "" });
  });

  it.each(["iptables", "nftables"])("says after a change from %s to none that ports stay hidden", async (from) => {
    const before = await lab.start(config(SSH).replace("iptables", from));
    expect(await before.stop()).toBe(0);
    const daemon = await lab.start(config(SSH).replace("iptables", "none"));
    await daemon.logs(
      /^the nft table "inet knockd" of an earlier run still hides ports, whoever knocks: run knockd flush$/m,
    );
    await lab.knock("client", HOST, ...KNOCK);
    await daemon.logs(/OPEN SESAME/);
    expect(await lab.reachable("client")).toBe(false);
    await net.ok("server", [...KNOCKD, "flush", "-c", daemon.file]);
    await lab.opens("client");
    expect(await input("iptables")).not.toContain("KNOCKD");
    expect(await daemon.stop()).toBe(0);
    const next = await lab.start(config(SSH).replace("iptables", "none"));
    expect(next.log).not.toContain("earlier run");
  });

  it.each(["iptables", "nftables"])("opens with %s where a version before the gate has left its chain", async (to) => {
    for (const rule of ["-N KNOCKD", "-A KNOCKD -p tcp --dport 2201 -j DROP", "-I INPUT -j KNOCKD"])
      await net.ok("server", words(`iptables ${rule}`));
    const dry = await lab.start(config(SSH).replace("iptables", "none"));
    await dry.logs(
      /^the iptables chain "KNOCKD" of an earlier run still hides ports, whoever knocks: run knockd flush$/m,
    );
    expect(await dry.stop()).toBe(0);
    const daemon = await lab.start(config(SSH).replace("iptables", to));
    expect(daemon.log).not.toContain("earlier run");
    expect(await lab.reachable("client")).toBe(false);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
  });

  it.each([
    ["INPUT, filter", "iptables -I INPUT -j ACCEPT"],
    ["PREROUTING, mangle", "iptables -t mangle -I PREROUTING -j ACCEPT"],
    ["PREROUTING, raw", "iptables -t raw -I PREROUTING -j ACCEPT"],
    ["PREROUTING, nat", "iptables -t nat -I PREROUTING -j ACCEPT"],
  ])("stays hidden whatever is accepted above us: %s", async (_where, rule) => {
    await lab.start(config(SSH));
    await net.ok("server", words(rule));
    expect(await lab.reachable("stranger")).toBe(false);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    await net.ok("server", words(rule.replace("-I", "-D")));
  });

  it.each(["iptables -F", "iptables -D INPUT -j KNOCKD", "ip6tables -F KNOCKD"])(
    "is never visible, and accepts again, after %s",
    async (command) => {
      for (const tool of ["iptables", "ip6tables"]) await net.ok("server", words(`${tool} -P INPUT DROP`));
      const daemon = await lab.start(config(SSH.replace("8s", "1h")));
      const lurker = await lab.lurk("stranger");
      await lab.knock("client", HOST, ...KNOCK);
      await lab.opens("client");
      await net.ok("server", words(command));
      await daemon.logs(/firewall: our rules were taken away, put back: 1 hidden ports, 1 open doors/);
      await lab.opens("client");
      await lurker.stop();
      expect(lurker.stdout).toMatch(/^(out\n)+$/);
      for (const tool of ["iptables", "ip6tables"]) await net.ok("server", words(`${tool} -P INPUT ACCEPT`));
    },
  );

  it("adds knockers to the administrator's own ipset", async () => {
    await net.ok("server", words("ipset create own hash:ip timeout 60"));
    await net.ok("server", words("iptables -I INPUT -p tcp --dport 2202 -m set ! --match-set own src -j DROP"));
    await lab.start(config("own: { sequence: 7005/udp, set: own, for: 8s }"));
    expect(await lab.reachable("client", HOST, SERVICE_2)).toBe(false);
    await lab.knock("client", HOST, "7005:udp");
    await lab.opens("client", HOST, SERVICE_2);
    expect(await lab.reachable("stranger", HOST, SERVICE_2)).toBe(false);
    await lab.closes("client", HOST, SERVICE_2);
  });
});
