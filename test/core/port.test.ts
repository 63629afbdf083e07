import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPort, type Protocol, parsePort, portKey, portOfKey } from "../../src/core/port.ts";

const anyPort = fc.oneof(
  fc.record({ protocol: fc.constantFrom<Protocol>("tcp", "udp"), number: fc.integer({ min: 1, max: 65535 }) }),
  fc.record({ protocol: fc.constant<Protocol>("icmp"), number: fc.integer({ min: 0, max: 1472 }) }),
);

describe("a port", () => {
  it.each([
    ["22/tcp", "22/tcp"],
    ["22:tcp", "22/tcp"],
    ["22", "22/tcp"],
    [" 22 ", "22/tcp"],
    ["0022", "22/tcp"],
    ["8000/UDP", "8000/udp"],
    ["8000:udp", "8000/udp"],
    ["1", "1/tcp"],
    ["65535/udp", "65535/udp"],
    ["0/icmp", "0/icmp"],
    ["100:icmp", "100/icmp"],
    ["1472/icmp", "1472/icmp"],
  ])("%j is %s", (text, canonical) => {
    expect(formatPort(parsePort(text))).toBe(canonical);
  });

  const form = "expected a port such as 22/tcp";
  const range = "port must be 1 to 65535";
  const size = "icmp size must be 0 to 1472 bytes";
  const protocol = "protocol must be tcp, udp or icmp";
  it.each([
    ["", form],
    ["ssh", form],
    ["tcp/22", form],
    ["22/", form],
    ["22/tcp/", form],
    ["22 tcp", form],
    ["-1", form],
    ["2.5", form],
    ["1e3", form],
    ["0x16", form],
    ["7000-8000", form],
    ["7000 8000", form],
    ["99999999999", form],
    ["22/6", form],
    ["0", range],
    ["0/udp", range],
    ["65536", range],
    ["9999999999/tcp", range],
    ["1473/icmp", size],
    ["22/sctp", protocol],
    ["22/tcpp", protocol],
    ["70000/sctp", protocol],
  ])("refuses %j: %s", (text, message) => {
    expect(() => parsePort(text)).toThrow(new RangeError(`${message}, got ${JSON.stringify(text)}`));
  });

  it("keeps its value through its text and its key", () => {
    fc.assert(
      fc.property(anyPort, (port) => {
        expect(parsePort(formatPort(port))).toEqual(port);
        expect(portOfKey(portKey(port.protocol, port.number))).toEqual(port);
      }),
    );
  });

  it("has a key of its own among all ports", () => {
    const keys = new Set<number>();
    for (const protocol of ["tcp", "udp", "icmp"] as const)
      for (let number = 0; number <= 65535; number++) keys.add(portKey(protocol, number));
    expect(keys.size).toBe(3 * 65536);
    expect(Math.max(...[...keys].slice(-1))).toBe(3 * 65536 - 1);
  });

  it("is read from any text without any error but a RangeError", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parsePort(text);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
