// The other file format of captures (draft-ietf-opsawg-pcapng), read only: blocks of both byte orders -> frames.
import type { Frame } from "../frame.ts";
import { concat } from "./pcap.ts";
import { broken, describedBy, type Interface } from "./pcapng-interface.ts";

/** Block types. A section header reads the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const PACKET = 6;
/** The types that we need, with their least length; the others (names, statistics, secrets) are passed over without being kept. */
const NEEDED = new Map([
  [SECTION_HEADER, 28],
  [INTERFACE, 20],
  [OLD_PACKET, 32],
  [SIMPLE_PACKET, 16],
  [PACKET, 32],
]);

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const VERSION_MAJOR = 1;

/** Type and length, and the length again at the end. */
const BLOCK_MIN_BYTES = 12;
const TAIL_BYTES = 4;
/** BOUNDED: bytes of a block that we keep: a frame of tcpdump's longest, and its options. */
const BLOCK_MAX_BYTES = 262_144 + 65_536;
/** BOUNDED: interfaces of one section. */
const INTERFACES_MAX = 4096;

/** Offsets of fields in a block. */
const SECTION_BYTE_ORDER = 8;
const SECTION_VERSION = 12;
const PACKET_INTERFACE = 8;
const PACKET_TIME = 12;
const PACKET_CAPTURED = 20;
const PACKET_WIRE = 24;
const PACKET_BYTES = 28;
const SIMPLE_WIRE = 8;
const SIMPLE_BYTES = 12;

/** The last time that a Date can say (ECMA-262 section 21.4.1.1); a hostile resolution reaches past it. */
const TIME_MAX_MS = 8.64e15;

/** Takes a stream in chunks of any size and hands on its frames, which are valid only during the call. */
export class PcapngReader {
  readonly #onFrame: (frame: Frame) => void;
  readonly #frame: Frame = { bytes: new Uint8Array(0), start: 0, end: 0, wireLength: 0, linkType: 0, timeMs: 0 };
  /** BOUNDED: less than one block that we keep. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Bytes still to come of a block that is passed over. */
  #passing = 0;
  #littleEndian = true;
  /** Of the present section; undefined before the first. BOUNDED: INTERFACES_MAX. */
  #interfaces: Interface[] | undefined;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** Whether the stream has ended in the middle of a block, if it has ended. */
  get isCut(): boolean {
    return this.#passing > 0 || this.#rest.length > 0;
  }

  /** Throws a RangeError when the bytes are no such stream; it cannot be read on after that. */
  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = 0;
    for (let end: number | undefined = 0; end !== undefined; ) {
      offset = end;
      end = this.#readBlock(bytes, view, offset);
    }
    // A copy: the chunk it was cut from would otherwise be kept alive.
    this.#rest = bytes.slice(offset);
  }

  /** Where the next block begins, or undefined when there is not yet enough of this one. */
  #readBlock(bytes: Uint8Array, view: DataView, offset: number): number | undefined {
    const available = bytes.length - offset;
    if (this.#passing > 0) {
      const passed = Math.min(this.#passing, available);
      this.#passing -= passed;
      return passed === 0 ? undefined : offset + passed;
    }
    if (available < BLOCK_MIN_BYTES) return undefined;
    const type = view.getUint32(offset, this.#littleEndian);
    if (type === SECTION_HEADER) this.#readByteOrder(view, offset);
    if (this.#interfaces === undefined && type !== SECTION_HEADER) throw broken("it does not begin with a section");
    const length = view.getUint32(offset + 4, this.#littleEndian);
    if (length < BLOCK_MIN_BYTES || length % 4 !== 0) throw broken(`a block of ${length} bytes`);
    const least = NEEDED.get(type);
    if (least === undefined) {
      this.#passing = length;
      return offset;
    }
    if (length < least || length > BLOCK_MAX_BYTES) throw broken(`a block of ${length} bytes`);
    if (length > available) return undefined;
    const end = offset + length - TAIL_BYTES;
    if (view.getUint32(end, this.#littleEndian) !== length) throw broken("a block that ends with another length");
    this.#takeBlock(type, bytes, new DataView(bytes.buffer, bytes.byteOffset + offset, length - TAIL_BYTES), offset);
    return end + TAIL_BYTES;
  }

  #readByteOrder(view: DataView, offset: number): void {
    const isLittle = view.getUint32(offset + SECTION_BYTE_ORDER, true) === BYTE_ORDER_MAGIC;
    if (!isLittle && view.getUint32(offset + SECTION_BYTE_ORDER) !== BYTE_ORDER_MAGIC) throw broken("no byte order");
    this.#littleEndian = isLittle;
  }

  /** `block` ends before the second length, and is long enough for its fields. */
  #takeBlock(type: number, bytes: Uint8Array, block: DataView, offset: number): void {
    if (type === SECTION_HEADER) this.#takeSection(block);
    else if (type === INTERFACE) this.#takeInterface(block);
    else if (type === SIMPLE_PACKET) this.#takeSimplePacket(bytes, block, offset);
    else this.#takePacket(type, bytes, block, offset);
  }

  #takeSection(block: DataView): void {
    const major = block.getUint16(SECTION_VERSION, this.#littleEndian);
    if (major !== VERSION_MAJOR) throw broken(`version ${major}`);
    this.#interfaces = [];
  }

  #takeInterface(block: DataView): void {
    const interfaces = this.#interfaces ?? [];
    if (interfaces.length >= INTERFACES_MAX) throw broken(`more than ${INTERFACES_MAX} interfaces`);
    interfaces.push(describedBy(block, this.#littleEndian));
  }

  #takePacket(type: number, bytes: Uint8Array, block: DataView, offset: number): void {
    const le = this.#littleEndian;
    const number = type === PACKET ? block.getUint32(PACKET_INTERFACE, le) : block.getUint16(PACKET_INTERFACE, le);
    const { unitsPerSecond, offsetMs, linkType } = this.#interfaceOf(number);
    const units = block.getUint32(PACKET_TIME, le) * 2 ** 32 + block.getUint32(PACKET_TIME + 4, le);
    const timeMs = (units / unitsPerSecond) * 1000 + offsetMs;
    this.#frame.timeMs = Math.min(Math.max(timeMs, 0), TIME_MAX_MS);
    const captured = block.getUint32(PACKET_CAPTURED, le);
    this.#hand(bytes, block, offset + PACKET_BYTES, captured, block.getUint32(PACKET_WIRE, le), linkType);
  }

  /** Has no time of its own: that of the packet before must do. */
  #takeSimplePacket(bytes: Uint8Array, block: DataView, offset: number): void {
    const { snapBytes, linkType } = this.#interfaceOf(0);
    const wireLength = block.getUint32(SIMPLE_WIRE, this.#littleEndian);
    const captured = snapBytes === 0 ? wireLength : Math.min(snapBytes, wireLength);
    this.#hand(bytes, block, offset + SIMPLE_BYTES, captured, wireLength, linkType);
  }

  #hand(bytes: Uint8Array, block: DataView, start: number, captured: number, wire: number, linkType: number): void {
    const end = start + captured;
    if (end > block.byteOffset - bytes.byteOffset + block.byteLength) throw broken(`a packet of ${captured} bytes`);
    const frame = this.#frame;
    frame.bytes = bytes;
    frame.start = start;
    frame.end = end;
    frame.wireLength = wire;
    frame.linkType = linkType;
    this.#onFrame(frame);
  }

  #interfaceOf(number: number): Interface {
    const found = this.#interfaces?.[number];
    if (found === undefined) throw broken(`a packet of interface ${number}, which is not described`);
    return found;
  }
}
