import { describe, expect, it } from "vitest";
import { CaptureReader } from "../../../src/core/capture/capture-reader.ts";
import { pcap } from "../../support/frames.ts";
import { Blocks } from "../../support/pcapng.ts";

const FRAME = Buffer.from("0102", "hex");
const NG = new Blocks(false);

function read(stream: Uint8Array, size: number): { frames: string[]; isCut: boolean } {
  const frames: string[] = [];
  const reader = new CaptureReader(({ bytes, start, end }) =>
    frames.push(Buffer.from(bytes.subarray(start, end)).toString("hex")),
  );
  for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
  return { frames, ...reader.end() };
}

/** As a machine of the other byte order would write its numbers; the frame stays as it is. */
function swappedHeaders(stream: Buffer): Buffer {
  const copy = Buffer.from(stream);
  for (const [from, to] of [
    [0, 4],
    [16, 20],
    [20, 24],
    [24, 28],
    [28, 32],
    [32, 36],
    [36, 40],
  ])
    copy.subarray(from, to).swap32();
  for (const [from, to] of [
    [4, 6],
    [6, 8],
  ])
    copy.subarray(from, to).swap16();
  return copy;
}

describe("a capture", () => {
  it.each([
    ["pcap", pcap([FRAME])],
    ["pcap of the other byte order", swappedHeaders(pcap([FRAME]))],
    ["pcapng", Buffer.concat([NG.section(), NG.interface(1), NG.packet(FRAME)])],
  ])("is read whatever it is, in chunks of any size: %s", (_format, stream) => {
    for (const size of [1, 3, 4, 5, 24, stream.length])
      expect(read(stream, size)).toEqual({ frames: ["0102"], isCut: false });
    expect(read(stream.subarray(0, -1), 7)).toEqual({ frames: [], isCut: true });
  });

  it.each([
    ["nothing", Buffer.alloc(0), /ends before the first frame/],
    ["too little", Buffer.from("a1b2", "hex"), /ends before the first frame/],
    ["half a header", pcap([]).subarray(0, 20), /ends before the first frame/],
    ["text", Buffer.from("listening on eth0"), /neither a pcap nor a pcapng/],
    ["gzip", Buffer.from("1f8b0800", "hex"), /compressed: zcat FILE \| knockd explain -/],
    ["zstd", Buffer.from("28b52ffd", "hex"), /zstdcat/],
    ["xz", Buffer.from("fd377a58", "hex"), /xzcat/],
    ["bzip2", Buffer.from("425a6839", "hex"), /bzcat/],
  ])("is refused when it is %s", (_what, stream, reason) => {
    expect(() => read(stream, 3)).toThrow(RangeError);
    expect(() => read(stream, 3)).toThrow(reason);
  });
});
