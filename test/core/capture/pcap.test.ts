import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fileHeader,
  LINKTYPE,
  PcapReader,
  RECORD_HEADER_BYTES,
  writeRecordHeader,
} from "../../../src/core/capture/pcap.ts";
import type { Frame } from "../../../src/core/frame.ts";
import { datagram, ethernet, pcap, syn } from "../../support/frames.ts";

interface Seen {
  readonly text: string;
  readonly wireLength: number;
  readonly linkType: number;
  readonly timeMs: number;
}

/** A frame is valid only during the call. */
function copyOf({ bytes, start, end, wireLength, linkType, timeMs }: Frame): Seen {
  return { text: Buffer.from(bytes.subarray(start, end)).toString("hex"), wireLength, linkType, timeMs };
}

function read(chunks: readonly Uint8Array[]): Seen[] {
  const seen: Seen[] = [];
  const reader = new PcapReader((frame) => seen.push(copyOf(frame)));
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

function chunked(stream: Uint8Array, size: number): Uint8Array[] {
  const chunks = [];
  for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
  return chunks;
}

interface Written {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly linkType?: number;
  readonly captured?: number;
}

/** A stream of one frame `0102`, captured at 1234.5678 s, as any program of any byte order would write it. */
function streamOf({ littleEndian, nanoseconds, linkType = LINKTYPE.ETHERNET, captured = 2 }: Written): Uint8Array {
  const view = new DataView(new ArrayBuffer(24 + 16 + 2));
  view.setUint32(0, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, littleEndian);
  view.setUint16(4, 2, littleEndian);
  view.setUint16(6, 4, littleEndian);
  view.setUint32(16, 65_535, littleEndian);
  view.setUint32(20, linkType, littleEndian);
  view.setUint32(24, 1234, littleEndian);
  view.setUint32(28, nanoseconds ? 567_800_000 : 567_800, littleEndian);
  view.setUint32(32, captured, littleEndian);
  view.setUint32(36, 60, littleEndian);
  view.setUint16(40, 0x0102);
  return new Uint8Array(view.buffer);
}

const KNOCKS = [
  ethernet(syn({ from: "192.0.2.7", to: "198.51.100.1", port: 7000 })),
  ethernet(datagram({ from: "2001:db8::7", to: "2001:db8::1", port: 8000, payload: Buffer.alloc(300, 7) })),
  ethernet(syn({ from: "192.0.2.7", to: "198.51.100.1", port: 9000 }), { vlans: [42] }),
];

describe("a pcap stream", () => {
  it.each([
    { littleEndian: true, nanoseconds: false },
    { littleEndian: true, nanoseconds: true },
    { littleEndian: false, nanoseconds: false },
    { littleEndian: false, nanoseconds: true },
  ])("is read whoever wrote it: $littleEndian $nanoseconds", (written) => {
    expect(read([streamOf(written)])).toEqual([
      { text: "0102", wireLength: 60, linkType: LINKTYPE.ETHERNET, timeMs: expect.closeTo(1_234_567.8, 3) },
    ]);
  });

  it("is read without the frame check sequence that its link type may carry", () => {
    const linkType = LINKTYPE.ETHERNET | 0x2400_0000;
    expect(read([streamOf({ littleEndian: true, nanoseconds: false, linkType })])).toMatchObject([
      { linkType: LINKTYPE.ETHERNET },
    ]);
  });

  it("gives the same frames in chunks of every size", () => {
    const stream = pcap(KNOCKS, LINKTYPE.ETHERNET, 1_700_000_000_123);
    const whole = read([stream]);
    expect(whole.map(({ text }) => text)).toEqual(KNOCKS.map((knock) => knock.toString("hex")));
    for (let size = 1; size <= stream.length; size++) expect(read(chunked(stream, size))).toEqual(whole);
  });

  it("gives what was written, however it is cut", () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 });
    const timeMs = fc.integer({ min: 0, max: 4_294_967_295_999 });
    fc.assert(
      fc.property(frames, cuts, timeMs, (written, sizes, now) => {
        const stream = pcap(written, LINKTYPE.RAW, now);
        const chunks = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(read(chunks)).toEqual(
          written.map((bytes) => ({
            text: Buffer.from(bytes).toString("hex"),
            wireLength: bytes.length,
            linkType: LINKTYPE.RAW,
            timeMs: now,
          })),
        );
      }),
    );
  });

  it("has started once its file header is there, with or without frames", () => {
    const reader = new PcapReader(() => {});
    const header = fileHeader(LINKTYPE.ETHERNET);
    reader.push(header.subarray(0, 23));
    expect(reader.started).toBe(false);
    reader.push(header.subarray(23));
    expect(reader.started).toBe(true);
  });

  it.each([
    ["text", Buffer.from("tcpdump: eth9: No such device exists")],
    ["pcapng", Buffer.from("0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000", "hex")],
    ["zeroes", Buffer.alloc(24)],
  ])("is not what begins with %s", (_name, junk) => {
    expect(() => read([junk])).toThrow(new RangeError("not a pcap stream: unknown magic number"));
    expect(() => read(chunked(junk, 1))).toThrow(RangeError);
  });

  it("takes the longest record that tcpdump writes, and no longer one", () => {
    const longest = streamOf({ littleEndian: true, nanoseconds: false, captured: 262_144 });
    expect(read([longest, Buffer.alloc(262_142)])).toHaveLength(1);
    for (const captured of [262_145, 0x7fff_ffff, 0xffff_ffff])
      expect(() => read([streamOf({ littleEndian: false, nanoseconds: false, captured })])).toThrow(
        new RangeError(`broken pcap stream: a record of ${captured} bytes`),
      );
  });

  it("keeps the frames that came before a broken record", () => {
    const seen: string[] = [];
    const reader = new PcapReader(({ bytes, start, end }) =>
      seen.push(Buffer.from(bytes.subarray(start, end)).toString()),
    );
    expect(() =>
      reader.push(Buffer.concat([pcap([Buffer.from("good")]), Buffer.alloc(RECORD_HEADER_BYTES, 0xff)])),
    ).toThrow(RangeError);
    expect(seen).toEqual(["good"]);
  });

  it("never throws anything but a RangeError, whatever the bytes", () => {
    const header = fc.constantFrom(new Uint8Array(0), fileHeader(LINKTYPE.ETHERNET));
    fc.assert(
      fc.property(header, fc.array(fc.uint8Array({ maxLength: 100 })), (first, chunks) => {
        try {
          for (const { text, timeMs } of read([first, ...chunks]))
            expect(text.length + timeMs).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  it("reads from a view into a larger buffer", () => {
    const stream = streamOf({ littleEndian: true, nanoseconds: false });
    const around = Buffer.concat([Buffer.alloc(7, 0xee), stream, Buffer.alloc(9, 0xee)]);
    expect(read([around.subarray(7, 7 + stream.length)])).toMatchObject([{ text: "0102" }]);
  });
});

describe("what is written", () => {
  it("tells how long a frame was that the snap length cut", () => {
    const header = new DataView(new ArrayBuffer(RECORD_HEADER_BYTES));
    writeRecordHeader(header, 0, 1_234_567.8, 4, 1514);
    const stream = Buffer.concat([fileHeader(LINKTYPE.RAW), new Uint8Array(header.buffer), Buffer.from("abcd")]);
    expect(read([stream])).toEqual([
      { text: "61626364", wireLength: 1514, linkType: LINKTYPE.RAW, timeMs: expect.closeTo(1_234_567.8, 2) },
    ]);
  });
});
