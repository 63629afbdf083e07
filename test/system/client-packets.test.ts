// What the client sends, seen on the wire, and the same of the C client where it is installed.
//
//     namespace "client"                                       namespace "server"
//   ┌──────────────────────────┐                          ┌─────────────────────────────┐
//   │ knock            eth0 ───┼────────── veth ──────────┼─── eth0     nft: drop 7100.. │
//   │ tcpdump  10.9.0.1 fd09::1│                          │10.9.0.2 fd09::2  nobody else │
//   └──────────────────────────┘                          └─────────────────────────────┘

import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Netns, root } from "../support/netns.ts";
import { sentPackets } from "../support/sent-packets.ts";

const OURS = [process.execPath, fileURLToPath(new URL("../../dist/knock.js", import.meta.url))];
const C_CLIENT = "/usr/bin/knock";
const clients: [string, string[]][] = [["our knock", OURS]];
if (existsSync(C_CLIENT)) clients.push(["the C knock", [C_CLIENT]]);
else process.stderr.write(`\nWARNING: no ${C_CLIENT}, so our packets are not compared with its packets\n\n`);

const HOST = "10.9.0.2";
const HOST_6 = "fd09::2";
const DROPPED = 7100;
const RETRANSMISSION_MS = 1000; // The first one of a SYN (RFC 6298, section 2).
const RULES = `
table inet t {
  chain c {
    type filter hook input priority 0
    tcp dport ${DROPPED} drop
    icmp type echo-request drop
  }
}`;
const LAST = "udp 65535 0a";

describe.skipIf(!root)("packets", () => {
  const net = new Netns();

  beforeAll(async () => {
    await net.add("client", "server");
    await net.veth(["client", "eth0", "10.9.0.1/24", "fd09::1/64"], ["server", "eth0", "10.9.0.2/24", "fd09::2/64"]);
    await net.nft("server", RULES);
  });
  afterAll(() => net.close());

  async function capture(act: () => Promise<unknown>): Promise<string[]> {
    // A small snapshot length makes room for bursts: in immediate mode every packet takes a slot of that size.
    const words = ["-n", "-x", "-s", "256", "-l", "--immediate-mode", "-Q", "out", "-i", "eth0"];
    const tcpdump = net.spawn("client", ["tcpdump", ...words, "tcp or udp or icmp or icmp6[icmp6type] = icmp6-echo"]);
    await tcpdump.until(/listening on/);
    await act();
    // One interface keeps its order: once the last packet is there, all before it are.
    await net.ok("client", ["bash", "-c", `echo >/dev/udp/${HOST}/65535`]);
    await tcpdump.until(/\.65535:[^\n]*\n\s+0x0000[^\n]*\n\s+0x0010/);
    await tcpdump.stop();
    expect(tcpdump.stderr).toMatch(/^0 packets dropped by kernel/m);
    const packets = sentPackets(tcpdump.stdout);
    expect(packets.pop()).toBe(LAST);
    return packets;
  }

  describe.each(clients)("%s", (_name, client) => {
    it.each([
      [
        [HOST, "7000", "8000:udp", "9000"],
        ["syn 7000", "udp 8000 00", "syn 9000"],
      ],
      [
        [HOST, "9000", "7000", "8000"],
        ["syn 9000", "syn 7000", "syn 8000"],
      ],
      [
        [HOST, "7000", "7000", "7000:udp", "7000:udp"],
        ["syn 7000", "syn 7000", "udp 7000 00", "udp 7000 00"],
      ],
      [
        ["-u", HOST, "7000", "8000:tcp"],
        ["udp 7000 00", "udp 8000 00"],
      ],
      [["--udp", "-4", HOST, "9000"], ["udp 9000 00"]],
      [
        [HOST, "ssh", "domain:udp"],
        ["syn 22", "udp 53 00"],
      ],
      [
        ["-6", HOST_6, "7000", "8000:udp", "9000"],
        ["syn 7000", "udp 8000 00", "syn 9000"],
      ],
      [
        [HOST_6, "65534", "1:udp"],
        ["syn 65534", "udp 1 00"],
      ],
    ])("sends for %j one packet a port, in order", async (args, expected) => {
      expect(await capture(() => net.ok("client", [...client, ...args]))).toEqual(expected);
    });

    it("sends many knocks without a pause, each once, in order", async () => {
      const ports = Array.from({ length: 300 }, (_, index) => String(1024 + ((index * 7919) % 60_000)));
      const packets = await capture(() => net.ok("client", [...client, HOST, ...ports]));
      expect(packets).toEqual(ports.map((port) => `syn ${port}`));
    });

    it("sends one SYN to a port that drops it, and no second one while it waits", async () => {
      const args = ["-d", String(RETRANSMISSION_MS + 300), HOST, String(DROPPED)];
      expect(await capture(() => net.ok("client", [...client, ...args]))).toEqual([`syn ${DROPPED}`]);
      expect(await net.ok("client", ["ss", "-Htan", "state", "syn-sent"])).toBe("");
    });

    it("waits after every port, also the last", async () => {
      const words = ["-n", "-l", "--immediate-mode", "-i", "eth0", "udp port 8000"];
      const tcpdump = net.spawn("server", ["tcpdump", ...words]);
      await tcpdump.until(/listening on/);
      const patient = net.spawn("client", [...client, "-d", "60000", HOST, "8000:udp"]);
      await tcpdump.until(/\.8000: /);
      // One that does not wait has ended by then.
      expect(await Promise.race([patient.ended(), delay(1000, "waits")])).toBe("waits");
      await Promise.all([patient.stop(), tcpdump.stop()]);
    });

    it("prints every knock when asked to", async () => {
      const stdout = await net.ok("client", [...client, "-v", HOST, "7000", "8000:udp"]);
      expect(stdout).toBe(`hitting tcp ${HOST}:7000\nhitting udp ${HOST}:8000\n`);
    });

    it("is silent otherwise, and content with a host that cannot be reached", async () => {
      const nowhere = await net.run("client", [...client, "192.0.2.1", "7000", "8000:udp"]);
      expect(nowhere).toEqual({ code: 0, stdout: "", stderr: "" });
    });
  });

  it("would have seen a retransmission: a connection that stays open makes one", async () => {
    const stubborn = ["timeout", "2", "bash", "-c", `echo >/dev/tcp/${HOST}/${DROPPED}`];
    const packets = await capture(() => net.run("client", stubborn));
    expect(packets.length).toBeGreaterThan(1);
    expect(new Set(packets)).toEqual(new Set([`syn ${DROPPED}`]));
  });

  it("knocks on an open port with one SYN, although the connection is made", async () => {
    const listener = ["-e", "require('net').createServer().listen(7200, () => console.log('listening'))"];
    const server = net.spawn("server", [process.execPath, ...listener]);
    await server.until(/listening/);
    const packets = await capture(() => net.ok("client", [...OURS, HOST, "7200", "7201"]));
    expect(packets.filter((packet) => packet.startsWith("syn"))).toEqual(["syn 7200", "syn 7201"]);
    await server.stop();
  });

  it("sends echo requests of the size asked for in between, answered or not", async () => {
    const packets = await capture(() => net.ok("client", [...OURS, HOST, "7000", "100:icmp", "8000", "0/icmp"]));
    expect(packets).toEqual(["syn 7000", "echo 100", "syn 8000", "echo 0"]);
    const packets6 = await capture(() => net.ok("client", [...OURS, HOST_6, "7000", "33:icmp", "8000"]));
    expect(packets6).toEqual(["syn 7000", "echo 33", "syn 8000"]);
  });

  it("sends nothing when one of the ports is wrong", async () => {
    const packets = await capture(() => net.run("client", [...OURS, HOST, "7000", "8000", "70000"]));
    expect(packets).toEqual([]);
  });

  it("knocks on a link-local address with its zone", async () => {
    await net.address("server", "eth0", "fe80::9/64");
    const packets = await capture(() => net.ok("client", [...OURS, "fe80::9%eth0", "7000", "8000:udp"]));
    expect(packets).toEqual(["syn 7000", "udp 8000 00"]);
  });
});
