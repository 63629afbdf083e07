// Addresses in sets, put there by talking to the kernel, or with nft where that does not go; in a namespace of its own.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { Netns, root } from "../support/netns.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/nft-elements.mjs", import.meta.url));
const KOFFI = fileURLToPath(new URL("../../node_modules/koffi", import.meta.url));
const SETS = `
  flush ruleset
  table inet t {
    set own { type ipv4_addr; flags timeout; }
    set own6 { type ipv6_addr; flags timeout; }
    set ranges { type ipv4_addr; flags interval, timeout; }
    set forever { type ipv4_addr; }
    set services { type ipv4_addr . inet_service; flags timeout; }
  }
  table ip elsewhere {
    set own { type ipv4_addr; flags timeout; }
  }
`;
const MINUTE_MS = 60_000;

describe.skipIf(!root)("addresses in nftables sets", () => {
  const net = new Netns();
  beforeAll(() => net.add("firewall"));
  afterAll(() => net.close());
  beforeEach(() => net.nft("firewall", SETS));

  /** With a file or a directory taken away, if one is named. */
  async function drive(steps: readonly unknown[], without?: string): Promise<unknown[]> {
    const hide =
      without === undefined
        ? 'exec "$0" "$1"'
        : `if [ -d "${without}" ]; then mount -t tmpfs none "${without}"; else mount --bind /dev/null "${without}"; fi && exec "$0" "$1"`;
    const argv = ["unshare", "--mount", "/bin/sh", "-c", hide, process.execPath, DRIVER];
    const parsed: unknown = JSON.parse(await net.ok("firewall", argv, { input: JSON.stringify(steps) }));
    return Array.isArray(parsed) ? parsed : [];
  }

  async function without(name: "nft"): Promise<string> {
    return (await net.ok("firewall", ["readlink", "-f", `/usr/sbin/${name}`])).trim();
  }

  async function elements(set: string): Promise<string[]> {
    const listing = await net.ok("firewall", ["nft", "list", "set", ...`inet t ${set}`.split(" ")]);
    const [, inside = ""] = /elements = \{([^}]*)\}/.exec(listing) ?? [];
    return inside
      .split(",")
      .map((element) => element.trim())
      .filter((element) => element !== "");
  }

  /** Seconds that the one element of the set has still to live. */
  async function left(set: string): Promise<number> {
    const [element = ""] = await elements(set);
    const [, minutes = "0", seconds = "0"] = /expires (?:(\d+)m)?(?:(\d+)s)?/.exec(element) ?? [];
    return 60 * Number(minutes) + Number(seconds);
  }

  const add = (set: string, ip: string, forMs = MINUTE_MS) => ({ add: [[`inet t ${set}`, ip]], forMs });
  const remove = (set: string, ip: string) => ({ remove: [[`inet t ${set}`, ip]] });

  it("come and go without any nft, of both families, in tables of all families", async () => {
    const steps = [
      add("own", "192.0.2.7"),
      add("own", "192.0.2.8"),
      remove("own", "192.0.2.8"),
      add("own6", "2001:db8::7"),
      { add: [["ip elsewhere own", "192.0.2.9"]], forMs: MINUTE_MS },
    ];
    expect(await drive(steps, await without("nft"))).toEqual(["done", "done", "done", "done", "done"]);
    expect(await elements("own")).toEqual([expect.stringMatching(/^192\.0\.2\.7 timeout 1m/)]);
    expect(await elements("own6")).toEqual([expect.stringMatching(/^2001:db8::7 timeout 1m/)]);
    expect(await net.ok("firewall", ["nft", "list", "set", "ip", "elsewhere", "own"])).toContain("192.0.2.9 timeout");
  });

  it("go without a word when they are gone already", async () => {
    expect(await drive([remove("own", "192.0.2.7"), remove("own", "192.0.2.7")], await without("nft"))).toEqual([
      "done",
      "done",
    ]);
    expect(await elements("own")).toEqual([]);
  });

  it.each([
    ["for the same time, which is nearly over", "timeout 1m expires 5s"],
    ["for a shorter time", "timeout 20s"],
    ["for a longer time", "timeout 5m"],
  ])("that are there already %s live from now on", async (_how, time) => {
    await net.nft("firewall", `add element inet t own { 192.0.2.7 ${time} }`);
    expect(await drive([add("own", "192.0.2.7")], await without("nft"))).toEqual(["done"]);
    expect(await left("own")).toBeGreaterThan(50);
    expect(await left("own")).toBeLessThanOrEqual(60);
  });

  it("go by thousands in few transactions, between which the loop turns", async () => {
    const ips = Array.from({ length: 4096 }, (_each, at) => `10.0.${at >>> 8}.${at & 255}`);
    const filled = ips.map((ip) => `${ip} timeout 1h`).join(", ");
    await net.nft("firewall", `add element inet t own { ${filled}, 192.0.2.7 timeout 1h }`);
    const together = ips.map((ip) => remove("own", ip));
    const [counted] = z
      .tuple([z.object({ outcomes: z.array(z.string()), transactions: z.number(), turns: z.number() })])
      .parse(await drive([{ counted: { together } }], await without("nft")));
    expect(counted.outcomes).toEqual(["done"]);
    expect(counted.transactions).toBe(4096 / 32);
    expect(counted.turns).toBeGreaterThanOrEqual(4096 / 32 - 1);
    expect(await elements("own")).toEqual([expect.stringMatching(/^192\.0\.2\.7 timeout 1h/)]);
  });

  it("go each by itself where one of them cannot", async () => {
    await net.nft("firewall", "add element inet t own { 192.0.2.7 timeout 1h, 192.0.2.8 timeout 1h }");
    const together = [remove("own", "192.0.2.7"), remove("nowhere", "192.0.2.7"), remove("own", "192.0.2.8")];
    expect(await drive([{ together }])).toEqual([["done", expect.stringMatching(/^nft: Error: No such file/), "done"]]);
    expect(await elements("own")).toEqual([]);
  });

  it("that come in the same breath as they go stay", async () => {
    expect(await drive([{ together: [remove("own", "192.0.2.7"), add("own", "192.0.2.7")] }])).toEqual([
      ["done", "done"],
    ]);
    expect(await elements("own")).toEqual([expect.stringMatching(/^192\.0\.2\.7 timeout 1m/)]);
  });

  it("of two sets come together or not at all, and nft says what is wrong", async () => {
    const places = ["inet t own", "inet t nowhere"].map((set) => [set, "192.0.2.7"]);
    expect(await drive([{ add: places, forMs: MINUTE_MS }, { remove: places }])).toEqual([
      expect.stringMatching(/^nft: Error: No such file or directory.*: add element inet t nowhere \{ 192\.0\.2\.7/),
      expect.stringMatching(/^nft: Error: No such file or directory/),
    ]);
    expect(await elements("own")).toEqual([]);
    expect(await drive([{ add: places.toSpliced(1, 1, ["inet t ranges", "192.0.2.7"]), forMs: MINUTE_MS }])).toEqual([
      "done",
    ]);
    expect((await elements("own")).length).toBe(1);
  });

  it("of a set of ranges are one address each: an open range would let in all above it", async () => {
    expect(
      await drive([add("ranges", "192.0.2.7"), add("ranges", "192.0.2.9"), remove("ranges", "192.0.2.9")]),
    ).toEqual(["done", "done", "done"]);
    expect(await elements("ranges")).toEqual([expect.stringMatching(/^192\.0\.2\.7 timeout 1m/)]);
  });

  it.each(["forever", "services", "own6"])("that the set %s does not take are refused in nft's words", async (set) => {
    expect(await drive([add(set, "192.0.2.7")])).toEqual([expect.stringMatching(/^nft: Error: /)]);
    expect(await elements(set)).toEqual([]);
  });

  it("come and go all the same without koffi, many at once, and it is said why that is slower", async () => {
    const many = Array.from({ length: 40 }, (_each, at) => add("own", `10.0.0.${at}`));
    const steps = [{ problem: true }, { together: many }, remove("own", "10.0.0.7"), add("nowhere", "10.0.0.7")];
    expect(await drive(steps, KOFFI)).toEqual([
      expect.stringContaining("koffi"),
      many.map(() => "done"),
      "done",
      expect.stringMatching(/^nft: Error: No such file/),
    ]);
    expect((await elements("own")).length).toBe(39);
    expect(await drive([{ problem: true }])).toEqual(["none"]);
  });

  it("are refused where there is neither koffi nor nft", async () => {
    const driven = await drive([add("nowhere", "192.0.2.7")], await without("nft"));
    expect(driven).toEqual([expect.stringMatching(/nft/)]);
  });
});
