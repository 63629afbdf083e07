// Netlink's messages as bytes (linux/netlink.h): a header, then attributes, each a length, a type and its value.

export const HEADER_BYTES = 16;
const ATTRIBUTE_BYTES = 4;
/** Every message, and every attribute, begins at a multiple of this. */
const ALIGNED_BYTES = 4;
/** Bits of an attribute's type: it holds others; its numbers are big-endian. */
const NESTED = 0x8000;
const TYPE_BITS = 0x3fff;

export const FLAG = { REQUEST: 1, ACK: 4, CREATE: 0x400 } as const;
/** The type of the kernel's answer to a request with ACK: an error number, 0 for none. */
export const NLMSG_ERROR = 2;

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

export interface NetlinkMessage {
  readonly type: number;
  readonly sequence: number;
  /** What follows the header. */
  readonly body: Uint8Array;
}

/** Writes messages one behind the other. BOUNDED: a RangeError once the bytes it was made with are full. */
export class NetlinkWriter {
  readonly #bytes: Buffer;
  #length = 0;
  #messageAt = 0;

  constructor(bytesMax: number) {
    this.#bytes = Buffer.alloc(bytesMax);
  }

  /** Begins anew. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** Begins a message; `end` ends it. */
  begin(type: number, flags: number, sequence: number): this {
    this.#messageAt = this.#take(HEADER_BYTES);
    this.#host16(type, this.#messageAt + 4);
    this.#host16(flags, this.#messageAt + 6);
    this.#host32(sequence, this.#messageAt + 8);
    // The kernel's port, which is also what it takes for ours.
    this.#host32(0, this.#messageAt + 12);
    return this;
  }

  end(): this {
    this.#host32(this.#length - this.#messageAt, this.#messageAt);
    return this;
  }

  /** Bytes without a head of their own, such as a family's header. */
  raw(...bytes: readonly number[]): this {
    this.#bytes.set(bytes, this.#take(bytes.length));
    return this;
  }

  attribute(type: number, value: Uint8Array): this {
    const at = this.#take(ATTRIBUTE_BYTES + value.length);
    this.#host16(ATTRIBUTE_BYTES + value.length, at);
    this.#host16(type, at + 2);
    this.#bytes.set(value, at + ATTRIBUTE_BYTES);
    return this;
  }

  /** An attribute of those that `fill` writes. */
  nested(type: number, fill: () => void): this {
    const at = this.#take(ATTRIBUTE_BYTES);
    this.#host16(type | NESTED, at + 2);
    fill();
    this.#host16(this.#length - at, at);
    return this;
  }

  /** Valid until the next `clear`. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Room for so many bytes, the last ones zero. */
  #take(count: number): number {
    const at = this.#length;
    const end = at + aligned(count);
    if (end > this.#bytes.length) throw new RangeError(`more than ${this.#bytes.length} bytes for netlink`);
    this.#bytes.fill(0, at, end);
    this.#length = end;
    return at;
  }

  #host16(value: number, at: number): void {
    if (LITTLE_ENDIAN) this.#bytes.writeUInt16LE(value, at);
    else this.#bytes.writeUInt16BE(value, at);
  }

  #host32(value: number, at: number): void {
    if (LITTLE_ENDIAN) this.#bytes.writeUInt32LE(value >>> 0, at);
    else this.#bytes.writeUInt32BE(value >>> 0, at);
  }
}

/** The messages in what was received. Whatever lies about its length ends it. */
export function* messagesIn(bytes: Uint8Array): Generator<NetlinkMessage> {
  const view = viewOf(bytes);
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, LITTLE_ENDIAN);
    if (length < HEADER_BYTES || at + length > bytes.length) return;
    yield {
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      sequence: view.getUint32(at + 8, LITTLE_ENDIAN),
      body: bytes.subarray(at + HEADER_BYTES, at + length),
    };
    at += aligned(length);
  }
}

/** The error number of an answer, 0 for none; undefined where it is no such answer. */
export function errorOf({ type, body }: NetlinkMessage): number | undefined {
  if (type !== NLMSG_ERROR || body.length < 4) return undefined;
  return -viewOf(body).getInt32(0, LITTLE_ENDIAN);
}

/** The value of the first attribute of this type. */
export function attributeIn(bytes: Uint8Array | undefined, type: number): Uint8Array | undefined {
  if (bytes === undefined) return undefined;
  const view = viewOf(bytes);
  for (let at = 0; at + ATTRIBUTE_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, LITTLE_ENDIAN);
    if (length < ATTRIBUTE_BYTES || at + length > bytes.length) return undefined;
    if ((view.getUint16(at + 2, LITTLE_ENDIAN) & TYPE_BITS) === type)
      return bytes.subarray(at + ATTRIBUTE_BYTES, at + length);
    at += aligned(length);
  }
  return undefined;
}

/** A big-endian number of 32 or 64 bits, as nftables writes them. */
export function numberIn(value: Uint8Array | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (value.length === 4) return viewOf(value).getUint32(0);
  return value.length === 8 ? Number(viewOf(value).getBigUint64(0)) : undefined;
}

export function big64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, BigInt(value));
  return bytes;
}

/** As the kernel reads names: with a zero at the end. */
export function named(name: string): Uint8Array {
  return Buffer.from(`${name}\0`, "latin1");
}

export function nameIn(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString("latin1").replace(/\0.*$/s, "");
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNED_BYTES) * ALIGNED_BYTES;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
