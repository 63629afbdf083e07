// The kernel's switches for sending packets on, in a network namespace that has its own.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Netns, root } from "../support/netns.ts";

const DRIVER = fileURLToPath(new URL("../support/drivers/forwarding.mjs", import.meta.url));
const FOUR = "{port: 2222, to: 192.168.1.10:22}";
const SIX = '{port: 2222, to: "[fd00::10]:22"}';

describe.skipIf(!root)("forwarding", () => {
  const net = new Netns();
  beforeAll(() => net.add("gate"));
  afterAll(() => net.close());

  async function problems(open: string, { four, six }: { four: number; six: number }): Promise<unknown> {
    await net.ok("gate", ["sysctl", "-q", `net.ipv4.ip_forward=${four}`, `net.ipv6.conf.all.forwarding=${six}`]);
    const yaml = `doors: {ssh: {sequence: "31337,4242,9171", open: [${open}]}}`;
    return JSON.parse(await net.ok("gate", [process.execPath, DRIVER, yaml]));
  }

  it("is asked for only where a door leads on, and of its family", async () => {
    expect(await problems("22", { four: 0, six: 0 })).toEqual([]);
    expect(await problems(`22, ${FOUR}`, { four: 0, six: 1 })).toEqual(["net.ipv4.ip_forward"]);
    expect(await problems(FOUR, { four: 1, six: 0 })).toEqual([]);
    expect(await problems(SIX, { four: 1, six: 0 })).toEqual(["net.ipv6.conf.all.forwarding"]);
    expect(await problems(`${SIX}, ${FOUR}`, { four: 0, six: 0 })).toEqual([
      "net.ipv4.ip_forward",
      "net.ipv6.conf.all.forwarding",
    ]);
    expect(await problems(`${SIX}, ${FOUR}`, { four: 1, six: 1 })).toEqual([]);
  });
});
