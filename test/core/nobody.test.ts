import { describe, expect, it } from "vitest";
import { AddressSet, parseAddress } from "../../src/core/address.ts";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import { emptyKnock } from "../../src/core/frame.ts";
import { isNobodys } from "../../src/core/nobody.ts";
import { frame } from "../support/frames.ts";

const setOf = (...texts: string[]): AddressSet => new AddressSet(texts.flatMap((text) => parseAddress(text) ?? []));
const WIRE = setOf("198.51.100.1", "2001:db8::1");
const LO = setOf("127.0.0.1", "::1");
const ANY = setOf("198.51.100.1", "2001:db8::1", "127.0.0.1", "::1");

/** A cooked frame says of what kind its device is; others do not. */
function nobodys(source: string, local: AddressSet, device?: "lo" | "ether"): boolean {
  const knock = emptyKnock();
  knock.source.set(parseAddress(source) ?? []);
  const bytes = Buffer.alloc(20);
  const kinds = device === undefined ? [LINKTYPE.ETHERNET] : [LINKTYPE.LINUX_SLL, LINKTYPE.LINUX_SLL2];
  const [one = false, ...others] = kinds.map((kind) => {
    bytes.writeUInt16BE(device === "lo" ? 772 : 1, kind === LINKTYPE.LINUX_SLL ? 2 : 8);
    return isNobodys({ frame: frame(bytes, kind), knock, local, nowMs: 0 });
  });
  expect(others.filter((other) => other !== one)).toEqual([]);
  return one;
}

describe("a source is nobody's", () => {
  it.each([
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "ff02::1",
    "ff05::2",
  ])("%s, anywhere", (source) => {
    for (const local of [WIRE, LO, ANY]) expect(nobodys(source, local)).toBe(true);
  });

  it.each(["127.0.0.1", "127.5.6.7", "::1", "198.51.100.1", "2001:db8::1"])("%s, on a wire", (source) => {
    expect(nobodys(source, WIRE)).toBe(true);
  });

  it.each(["127.0.0.1", "198.51.100.1", "::1", "2001:db8::1"])("%s, of all interfaces on any but lo", (source) => {
    expect(nobodys(source, ANY, "ether")).toBe(true);
    expect(nobodys(source, ANY, "lo")).toBe(false);
  });
});

describe("a source is somebody's", () => {
  it.each(["127.0.0.1", "127.5.6.7", "::1", "198.51.100.1"])("%s, on lo", (source) => {
    expect(nobodys(source, LO)).toBe(false);
  });

  it.each([
    "192.0.2.7",
    "1.0.0.1",
    "223.255.255.255",
    "126.255.255.255",
    "128.0.0.1",
    "2001:db8::7",
    "fe80::1",
    "::2",
    "fd00::1",
  ])("%s, anywhere", (source) => {
    for (const local of [WIRE, LO, ANY])
      for (const device of ["lo", "ether"] as const) expect(nobodys(source, local, device)).toBe(false);
  });
});
