// What doors hide, and from whom not.

import { statSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { datagram, ethernet, syn } from "../support/frames.ts";
import { eventually, HOST, HOST_6, Lab, SERVICE_2, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const SSH = "ssh: { sequence: [7000/udp, 7600/udp], open: [2201/tcp, 2201/udp], for: 10s }";
const KNOCK = ["7000:udp", "7600:udp"];

describe.skipIf(!root)("knockd", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client", "stranger"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  const config = (doors: string, options = "interface: eth0") => `options: { ${options} }\ndoors: { ${doors} }\n`;

  it("hides tcp and udp ports of both families, and only those", async () => {
    for (const host of [HOST, HOST_6]) await lab.opens("client", host);
    await lab.start(config(SSH));
    for (const host of [HOST, HOST_6]) {
      expect(await lab.reachable("client", host)).toBe(false);
      expect(await lab.reachableByUdp("client", host)).toBe(false);
      await lab.opens("client", host, SERVICE_2);
      await eventually("udp", () => lab.reachableByUdp("client", host, SERVICE_2));
    }
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    await eventually("udp, too", () => lab.reachableByUdp("client"));
    expect(await lab.reachableByUdp("stranger")).toBe(false);
    await lab.closes("client");
    expect(await lab.reachableByUdp("client")).toBe(false);
  });

  it("never hides from loopback", async () => {
    await lab.start(config(SSH));
    expect(await lab.reachable("stranger")).toBe(false);
    for (const host of ["127.0.0.1", "::1", HOST, HOST_6]) await lab.opens("server", host);
  });

  it("never hides from allowed sources, and follows the list at a reload", async () => {
    const allowing = (networks: string) => config(SSH, `interface: eth0, allow: ${networks}`);
    const daemon = await lab.start(allowing("[10.9.0.10/32, fd09::11]"));
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
    expect(await lab.reachable("client", HOST_6)).toBe(false);
    await lab.opens("stranger", HOST_6);
    await daemon.reload(allowing("[10.9.0.0/24, 10.9.0.10]"));
    await lab.opens("stranger");
    expect(await lab.reachable("stranger", HOST_6)).toBe(false);
    await daemon.reload(config(SSH));
    expect(await lab.reachable("client")).toBe(false);
  });

  it("opens a door with a target for knocks to that address alone", async () => {
    const TARGET = "10.9.0.99";
    const TARGETED = `far: { sequence: [7000, 8200/udp, 7600], target: ${TARGET}, open: 2202/tcp, for: 1h }`;
    await lab.start(config(`ssh: { sequence: [5000/udp], open: 2201/tcp, for: 1h }, ${TARGETED}`));
    await lab.knock("client", HOST, 7000, "8200:udp", 7600, "5000:udp");
    await lab.opens("client");
    expect(await lab.reachable("client", HOST, SERVICE_2)).toBe(false);
    // Nobody has this address; the frames only pass by.
    const ends = { from: lab.addressOf("client"), to: TARGET };
    const knocks = [syn({ ...ends, port: 7000 }), datagram({ ...ends, port: 8200 }), syn({ ...ends, port: 7600 })];
    await lab.sendFrames(
      "client",
      knocks.map((knock) => ethernet(knock)),
    );
    await lab.opens("client", HOST, SERVICE_2);
  });

  it("changes no firewall and hides nothing with firewall: none", async () => {
    const daemon = await lab.start(config(SSH.replace("10s", "1s"), "interface: eth0, firewall: none"));
    await lab.opens("client");
    await lab.knock("client", HOST, ...KNOCK);
    await daemon.logs(/ssh: OPEN SESAME/);
    await daemon.logs(/ssh: closed/);
    expect(await net.ok("server", words("nft list ruleset"))).toBe("");
  });

  it("extends a door a hundred times without a single error from the firewall", async () => {
    const daemon = await lab.start(config("ssh: { sequence: [7001/udp], open: 2201/tcp, for: 1h }"));
    const knocks = `for i in {0..100}; do echo >/dev/udp/${HOST}/7001; sleep 0.02; done`;
    await net.ok("client", ["bash", "-c", knocks]);
    await lab.opens("client");
    await eventually("all knocks are heard", async () => daemon.count(/: ssh: /) === 101);
    expect(daemon.count(/OPEN SESAME/)).toBe(1);
    expect(daemon.count(/open again until/)).toBe(100);
  });

  it("leaves no history of nft's in the root directory", async () => {
    const written = (): number => statSync("/.nft.history", { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const before = written();
    const daemon = await lab.start(config(SSH));
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    expect(await daemon.stop()).toBe(0);
    expect(written()).toBe(before);
  });
});
