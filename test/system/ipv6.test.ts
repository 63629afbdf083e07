// Knocks over IPv6, plain and behind extension headers, and what must not mix with them.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { datagram, ethernet, HEADER, syn } from "../support/frames.ts";
import { eventually, HOST, HOST_6, Lab, OUR_KNOCK, SERVICE_2, stillTalks, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const CONFIG = `
options: { interface: eth0 }
doors:
  ssh: { sequence: [7000, 8200/udp, 7600], open: 2201/tcp, for: 10s }
  sized: { sequence: [7060, 100/icmp, 7660], open: 2201/tcp, for: 10s }
  afterwards: { sequence: [5000/udp], open: 2202/tcp, for: 1h }
`;

describe.skipIf(!root)("over IPv6", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client", "stranger"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  it.each([
    ["our knock", [...OUR_KNOCK, HOST_6, "7000", "8200:udp", "7600"]],
    ["our knock with an echo request", [...OUR_KNOCK, HOST_6, "7060", "100:icmp", "7660"]],
    [
      "nmap, nc and bash",
      [
        "bash",
        "-c",
        `nmap -6 -n -Pn --max-retries 0 -p 7000 ${HOST_6}; echo | nc -6 -u -w 1 ${HOST_6} 8200; (echo >/dev/tcp/${HOST_6}/7600)`,
      ],
    ],
  ])("%s opens the door, for the IPv6 address alone", async (_by, argv) => {
    await lab.start(CONFIG);
    expect(await lab.reachable("client", HOST_6)).toBe(false);
    await net.run("client", argv);
    await lab.opens("client", HOST_6);
    expect(await lab.reachable("client", HOST)).toBe(false);
    expect(await lab.reachable("stranger", HOST_6)).toBe(false);
  });

  it("a door closes by itself, and connections live on", async () => {
    await lab.start(CONFIG);
    const lurker = await lab.lurk("stranger", HOST_6);
    await lab.knock("client", HOST_6, 7000, "8200:udp", 7600);
    await lab.opens("client", HOST_6);
    const connection = await lab.connect("client", HOST_6);
    await lab.closes("client", HOST_6);
    await stillTalks(connection);
    await lurker.stop();
    expect(lurker.stdout).toMatch(/^(out\n)+$/);
  });

  it("steps and those over IPv4 neither combine nor disturb each other", async () => {
    await lab.start(CONFIG);
    await lab.knock("client", HOST, 7000, "8200:udp");
    await lab.knock("client", HOST_6, 7600);
    await lab.knock("client", HOST, 7600);
    await lab.opens("client", HOST);
    expect(await lab.reachable("client", HOST_6)).toBe(false);
  });

  it("a door opens for the one address that knocked, not for another one of the same machine", async () => {
    await net.address("stranger", "eth0", "fd09::77/64");
    await lab.start(CONFIG);
    await net.ok("stranger", words(`nc -6 -u -w 1 -s fd09::77 ${HOST_6} 5000`), { input: "x" });
    const reaches = async (source: string): Promise<boolean> =>
      (await net.run("stranger", words(`nc -6 -z -w 1 -s ${source} ${HOST_6} ${SERVICE_2}`))).code === 0;
    await eventually("reachable from the address that knocked", () => reaches("fd09::77"));
    expect(await reaches(lab.addressOf("stranger", 6))).toBe(false);
  });

  it.each([
    ["a hop-by-hop header", { extensions: [HEADER.HOP_BY_HOP] }],
    ["a destination options header", { extensions: [HEADER.DESTINATION_OPTIONS] }],
    ["both", { extensions: [HEADER.HOP_BY_HOP, { header: HEADER.DESTINATION_OPTIONS, bytes: 24 }] }],
    ["a routing header", { extensions: [HEADER.ROUTING] }],
    ["an atomic fragment header", { fragment: { offset: 0, more: false } }],
  ])("knocks behind %s count", async (_headers, shape) => {
    await lab.start(CONFIG);
    expect(await lab.reachable("client", HOST_6)).toBe(false);
    const ends = { from: lab.addressOf("client", 6), to: HOST_6, ...shape };
    const packets = [syn({ ...ends, port: 7000 }), datagram({ ...ends, port: 8200 }), syn({ ...ends, port: 7600 })];
    await lab.sendFrames(
      "client",
      packets.map((packet) => ethernet(packet)),
    );
    await lab.opens("client", HOST_6);
  });
});
