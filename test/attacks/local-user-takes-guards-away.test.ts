// The attack: a local user listens on tens of thousands of ports, so that the guards step aside, and a scan walks in.
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { ASIDE_MAX, guardsOf, UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import { portKey } from "../../src/core/port.ts";
import { portsInUse } from "../../src/io/listening.ts";
import { door } from "../support/doors.ts";

describe("guards stay", () => {
  it("where somebody listens on loopback, however often", async () => {
    const servers = Array.from({ length: 200 }, () => createServer().listen(0, "127.0.0.1"));
    await Promise.all(servers.map((server) => once(server, "listening")));
    const keys = servers.map((server) => {
      const address = server.address();
      return portKey("tcp", typeof address === "object" && address !== null ? address.port : 0);
    });
    const inUse = await portsInUse();
    expect(keys.filter((key) => inUse.has(key))).toEqual([]);
    const ended = Promise.all(servers.map((server) => once(server, "close")));
    for (const server of servers) server.close();
    await ended;
  });

  it("where somebody listens for all addresses, but for a few, and the daemon is told so", () => {
    const one = door();
    const everywhere = new Set(Array.from({ length: 31_744 }, (_, index) => portKey("tcp", 1024 + index)));
    const sizeOf = (inUse: ReadonlySet<number>) =>
      guardsOf(one, "wide", { ...UNTOUCHED_GROUND, inUse }, [1, 2, 3, 4])
        .ranges()
        .reduce((sum, { from, to }) => sum + to - from + 1, 0);
    expect(sizeOf(new Set()) - sizeOf(everywhere)).toBe(ASIDE_MAX);
    expect(guardsOf(one, "wide", { ...UNTOUCHED_GROUND, inUse: everywhere }, [1, 2, 3, 4]).crowded).toBeGreaterThan(
      4000,
    );
  });
});
