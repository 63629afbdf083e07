// The machine's interfaces as they come and go, in network namespaces of their own.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Netns, root } from "../support/netns.ts";
import type { Running } from "../support/running.ts";
import { soon } from "../support/soon.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/network.mjs", import.meta.url));
const WATCHED = ["10.9.0.1", "fd09::1", "10.9.2.1"];

describe.skipIf(!root)("the network", () => {
  const net = new Netns();
  let following: Running;

  beforeAll(async () => {
    await net.add("machine", "peer");
    following = net.spawn("machine", [process.execPath, DRIVER, "eth0", ...WATCHED]);
    await following.until(/\n/);
  });
  afterAll(() => net.close());

  async function ip(...words: string[]): Promise<void> {
    await net.ok("machine", ["ip", ...words]);
  }

  /** The newest line says so, sooner or later. */
  async function becomes(state: object): Promise<void> {
    await soon(() => expect(JSON.parse(following.stdout.trimEnd().split("\n").at(-1) ?? "")).toEqual(state));
  }

  it("has no such interface before it is there; any is always there", async () => {
    await becomes({ has: [], any: [] });
  });

  it("follows an interface that comes, goes up, and gets addresses", async () => {
    await ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", net.nameOf("peer"));
    await becomes({ up: false, ethernet: true, has: [], any: [] });
    await ip("link", "set", "eth0", "up");
    await becomes({ up: true, ethernet: true, has: [], any: [] });
    await ip("address", "add", "10.9.0.1/24", "dev", "eth0");
    await ip("address", "add", "fd09::1/64", "dev", "eth0", "nodad");
    await becomes({ up: true, ethernet: true, has: ["10.9.0.1", "fd09::1"], any: ["10.9.0.1", "fd09::1"] });
  });

  it("knows the addresses of other interfaces as any's", async () => {
    await ip("address", "add", "10.9.2.1/32", "dev", "lo");
    await becomes({
      up: true,
      ethernet: true,
      has: ["10.9.0.1", "fd09::1"],
      any: ["10.9.0.1", "fd09::1", "10.9.2.1"],
    });
  });

  it("follows a default route", async () => {
    await ip("route", "add", "default", "dev", "eth0");
    await becomes(expect.objectContaining({ route: "eth0" }));
    await ip("route", "del", "default");
    await becomes(expect.not.objectContaining({ route: "eth0" }));
    await ip("-6", "route", "add", "default", "dev", "eth0");
    await becomes(expect.objectContaining({ route: "eth0" }));
  });

  it("forgets an address that is taken away, and an interface that goes", async () => {
    await ip("address", "del", "10.9.0.1/24", "dev", "eth0");
    await becomes(expect.objectContaining({ has: ["fd09::1"] }));
    await ip("link", "set", "eth0", "down");
    await becomes(expect.objectContaining({ up: false }));
    await ip("link", "del", "eth0");
    await becomes({ has: [], any: ["10.9.2.1"] });
  });

  it("says nothing on stderr, and ends when it is told to", async () => {
    following.signal("SIGTERM");
    expect(await following.ended()).toBe(0);
    expect(following.stderr).toBe("");
  });
});
