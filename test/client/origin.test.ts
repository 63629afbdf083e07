// From which of our addresses packets leave.

import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { targetsFor } from "../../src/client/origin.ts";

const rest = { netmask: "", mac: "", internal: false, cidr: null };
const v4 = (address: string): NetworkInterfaceInfo => ({ family: "IPv4", address, ...rest });
const v6 = (address: string, scopeid = 0): NetworkInterfaceInfo => ({ family: "IPv6", address, scopeid, ...rest });
// Both are this machine's own everywhere, so they can really be bound.
const INTERFACES = { lo: [v6("fe80::1", 2), v4("127.0.0.1"), v6("::1")], tun0: [v4("127.0.0.2")] };
const BOTH = ["2001:db8::1", "192.0.2.1"];

const from = (device?: string, source?: string, addresses = BOTH) =>
  targetsFor(addresses, { interface: device, source }, INTERFACES);

describe("targetsFor", () => {
  it("leaves it to the routes when nothing is said", async () => {
    expect(await from()).toEqual([{ address: "2001:db8::1" }, { address: "192.0.2.1" }]);
  });

  it("takes an interface's address of each family, a link-local one last", async () => {
    expect(await from("lo")).toEqual([
      { address: "2001:db8::1", source: "::1" },
      { address: "192.0.2.1", source: "127.0.0.1" },
    ]);
  });

  it("drops the family that the interface does not have", async () => {
    expect(await from("tun0")).toEqual([{ address: "192.0.2.1", source: "127.0.0.2" }]);
  });

  it("drops the family that the source does not have", async () => {
    expect(await from(undefined, "127.0.0.1")).toEqual([{ address: "192.0.2.1", source: "127.0.0.1" }]);
  });

  it.each([
    ["eth9", undefined, BOTH, 'no interface "eth9" that is up and has an address, expected one of lo tun0'],
    ["tun0", undefined, ["2001:db8::1"], "cannot knock on 2001:db8::1 from the interface tun0: another address family"],
    [undefined, "127.0.0.1", ["2001:db8::1"], "cannot knock on 2001:db8::1 from 127.0.0.1: another address family"],
    [undefined, "192.0.2.99", BOTH, 'cannot knock from "192.0.2.99": not an address of this machine'],
  ])("refuses interface %s, source %s for %j", async (device, source, addresses, message) => {
    await expect(from(device, source, addresses)).rejects.toThrow(message);
  });
});
