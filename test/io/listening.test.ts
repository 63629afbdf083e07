import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { describe, expect, it } from "vitest";
import { portKey } from "../../src/core/port.ts";
import { groundNow, portsInUse } from "../../src/io/listening.ts";

describe("the ports in use", () => {
  it("are those that another machine can reach something on, of either protocol, while it listens", async () => {
    const server = createServer().listen(0, "0.0.0.0");
    const hidden = createServer().listen(0, "127.0.0.1");
    const socket = createSocket("udp4").bind(0, "0.0.0.0");
    const hiddenSocket = createSocket("udp6").bind(0, "::1");
    const connected = createSocket("udp4").bind(0, "0.0.0.0");
    const all = [server, hidden, socket, hiddenSocket, connected];
    await Promise.all(all.map((each) => once(each, "listening")));
    connected.connect(9, "127.0.0.1");
    await once(connected, "connect");
    const tcp = [server, hidden].map((each) => portKey("tcp", portOf(each.address())));
    const udp = [socket, hiddenSocket, connected].map((each) => portKey("udp", each.address().port));
    const present = await portsInUse();
    expect([...tcp, ...udp].map((key) => present.has(key))).toEqual([true, false, true, false, false]);
    const ended = Promise.all(all.map((each) => once(each, "close")));
    for (const each of all) each.close();
    await ended;
    const after = await portsInUse();
    expect([...tcp, ...udp].filter((key) => after.has(key))).toEqual([]);
  });

  it("come with the ports from which this machine's own connections leave", async () => {
    const { outgoing } = await groundNow();
    const [from, to] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "latin1").trim().split(/\s+/).map(Number);
    expect(outgoing).toEqual({ from, to });
  });
});

function portOf(address: ReturnType<Server["address"]>): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
