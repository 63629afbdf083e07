// Any capture file -> frames: its first bytes say whether it is pcap or pcapng.
import type { Frame } from "../frame.ts";
import { concat, MAGIC_MICROSECONDS, MAGIC_NANOSECONDS, PcapReader } from "./pcap.ts";
import { PcapngReader, SECTION_HEADER } from "./pcapng.ts";

const MAGIC_BYTES = 4;
/** What people have in hand instead, by the first two bytes. */
const COMPRESSED = new Map([
  [0x1f8b, "zcat"],
  [0x28b5, "zstdcat"],
  [0xfd37, "xzcat"],
  [0x425a, "bzcat"],
]);

export class CaptureReader {
  readonly #onFrame: (frame: Frame) => void;
  /** BOUNDED: less than MAGIC_BYTES. */
  #head: Uint8Array = new Uint8Array(0);
  #reader: PcapReader | PcapngReader | undefined;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** Throws a RangeError when the bytes are no capture. */
  push(chunk: Uint8Array): void {
    if (this.#reader !== undefined) return this.#reader.push(chunk);
    this.#head = concat(this.#head, chunk);
    if (this.#head.length < MAGIC_BYTES) return;
    const magic = new DataView(this.#head.buffer).getUint32(0);
    this.#reader = this.#readerFor(magic);
    this.#reader.push(this.#head);
    this.#head = new Uint8Array(0);
  }

  /** Says whether the last frame was cut off. Throws a RangeError when there was not even a beginning. */
  end(): { readonly isCut: boolean } {
    if (this.#reader === undefined || (this.#reader instanceof PcapReader && !this.#reader.started))
      throw new RangeError("it ends before the first frame");
    return { isCut: this.#reader.isCut };
  }

  #readerFor(magic: number): PcapReader | PcapngReader {
    if (magic === SECTION_HEADER) return new PcapngReader(this.#onFrame);
    const isPcap = [magic, swapped(magic)].some((each) => each === MAGIC_MICROSECONDS || each === MAGIC_NANOSECONDS);
    if (isPcap) return new PcapReader(this.#onFrame);
    const tool = COMPRESSED.get(magic >>> 16);
    if (tool !== undefined) throw new RangeError(`it is compressed: ${tool} FILE | knockd explain -`);
    throw new RangeError("it is neither a pcap nor a pcapng capture");
  }
}

function swapped(magic: number): number {
  const view = new DataView(new ArrayBuffer(MAGIC_BYTES));
  view.setUint32(0, magic);
  return view.getUint32(0, true);
}
