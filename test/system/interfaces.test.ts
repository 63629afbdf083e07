// Where the daemon listens: several interfaces, all of them, and addresses as they are now, not as they were at start.
//
//     "client"                                    "server"
//   ┌──────────────────────┐                    ┌──────────────────────┐
//   │ eth0 10.9.0.10 ──────┼──── "switch" ──────┼── eth0 10.9.0.2      │
//   │ eth1 10.7.0.1 ───────┼─────── veth ───────┼── eth1 10.7.0.2      │
//   └──────────────────────┘                    └──────────────────────┘

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { datagram, ethernet, syn } from "../support/frames.ts";
import { eventually, HOST, HOST_6, Lab, SERVICE_2, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const HOST_ETH1 = "10.7.0.2";
const DOORS = `
doors:
  ssh: { sequence: [7000, 8200/udp, 7600], open: 2201/tcp, for: 1h }
  afterwards: { sequence: [5000/udp], open: 2202/tcp, for: 1h }
`;
const SEQUENCE = [7000, "8200:udp", 7600];

describe.skipIf(!root)("knockd", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(async () => {
    await lab.open("client");
    await net.veth(["client", "eth1", "10.7.0.1/24"], ["server", "eth1", "10.7.0.2/24"]);
  });
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  /** Knocks on one interface are heard in order: once a later one has opened its door, all earlier ones have been heard. */
  async function heardAll(host: string): Promise<void> {
    await lab.knock("client", host, "5000:udp");
    await lab.opens("client", host, SERVICE_2);
  }

  it.each(["[eth0, eth1]", "any"])("listens everywhere with interface: %s", async (interfaces) => {
    const daemon = await lab.start(`options: { interface: ${interfaces} }${DOORS}`);
    if (interfaces !== "any")
      for (const name of ["eth0", "eth1"]) await daemon.logs(new RegExp(`listening on ${name}`));
    for (const host of [HOST, HOST_ETH1, HOST_6]) {
      expect(await lab.reachable("client", host)).toBe(false);
      await lab.knock("client", host, ...SEQUENCE);
      await lab.opens("client", host);
    }
  });

  it.each(["lo", "any"])("hears the machine's own knocks on lo with interface: %s", async (name) => {
    const daemon = await lab.start(`options: { interface: ${name} }${DOORS}`);
    await lab.knock("server", "127.0.0.1", ...SEQUENCE);
    await daemon.logs(/^127\.0\.0\.1: ssh: OPEN SESAME$/m);
    await lab.knock("server", "::1", ...SEQUENCE);
    await daemon.logs(/^::1: ssh: OPEN SESAME$/m);
  });

  it("does not hear knocks on an interface that is not its own", async () => {
    await lab.start(`options: { interface: eth0 }${DOORS}`);
    await lab.knock("client", HOST_ETH1, ...SEQUENCE);
    await lab.knock("client", HOST, ...SEQUENCE);
    await lab.opens("client");
    expect(await lab.reachable("client", HOST_ETH1)).toBe(false);
  });

  it("listens where -i says, whatever the file says", async () => {
    const daemon = await lab.start(`options: { interface: eth0 }${DOORS}`, { args: ["-i", "eth1"] });
    await lab.knock("client", HOST_ETH1, ...SEQUENCE);
    await lab.opens("client", HOST_ETH1);
    expect(daemon.log).not.toContain("eth0");
    // Nor does a reload forget it.
    await daemon.reload(`options: { interface: eth0 }${DOORS}`);
    await heardAll(HOST_ETH1);
    expect(daemon.log).not.toContain("eth0");
  });

  it("listens on the interface of the default route when it is not told, and waits for one", async () => {
    const daemon = lab.spawn(DOORS);
    await daemon.logs(/^no default route: waiting for one, or set options\.interface$/m);
    await net.ok("server", words("ip route add default via 10.7.0.1"));
    await daemon.logs(/listening on eth1/);
    await lab.knock("client", HOST_ETH1, ...SEQUENCE);
    await lab.opens("client", HOST_ETH1);
    expect(daemon.count(/no default route/)).toBe(1);
    // The route moves, and knockd with it.
    await net.ok("server", words("ip route replace default via 10.9.0.10"));
    await daemon.logs(/listening on eth0/);
    await lab.knock("client", HOST, ...SEQUENCE);
    await lab.opens("client", HOST);
    await net.ok("server", words("ip route delete default"));
  });

  it("listens on other interfaces after a reload, and stops listening on those that are gone", async () => {
    const daemon = await lab.start(`options: { interface: eth0 }${DOORS}`);
    await daemon.reload(`options: { interface: [eth1] }${DOORS}`);
    await daemon.logs(/^starting up, listening on eth1$/m);
    await lab.knock("client", HOST, ...SEQUENCE);
    await heardAll(HOST_ETH1);
    expect(await lab.reachable("client")).toBe(false);
    await lab.knock("client", HOST_ETH1, ...SEQUENCE);
    await lab.opens("client", HOST_ETH1);
    await daemon.reload(`options: { interface: [eth0, eth1] }${DOORS}`);
    await daemon.logs(/listening on eth0[\s\S]*listening on eth0$/m);
    await lab.knock("client", HOST, ...SEQUENCE);
    await lab.opens("client");
  });

  it("takes knocks to each address of the interface, also mixed", async () => {
    await net.address("server", "eth0", "10.9.0.3/24");
    await lab.start(`options: { interface: eth0 }${DOORS}`);
    expect(await lab.reachable("client")).toBe(false);
    await lab.knock("client", HOST, 7000);
    await lab.knock("client", "10.9.0.3", "8200:udp");
    await lab.knock("client", HOST, 7600);
    await lab.opens("client");
    await net.ok("server", words("ip address delete 10.9.0.3/24 dev eth0"));
  });

  it.each([
    ["IPv4", 4, "10.9.0.77", "10.9.0.78/24"],
    ["IPv6", 6, "fd09::77", "fd09::78/64"],
  ] as const)("takes knocks to an %s address that comes while it runs", async (_name, _family, address, other) => {
    await lab.start(`options: { interface: eth0 }${DOORS}`);
    const [, bits] = other.split("/");
    await net.address("server", "eth0", `${address}/${bits}`);
    // It hears of the address at once, but not in no time.
    await eventually("a knock to the new address counts", async () => {
      await lab.knock("client", address, ...SEQUENCE);
      return await lab.reachable("client", address);
    });
    await net.ok("server", words(`ip address delete ${address}/${bits} dev eth0`));
  });

  it.each([
    ["IPv4", 4, "10.9.0.77", "10.9.0.78/24"],
    ["IPv6", 6, "fd09::77", "fd09::78/64"],
  ] as const)("takes no knocks to an %s address that has gone", async (_name, family, address, other) => {
    const [host = "", bits] = other.split("/");
    await net.address("server", "eth0", `${address}/${bits}`);
    const daemon = await lab.start(`options: { interface: eth0 }${DOORS}`);
    await net.ok("server", words(`ip address delete ${address}/${bits} dev eth0`));
    await net.address("server", "eth0", other);
    // Once the later address counts, the daemon knows that the earlier one has gone.
    await eventually("a knock to the later address counts", async () => {
      await lab.knock("client", host, "5000:udp");
      return await lab.reachable("client", host, SERVICE_2);
    });
    const sniffer = net.spawn("server", words(`tcpdump -n -l -i eth0 host ${address} and (tcp or udp)`));
    await sniffer.until(/listening on/);
    const ends = { from: lab.addressOf("client", family), to: address };
    const knocks = [syn({ ...ends, port: 7000 }), datagram({ ...ends, port: 8200 }), syn({ ...ends, port: 7600 })];
    await lab.sendFrames(
      "client",
      knocks.map((knock) => ethernet(knock)),
    );
    await sniffer.until(/\.7600:/);
    await sniffer.stop();
    const extended = daemon.count(/afterwards: open again/);
    await lab.knock("client", host, "5000:udp");
    await eventually("all knocks are heard", async () => daemon.count(/afterwards: open again/) > extended);
    expect(await lab.reachable("client", host)).toBe(false);
    await net.ok("server", words(`ip address delete ${other} dev eth0`));
  });
});
