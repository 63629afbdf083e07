// Links other than plain Ethernet: VLAN tags on the parent interface, and a tunnel whose packets have no link header.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { datagram, ethernet, syn } from "../support/frames.ts";
import { eventually, HOST, HOST_6, Lab, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const DOORS = `
doors:
  ssh: { sequence: [7000, 8200/udp, 7600], open: 2201/tcp, for: 1h }
`;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_QINQ = 0x88a8;
/** Behind both hardware addresses and the outer tag. */
const INNER_TAG = 16;

describe.skipIf(!root)("a knock", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client"));
  afterEach(async () => {
    await lab.reset();
    for (const each of ["top7", "eth7"]) await net.run("server", words(`ip link del ${each}`));
    rmSync(join(lab.directory, "ran"), { force: true });
  });
  afterAll(() => lab.close());

  /** One tag, or two: the usual pair is a service tag around a customer tag (IEEE 802.1ad). */
  function tagged(packet: Buffer, vlans: readonly number[], types: readonly number[]): Buffer {
    const frame = ethernet(packet, { vlans, tagType: types[0] ?? ETHERTYPE_VLAN });
    if (types[1] !== undefined) frame.writeUInt16BE(types[1], INNER_TAG);
    return frame;
  }

  describe.each([
    [4, HOST],
    [6, HOST_6],
  ] as const)("over IPv%i", (family, host) => {
    it.each([
      ["one VLAN tag", [42], [ETHERTYPE_VLAN]],
      ["one VLAN tag of priority alone", [0xa000], [ETHERTYPE_VLAN]],
      ["a service tag", [42], [ETHERTYPE_QINQ]],
      ["two VLAN tags", [7, 42], [ETHERTYPE_VLAN, ETHERTYPE_VLAN]],
      ["two VLAN tags as in QinQ", [7, 42], [ETHERTYPE_QINQ, ETHERTYPE_VLAN]],
    ] as const)("behind %s counts on the parent interface", async (_tags, vlans, types) => {
      await lab.start(`options: { interface: eth0 }${DOORS}`);
      expect(await lab.reachable("client", host)).toBe(false);
      const ends = { from: lab.addressOf("client", family), to: host };
      const packets = [syn({ ...ends, port: 7000 }), datagram({ ...ends, port: 8200 }), syn({ ...ends, port: 7600 })];
      await lab.sendFrames(
        "client",
        packets.map((packet) => tagged(packet, vlans, types)),
      );
      await lab.opens("client", host);
    });
  });

  it("counts once on any, though a bridge and its port have it both", async () => {
    const setting = ["link add top7 type bridge", "link set eth7 master top7"];
    await net.ok("server", words("ip link add eth7 type veth peer name eth7 netns").concat(net.nameOf("client")));
    for (const line of [...setting, "link set eth7 up", "link set top7 up"])
      await net.ok("server", words(`ip ${line}`));
    await net.ok("client", words("ip link set eth7 up"));
    await net.carrier("server", "eth7");
    await net.address("server", "top7", "10.9.7.1/24");
    const ran = join(lab.directory, "ran");
    const run = (name: string) => ({ start_command: `echo ${name} >>${ran}` });
    const doors = { once: { sequence: "7001/udp", ...run("once") }, last: { sequence: "7009/udp", ...run("last") } };
    const twice = { sequence: "7002/udp,7002/udp", ...run("twice") };
    await lab.start(JSON.stringify({ options: { interface: "any", scan_guard: false }, doors: { ...doors, twice } }));
    const to = "10.9.7.1";
    const ends = { from: "10.9.7.2", to };
    const packets = [7001, 7002, 7009].map((port) => datagram({ ...ends, port }));
    await lab.sendFrames(
      "client",
      packets.map((packet) => ethernet(packet)),
      "eth7",
    );
    await eventually(
      "the last one has been heard",
      async () => existsSync(ran) && readFileSync(ran, "utf8").includes("last"),
    );
    expect(readFileSync(ran, "utf8").split("\n").sort().join(" ").trim()).toBe("last once");
  });

  it("through a tunnel without a link layer counts, over IPv4 and IPv6", async () => {
    // socat holds both ends; one is carried over to the server.
    const socat = ["socat", "TUN,tun-name=tun0,iff-no-pi", "TUN,tun-name=far0,iff-no-pi"];
    const tunnel = net.spawn("client", socat);
    await net.ok("client", ["bash", "-c", "until ip link show far0 && ip link show tun0; do sleep 0.05; done"]);
    await net.ok("client", words(`ip link set far0 netns ${net.nameOf("server")} name tun0`));
    for (const [name, number] of [
      ["client", 1],
      ["server", 2],
    ] as const) {
      await net.ok(name, words("ip link set tun0 up"));
      await net.address(name, "tun0", `10.8.0.${number}/24`);
      await net.address(name, "tun0", `fd08::${number}/64`);
    }
    await lab.start(`options: { interface: tun0 }${DOORS}`);
    for (const host of ["10.8.0.2", "fd08::2"]) {
      expect(await lab.reachable("client", host)).toBe(false);
      await lab.knock("client", host, 7000, "8200:udp", 7600);
      await lab.opens("client", host);
    }
    await tunnel.stop();
  });
});
