// The host: one address of each family, or of the one asked for.

import { describe, expect, it } from "vitest";
import { resolveHost } from "../../src/client/resolve.ts";

describe("resolveHost", () => {
  it.each([
    ["192.0.2.1", 0, "192.0.2.1"],
    ["192.0.2.1", 4, "192.0.2.1"],
    ["2001:db8::1", 6, "2001:db8::1"],
    ["fe80::1%eth0", 0, "fe80::1%eth0"],
    ["localhost", 4, "127.0.0.1"],
  ] as const)("takes %s with family %i for %s", async (host, family, address) => {
    expect(await resolveHost(host, family)).toEqual([address]);
  });

  it.each([
    ["192.0.2.1", 6, 'cannot resolve "192.0.2.1": not an IPv6 address'],
    ["2001:db8::1", 4, 'cannot resolve "2001:db8::1": not an IPv4 address'],
  ] as const)("refuses %s with family %i", async (host, family, message) => {
    await expect(resolveHost(host, family)).rejects.toThrow(message);
  });

  it("names a host that cannot be resolved, with the reason", async () => {
    await expect(resolveHost("no such host", 0)).rejects.toThrow(/^cannot resolve "no such host": \w/);
  });
});
