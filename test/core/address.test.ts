import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Address,
  AddressSet,
  emptyAddress,
  familyOf,
  familyOfText,
  formatAddress,
  hashAddress,
  parseAddress,
  parseNetwork,
  sameAddress,
} from "../../src/core/address.ts";

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

function parsed(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}

describe("an address", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["FD99:0::1", "fd99::1"],
    ["fd99:0:0:0:0:0:0:1", "fd99::1"],
    ["fd99:0000:0000:0000:0000:0000:0000:0001", "fd99::1"],
    ["2001:DB8::A:0:0:B", "2001:db8::a:0:0:b"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["64:ff9b::192.0.2.7", "64:ff9b::c000:207"],
    ["::192.0.2.7", "::c000:207"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:c000:0207", "192.0.2.7"],
  ])("%s is written as %s", (text, canonical) => {
    expect(formatAddress(parsed(text))).toBe(canonical);
  });

  it.each([
    "",
    " ",
    " 192.0.2.7",
    "192.0.2.7 ",
    "10.1",
    "1",
    "192.0.2",
    "192.0.2.7.1",
    "256.0.0.1",
    "-1.0.0.1",
    "010.0.0.1",
    "0x7f.0.0.1",
    "2130706433",
    "192.0.2.7/24",
    "[::1]",
    "::1%lo",
    "fe80::1%eth0",
    "fe80::1%",
    "1::2::3",
    "12345::",
    ":::",
    ":",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::ffff:10.1",
    "::192.0.2.256",
    "localhost",
    "example.org",
  ])("is not what %j says", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("keeps its value through its canonical text", () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (text) => {
        const address = parsed(text);
        const canonical = formatAddress(address);
        expect([...parsed(canonical)]).toEqual([...address]);
        expect(formatAddress(parsed(canonical))).toBe(canonical);
        expect(familyOfText(canonical)).toBe(familyOf(address));
      }),
    );
  });

  it("has a text for every value of its words", () => {
    const anyWord = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(fc.tuple(anyWord, anyWord, anyWord, anyWord), (values) => {
        expect([...parsed(formatAddress(Int32Array.from(values)))]).toEqual(values);
      }),
    );
  });

  it("is never text that something else would read otherwise", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const address = parseAddress(text);
        return address === undefined || /^[0-9a-f.:]+$/.test(formatAddress(address));
      }),
    );
  });

  it("is of the family of its form, and IPv4 in its mapped form", () => {
    expect(familyOf(parsed("192.0.2.7"))).toBe(4);
    expect(familyOf(parsed("::ffff:192.0.2.7"))).toBe(4);
    expect(familyOf(parsed("::fffe:c000:207"))).toBe(6);
    expect(familyOf(emptyAddress())).toBe(6);
  });

  it("equals another only in all four words", () => {
    const address = Int32Array.of(1, 2, 3, 4);
    expect(sameAddress(address, Int32Array.of(1, 2, 3, 4))).toBe(true);
    for (const word of [0, 1, 2, 3]) expect(sameAddress(address, address.with(word, 9))).toBe(false);
  });
});

describe("a network", () => {
  it.each([
    ["192.168.7.0/24", 4, "192.168.7.0/24"],
    ["192.168.7.99/24", 4, "192.168.7.0/24"],
    ["192.168.7.99", 4, "192.168.7.99/32"],
    ["255.255.255.255/0", 4, "0.0.0.0/0"],
    ["10.255.255.255/9", 4, "10.128.0.0/9"],
    ["::ffff:10.1.2.3/16", 4, "10.1.0.0/16"],
    ["2001:DB8::1", 6, "2001:db8::1/128"],
    ["2001:db8:ffff:ffff::1/33", 6, "2001:db8:8000::/33"],
    ["fe80::1/10", 6, "fe80::/10"],
    ["::/0", 6, "::/0"],
  ])("%s is, in family %i, %s", (text, family, canonical) => {
    expect(parseNetwork(text)).toEqual({ family, text: canonical });
  });

  it.each([
    "",
    "/",
    "/24",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/ 8",
    "10.0.0.0/8.0",
    "10.0.0.0/1e1",
    "10.0.0.0/255.0.0.0",
    "10.0.0.0/8/8",
    "10/8",
    "::/129",
    "::/1000",
    "fe80::%eth0/10",
    "anywhere",
  ])("is not what %j says", (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it("stays what it is when it is read again", () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), fc.nat(140), (text, prefix) => {
        const network = parseNetwork(`${text}/${prefix}`);
        if (network !== undefined) expect(parseNetwork(network.text)).toEqual(network);
        else expect(prefix).toBeGreaterThan(familyOf(parsed(text)) === 4 ? 32 : 128);
      }),
    );
  });
});

describe("the hash of an address", () => {
  it("is the same for the same seed, and another for another", () => {
    const address = parsed("192.0.2.7");
    expect(hashAddress(address, 1)).toBe(hashAddress(parsed("::ffff:192.0.2.7"), 1));
    expect(hashAddress(address, 1)).not.toBe(hashAddress(address, 2));
  });

  const networks: readonly [string, (index: number) => Address][] = [
    ["IPv4 neighbours", (index) => Int32Array.of(0, 0, 0xffff, 0x0a000000 + index)],
    ["IPv4 networks", (index) => Int32Array.of(0, 0, 0xffff, index << 16)],
    ["hosts of an IPv6 network", (index) => Int32Array.of(0x20010db8, 0, 0, index)],
    ["IPv6 networks", (index) => Int32Array.of(0x20010db8, index << 8, 0, 1)],
    ["the first words", (index) => Int32Array.of(index << 12, 0, 0, 1)],
  ];
  it.each(networks)("spreads %s over the buckets", (_name, addressAt) => {
    const buckets = new Array<number>(1024).fill(0);
    for (let index = 0; index < 16 * 1024; index++) {
      const bucket = hashAddress(addressAt(index), 0x5eed) & 1023;
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // 16 each on average; a Poisson distribution passes 50 about once in 10^10.
    expect(Math.max(...buckets)).toBeLessThan(50);
    expect(buckets.filter((count) => count === 0)).toEqual([]);
  });
});

describe("a set of addresses", () => {
  it("has what it was made of, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ipv4, ipv6)), fc.oneof(ipv4, ipv6), (members, other) => {
        const set = new AddressSet(members.map(parsed));
        expect(members.every((member) => set.has(parsed(member)))).toBe(true);
        const known = members.some((member) => sameAddress(parsed(member), parsed(other)));
        expect(set.has(parsed(other))).toBe(known);
      }),
    );
  });

  it("tells addresses of one hash apart", () => {
    const first = parsed("10.0.0.1");
    const byHash = new Map<number, Address>();
    let twins: [Address, Address] | undefined;
    for (let index = 0; twins === undefined && index < 1_000_000; index++) {
      const address = Int32Array.of(Math.imul(index, 0x2c1b3c6d), 0, 0, index);
      const hash = hashAddress(address, 0);
      const other = byHash.get(hash);
      if (other !== undefined) twins = [other, address];
      byHash.set(hash, address);
    }
    const [one, two] = twins ?? [first, first];
    expect(hashAddress(one, 0)).toBe(hashAddress(two, 0));
    expect(new AddressSet([one]).has(two)).toBe(false);
    expect(new AddressSet([one, two, one]).has(two)).toBe(true);
  });

  it("is empty without addresses", () => {
    expect(new AddressSet([]).has(emptyAddress())).toBe(false);
  });
});
