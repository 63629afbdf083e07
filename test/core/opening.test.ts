import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../src/core/address.ts";
import {
  formatInside,
  formatOpening,
  type Opening,
  openingProblems,
  parseInside,
  serves,
} from "../../src/core/opening.ts";
import { parsePort } from "../../src/core/port.ts";

function leading(port: string, to: string, masquerade = false): Opening {
  return { ...parsePort(port), to: { ...parseInside(to), masquerade } };
}

describe("a host behind this one", () => {
  it.each([
    ["192.168.1.10:22", "192.168.1.10:22"],
    [" 10.0.0.1:65535 ", "10.0.0.1:65535"],
    ["[fd00::10]:22", "[fd00::10]:22"],
    ["[FD00:0:0::10]:022", "[fd00::10]:22"],
    ["[::ffff:192.168.1.10]:22", "192.168.1.10:22"],
  ])("%j is %s", (text, canonical) => {
    expect(formatInside(parseInside(text))).toBe(canonical);
  });

  it.each([
    "",
    "22",
    "192.168.1.10",
    "192.168.1.10:",
    "192.168.1.10:ssh",
    "192.168.1.10:22/tcp",
    "192.168.1:22",
    "192.168.1.10:22:22",
    "192.168.1.0/24:22",
    "fd00::10:22",
    "[fd00::10]",
    "[fd00::10]22",
    "[fd00::10%eth0]:22",
    "[192.168.1.10]:22",
    "nas.example:22",
  ])("is not %j", (text) => {
    expect(() => parseInside(text)).toThrow(
      `expected a host behind this one and its port, such as 192.168.1.10:22 or "[fd00::10]:22", got ${JSON.stringify(text)}`,
    );
  });

  it.each([
    ["127.0.0.1:22", "this machine itself"],
    ["[::1]:22", "this machine itself"],
    ["0.0.0.0:22", "the unspecified address"],
    ["[::]:22", "the unspecified address"],
    ["224.0.0.1:22", "a multicast address"],
    ["239.255.255.250:22", "a multicast address"],
    ["[ff02::1]:22", "a multicast address"],
    ["240.0.0.1:22", "a reserved address"],
    ["255.255.255.255:22", "a reserved address"],
    ["[fe80::1]:22", "a link-local address"],
    ["[febf::1]:22", "a link-local address"],
  ])("is never one that nothing can be sent on to: %s", (text, kind) => {
    expect(() => parseInside(text)).toThrow(`, not ${kind}, got ${JSON.stringify(text)}`);
  });

  it.each(["0", "65536", "70000"])("has no port %s", (port) => {
    expect(() => parseInside(`192.168.1.10:${port}`)).toThrow(`port must be 1 to 65535, got "${port}"`);
  });

  it("is read again as it was written", () => {
    const anyHost = fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 126 }), fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => bytes.join(".")),
      fc
        .tuple(fc.nat(0xffff), fc.nat(0xffff))
        .map((words) => `[fd00::${words.map((word) => word.toString(16)).join(":")}]`),
    );
    fc.assert(
      fc.property(anyHost, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const inside = parseInside(`${host}:${port}`);
        expect(parseInside(formatInside(inside))).toEqual(inside);
      }),
    );
  });
});

describe("an opening", () => {
  it("is written with where it leads", () => {
    expect(formatOpening(parsePort("53/udp"))).toBe("53/udp");
    expect(formatOpening(leading("2222", "[fd00::10]:22"))).toBe("2222/tcp to [fd00::10]:22");
  });

  it("that leads on serves knockers of its host's family alone", () => {
    const [own, four, six] = [parsePort("22"), leading("22", "10.0.0.1:22"), leading("22", "[fd00::10]:22")];
    expect([own, four, six].map((opening) => serves(opening, 4))).toEqual([true, true, false]);
    expect([own, four, six].map((opening) => serves(opening, 6))).toEqual([true, false, true]);
  });

  it.each([
    ["the same port twice", [parsePort("22"), parsePort("22")], []],
    ["the same host twice", [leading("22", "10.0.0.1:22"), leading("22", "10.0.0.1:22")], []],
    ["a host of each family", [leading("22", "10.0.0.1:22"), leading("22", "[fd00::10]:22")], []],
    ["the same number of another protocol", [leading("22", "10.0.0.1:22"), leading("22/udp", "10.0.0.2:22")], []],
    ["two ports of one host", [leading("22", "10.0.0.1:22"), leading("22", "10.0.0.1:23")], [1]],
    ["a host and this machine", [leading("22", "10.0.0.1:22"), parsePort("23"), parsePort("22")], [2]],
    ["this machine and a host", [parsePort("22"), leading("22", "[fd00::10]:22")], [1]],
    ["with and without masquerade", [leading("22", "10.0.0.1:22"), leading("22", "10.0.0.1:22", true)], [1]],
  ])("leads one knocker to one place: %s", (_, openings, wrong) => {
    expect(openingProblems(openings, undefined).map(({ index }) => index)).toEqual(wrong);
  });

  it("must be for those who can knock at the door's target", () => {
    const openings = [leading("22", "10.0.0.1:22"), leading("22", "[fd00::10]:22"), parsePort("80")];
    const wrongAt = (target: string) => openingProblems(openings, parseAddress(target)).map(({ index }) => index);
    expect(wrongAt("192.0.2.80")).toEqual([1]);
    expect(wrongAt("2001:db8::80")).toEqual([0]);
  });
});
