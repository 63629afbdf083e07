import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PcapngReader } from "../../../src/core/capture/pcapng.ts";
import type { Frame } from "../../../src/core/frame.ts";
import { type Block, Blocks } from "../../support/pcapng.ts";

interface Seen {
  readonly text: string;
  readonly timeMs: number;
  readonly linkType: number;
  readonly wireLength: number;
}

function copyOf({ bytes, start, end, timeMs, linkType, wireLength }: Frame): Seen {
  return { text: Buffer.from(bytes.subarray(start, end)).toString("hex"), timeMs, linkType, wireLength };
}

function read(stream: Uint8Array, size = stream.length): { seen: Seen[]; isCut: boolean } {
  const seen: Seen[] = [];
  const reader = new PcapngReader((frame) => seen.push(copyOf(frame)));
  for (let at = 0; at < stream.length; at += Math.max(1, size))
    reader.push(stream.subarray(at, at + Math.max(1, size)));
  return { seen, isCut: reader.isCut };
}

const BYTES = Buffer.from("0102030405", "hex");
const MS = 1_234_567.8;

describe.each([true, false])("a pcapng stream (little-endian: %s)", (littleEndian) => {
  const blocks = new Blocks(littleEndian);
  const join = (...all: Block[]) => Buffer.concat(all);

  it.each([
    ["microseconds, unless said otherwise", {}, BigInt(Math.round(MS * 1000))],
    ["nanoseconds", { resolution: 9 }, BigInt(Math.round(MS * 1000)) * 1000n],
    ["a power of two", { resolution: 0x80 | 10 }, BigInt(Math.round((MS / 1000) * 1024))],
    ["an offset", { offsetS: 1000n }, BigInt(Math.round((MS - 1_000_000) * 1000))],
    ["a negative offset", { resolution: 3, offsetS: -1n }, BigInt(Math.round(MS)) + 1000n],
  ])("has times in %s", (_units, options, units) => {
    const { seen } = read(join(blocks.section(), blocks.interface(1, options), blocks.packet(BYTES, { units })));
    expect(seen).toEqual([{ text: "0102030405", timeMs: expect.closeTo(MS, -0.5), linkType: 1, wireLength: 5 }]);
  });

  it("has frames of several interfaces, cut short or not, simple or old ones among them", () => {
    const stream = join(
      blocks.section(),
      blocks.interface(1),
      blocks.interface(113, { snapBytes: 4 }),
      blocks.packet(BYTES, { interface: 1, wire: 90 }),
      blocks.packet(BYTES, { interface: 0 }),
      blocks.oldPacket(BYTES, { interface: 1 }),
      blocks.simplePacket(BYTES),
    );
    expect(read(stream).seen.map(({ linkType, wireLength }) => [linkType, wireLength])).toEqual([
      [113, 90],
      [1, 5],
      [113, 5],
      [1, 5],
    ]);
  });

  it("has simple packets that the snap length of the first interface cuts", () => {
    const stream = join(blocks.section(), blocks.interface(1, { snapBytes: 2 }), blocks.simplePacket(BYTES, 2));
    expect(read(stream).seen).toMatchObject([{ text: "0102", wireLength: 5 }]);
  });

  it("may have several sections, each with interfaces and a byte order of its own", () => {
    const other = new Blocks(!littleEndian);
    const stream = join(
      blocks.section(),
      blocks.interface(1),
      blocks.packet(BYTES),
      other.section(),
      other.interface(101),
      other.packet(BYTES),
    );
    expect(read(stream).seen.map(({ linkType }) => linkType)).toEqual([1, 101]);
  });

  it("has blocks that are none of our business, of any size, which are passed over", () => {
    const large = blocks.block(0x0000_000a, Buffer.alloc(1024 * 1024, 0xee));
    const stream = join(
      blocks.section(),
      large,
      blocks.interface(1),
      blocks.block(0xbad, Buffer.alloc(0)),
      blocks.packet(BYTES),
    );
    for (const size of [stream.length, 65_536, 1000]) expect(read(stream, size).seen).toHaveLength(1);
  });

  it("arrives in chunks of any size", () => {
    const stream = join(
      blocks.section(),
      blocks.interface(1, { resolution: 9 }),
      blocks.packet(BYTES),
      blocks.packet(BYTES),
    );
    for (let size = 1; size < stream.length; size++) expect(read(stream, size)).toEqual(read(stream));
  });

  it("tells whether it was cut off", () => {
    const stream = join(blocks.section(), blocks.interface(1), blocks.packet(BYTES));
    expect(read(stream).isCut).toBe(false);
    expect(read(stream.subarray(0, -1))).toEqual({ seen: [], isCut: true });
    const passing = join(blocks.section(), blocks.block(0xbad, Buffer.alloc(100)));
    expect(read(passing.subarray(0, -1)).isCut).toBe(true);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["begins without a section", blocks.interface(1), /does not begin with a section/],
    ["has no byte order", blocks.block(0x0a0d0d0a, Buffer.alloc(16, 7)), /no byte order/],
    ["has a version that we do not know", blocks.section({ major: 2 }), /version 2/],
    ["has a packet of an unknown interface", join(blocks.section(), blocks.packet(BYTES)), /interface 0, which is not/],
    ["has a simple packet before any interface", join(blocks.section(), blocks.simplePacket(BYTES)), /interface 0/],
    [
      "has a packet that is longer than its block",
      join(blocks.section(), blocks.interface(1), blocks.packet(BYTES, { captured: 9 })),
      /a packet of 9 bytes/,
    ],
    [
      "has a block that ends with another length",
      join(blocks.section(), blocks.interface(1, { endsWith: 24 })),
      /another length/,
    ],
    ["has a block of an odd length", join(blocks.section(), blocks.head(1, 21)), /a block of 21 bytes/],
    ["has a block that is too short for its kind", join(blocks.section(), blocks.head(6, 16)), /a block of 16 bytes/],
    ["has a block that is too short for any", join(blocks.section(), blocks.head(0xbad, 8)), /a block of 8 bytes/],
    [
      "has a packet far too long",
      join(blocks.section(), blocks.interface(1), blocks.head(6, 0x10_0000)),
      /a block of 1048576 bytes/,
    ],
    [
      "has an option that is longer than its block",
      join(blocks.section(), blocks.interface(1, { raw: [9, 200] })),
      /an option of 200 bytes/,
    ],
    [
      "has an option of a wrong length",
      join(blocks.section(), blocks.interface(1, { raw: [9, 0] })),
      /option 9 of 0 bytes/,
    ],
    [
      "has interfaces without end",
      join(blocks.section(), ...Array.from({ length: 4097 }, () => blocks.interface(1))),
      /more than 4096 interfaces/,
    ],
  ])("is refused when it %s", (_what, stream, reason) => {
    expect(() => read(Buffer.concat([stream, Buffer.alloc(16)]))).toThrow(RangeError);
    expect(() => read(Buffer.concat([stream, Buffer.alloc(16)]))).toThrow(reason);
  });

  it("never makes us say a time that there is not", () => {
    for (const resolution of [0, 127, 0x80, 0xff]) {
      const packet = blocks.packet(BYTES, { units: 2n ** 64n - 1n });
      const { seen } = read(join(blocks.section(), blocks.interface(1, { resolution, offsetS: 2n ** 62n }), packet));
      expect(() => new Date(seen[0]?.timeMs ?? Number.NaN).toISOString()).not.toThrow();
    }
  });

  it("of any bytes is read or refused, alike in whatever chunks, and yields only frames that are in it", () => {
    const good = join(
      blocks.section(),
      blocks.interface(1, { resolution: 9 }),
      blocks.packet(BYTES),
      blocks.simplePacket(BYTES),
    );
    const change = fc.record({ at: fc.nat(good.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 5 }),
        fc.nat(good.length),
        fc.integer({ min: 1, max: 200 }),
        (changes, length, size) => {
          const stream = Uint8Array.from(good.subarray(0, length));
          for (const { at, value } of changes) if (at < stream.length) stream[at] = value;
          expect(outcomeOf(stream, size)).toEqual(outcomeOf(stream, stream.length));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

function outcomeOf(stream: Uint8Array, size: number): unknown {
  try {
    const { seen, isCut } = read(stream, size);
    for (const { text, timeMs } of seen) {
      expect(text.length / 2).toBeLessThanOrEqual(stream.length);
      expect(timeMs >= 0 && timeMs <= 8.64e15).toBe(true);
    }
    return { seen, isCut };
  } catch (error) {
    if (error instanceof RangeError && error.message.startsWith("broken pcapng stream: ")) return error.message;
    throw error;
  }
}
