import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { portKey } from "../../src/core/port.ts";
import { portsInUse } from "../../src/io/listening.ts";

describe("the ports in use", () => {
  it("are those that something listens on, of either protocol, while it does", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const address = server.address();
    const tcp = portKey("tcp", typeof address === "object" && address !== null ? address.port : 0);
    const udp = portKey("udp", socket.address().port);
    expect([...(await portsInUse())]).toEqual(expect.arrayContaining([tcp, udp]));
    const ended = Promise.all([once(server, "close"), once(socket, "close")]);
    server.close();
    socket.close();
    await ended;
    const after = await portsInUse();
    expect([tcp, udp].filter((key) => after.has(key))).toEqual([]);
  });
});
