// How a pcapng section describes an interface: its link type, and how its times are to be read.

const LINKTYPE = 8;
const SNAP = 12;
const OPTIONS = 16;

const OPTION_HEAD_BYTES = 4;
const OPTION_END = 0;
const OPTION_RESOLUTION = 9;
const OPTION_OFFSET = 14;
const RESOLUTION_BYTES = 1;
const OFFSET_BYTES = 8;
/** Decimal digits of a second: microseconds. */
const RESOLUTION_DEFAULT = 6;
/** The highest bit says that the rest is a power of two, not of ten. */
const POWER_OF_TWO = 0x80;

export interface Interface {
  readonly linkType: number;
  /** 0: frames are whole. */
  readonly snapBytes: number;
  readonly unitsPerSecond: number;
  readonly offsetMs: number;
}

/** `block` begins with its type and ends before its second length. Throws a RangeError. */
export function describedBy(block: DataView, littleEndian: boolean): Interface {
  const resolution = optionOf(block, littleEndian, OPTION_RESOLUTION, RESOLUTION_BYTES)?.getUint8(0);
  const offset = optionOf(block, littleEndian, OPTION_OFFSET, OFFSET_BYTES)?.getBigInt64(0, littleEndian);
  return {
    linkType: block.getUint16(LINKTYPE, littleEndian),
    snapBytes: block.getUint32(SNAP, littleEndian),
    unitsPerSecond: unitsOf(resolution ?? RESOLUTION_DEFAULT),
    offsetMs: Number(offset ?? 0n) * 1000,
  };
}

export function broken(what: string): RangeError {
  return new RangeError(`broken pcapng stream: ${what}`);
}

function unitsOf(resolution: number): number {
  return resolution < POWER_OF_TWO ? 10 ** resolution : 2 ** (resolution - POWER_OF_TWO);
}

function optionOf(block: DataView, littleEndian: boolean, wanted: number, bytes: number): DataView | undefined {
  for (let at = OPTIONS; at + OPTION_HEAD_BYTES <= block.byteLength; ) {
    const code = block.getUint16(at, littleEndian);
    const length = block.getUint16(at + 2, littleEndian);
    at += OPTION_HEAD_BYTES;
    if (at + length > block.byteLength) throw broken(`an option of ${length} bytes`);
    if (code === OPTION_END) return undefined;
    if (code === wanted && length !== bytes) throw broken(`option ${code} of ${length} bytes`);
    if (code === wanted) return new DataView(block.buffer, block.byteOffset + at, length);
    at += Math.ceil(length / 4) * 4;
  }
  return undefined;
}
