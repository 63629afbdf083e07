import { describe, expect, it } from "vitest";
import { parseHost } from "../../src/howto/howto-host.ts";

describe("a host", () => {
  it.each([
    ["192.0.2.7", "ipv4"],
    ["2001:DB8::7", "ipv6"],
    ["::ffff:192.0.2.7", "ipv6"],
    ["fe80::1%eth0", "ipv6"],
    ["fe80::1%br-0.7", "ipv6"],
    ["server", "name"],
    ["my_server.example.com", "name"],
    ["example.com.", "name"],
    ["xn--bcher-kva.example", "name"],
    ["7.zip.example", "name"],
    [`${"a".repeat(63)}.example`, "name"],
  ])("may be %s", (text, kind) => {
    expect(parseHost(text)).toEqual({ text, kind });
  });

  it.each([
    "",
    ".",
    "a..b",
    "-n",
    "a-",
    "10.1",
    "7000",
    "256.1.1.1",
    "192.0.2.7/24",
    "192.0.2.7%eth0",
    "fe80::1%",
    "fe80::1%eth0;reboot",
    "fe80::1%eth0%eth1",
    "[fd09::2]",
    "server:22",
    "user@server",
    "a b",
    "$(reboot)",
    "`reboot`",
    "a;reboot",
    "a'b",
    'a"b',
    "a\nb",
    "server\n",
    "192.0.2.7\n",
    "bücher.example",
    "a".repeat(64),
    `${"a.".repeat(127)}`,
  ])("is not %j", (text) => {
    expect(() => parseHost(text)).toThrow(
      new RangeError(`expected an IP address or a host name, got ${JSON.stringify(text)}`),
    );
  });
});
