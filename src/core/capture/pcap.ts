// The seam between the two processes: a pcap stream (draft-ietf-opsawg-pcap), read and written.
import type { Frame } from "../frame.ts";

/** LINKTYPE_ values that we read or write. */
export const LINKTYPE = {
  NULL: 0,
  ETHERNET: 1,
  RAW: 101,
  LOOP: 108,
  LINUX_SLL: 113,
  IPV4: 228,
  IPV6: 229,
  LINUX_SLL2: 276,
} as const;

export const MAGIC_MICROSECONDS = 0xa1b2c3d4;
export const MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const FILE_LINKTYPE = 20;
export const RECORD_HEADER_BYTES = 16;
const RECORD_FRACTION = 4;
const RECORD_CAPTURED = 8;
const RECORD_WIRE = 12;

/** Bytes of one frame that are ever kept: enough for every header we read and for a packet of one Ethernet link. */
export const SNAP_BYTES = 2048;

/** The longest record a stream may hold, whoever wrote it: tcpdump's own limit. BOUNDED: what an incomplete record can make us keep. */
const RECORD_MAX_BYTES = 262_144;

/** The bytes that open a stream: little-endian, microseconds. */
export function fileHeader(linkType: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(FILE_HEADER_BYTES));
  header.setUint32(0, MAGIC_MICROSECONDS, true);
  header.setUint16(4, 2, true);
  header.setUint16(6, 4, true);
  header.setUint32(16, SNAP_BYTES, true);
  header.setUint32(FILE_LINKTYPE, linkType, true);
  return new Uint8Array(header.buffer);
}

/** Writes a record's header at `offset`; the frame's bytes follow it. */
export function writeRecordHeader(
  batch: DataView,
  offset: number,
  timeMs: number,
  length: number,
  wireLength: number,
): void {
  const seconds = Math.floor(timeMs / 1000);
  batch.setUint32(offset, seconds, true);
  batch.setUint32(offset + RECORD_FRACTION, Math.floor((timeMs - seconds * 1000) * 1000), true);
  batch.setUint32(offset + RECORD_CAPTURED, length, true);
  batch.setUint32(offset + RECORD_WIRE, wireLength, true);
}

/** Takes a pcap stream in chunks of any size and hands on its frames, without copying whole ones. */
export class PcapReader {
  readonly #onFrame: (frame: Frame) => void;
  readonly #frame: Frame = { bytes: new Uint8Array(0), start: 0, end: 0, wireLength: 0, linkType: 0, timeMs: 0 };
  /** BOUNDED: less than one record, so at most RECORD_MAX_BYTES and a header. */
  #rest: Uint8Array = new Uint8Array(0);
  #header: { littleEndian: boolean; fractionsPerMs: number } | undefined;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** True once the file header has arrived, so the capture works. */
  get started(): boolean {
    return this.#header !== undefined;
  }

  /** Whether the stream has ended in the middle of a frame, if it has ended. */
  get isCut(): boolean {
    return this.#rest.length > 0;
  }

  /** Throws a RangeError when the bytes are no pcap stream; the stream cannot be read on after that. */
  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = this.#header === undefined ? this.#readFileHeader(view) : 0;
    while (this.#header !== undefined) {
      const end = this.#readRecord(bytes, view, offset);
      if (end === undefined) break;
      offset = end;
    }
    // A copy: the chunk it was cut from would otherwise be kept alive.
    this.#rest = bytes.slice(offset);
  }

  #readFileHeader(view: DataView): number {
    if (view.byteLength < FILE_HEADER_BYTES) return 0;
    for (const littleEndian of [true, false]) {
      const magic = view.getUint32(0, littleEndian);
      if (magic !== MAGIC_MICROSECONDS && magic !== MAGIC_NANOSECONDS) continue;
      this.#header = { littleEndian, fractionsPerMs: magic === MAGIC_NANOSECONDS ? 1_000_000 : 1000 };
      // The upper bits may carry the length of a frame check sequence.
      this.#frame.linkType = view.getUint32(FILE_LINKTYPE, littleEndian) & 0xffff;
      return FILE_HEADER_BYTES;
    }
    throw new RangeError("not a pcap stream: unknown magic number");
  }

  #readRecord(bytes: Uint8Array, view: DataView, offset: number): number | undefined {
    const { littleEndian, fractionsPerMs } = this.#header ?? { littleEndian: true, fractionsPerMs: 1000 };
    if (offset + RECORD_HEADER_BYTES > bytes.length) return undefined;
    const captured = view.getUint32(offset + RECORD_CAPTURED, littleEndian);
    if (captured > RECORD_MAX_BYTES) throw new RangeError(`broken pcap stream: a record of ${captured} bytes`);
    const start = offset + RECORD_HEADER_BYTES;
    const end = start + captured;
    if (end > bytes.length) return undefined;
    const frame = this.#frame;
    frame.bytes = bytes;
    frame.start = start;
    frame.end = end;
    frame.wireLength = view.getUint32(offset + RECORD_WIRE, littleEndian);
    frame.timeMs =
      view.getUint32(offset, littleEndian) * 1000 +
      view.getUint32(offset + RECORD_FRACTION, littleEndian) / fractionsPerMs;
    this.#onFrame(frame);
    return end;
  }
}

/** Both in one. */
export function concat(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
