// pcapng streams block by block, in either byte order, as any program might write them. Nothing here checks itself.

export type Block = Buffer;

interface InterfaceShape {
  readonly snapBytes?: number;
  readonly resolution?: number;
  readonly offsetS?: bigint;
  /** An option of this code that says this length, and holds nothing. */
  readonly raw?: readonly [code: number, length: number];
  /** What the second length says instead of the truth. */
  readonly endsWith?: number;
}

interface PacketShape {
  readonly interface?: number;
  readonly units?: bigint;
  readonly wire?: number;
  /** What it says instead of the truth. */
  readonly captured?: number;
}

export class Blocks {
  readonly #littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  block(type: number, body: Uint8Array, endsWith?: number): Block {
    const padding = Buffer.alloc((4 - (body.length % 4)) % 4);
    const length = 12 + body.length + padding.length;
    return Buffer.concat([this.head(type, length), body, padding, this.#word(endsWith ?? length)]);
  }

  /** Type and length alone. */
  head(type: number, length: number): Block {
    return Buffer.concat([this.#word(type), this.#word(length)]);
  }

  section({ major = 1 } = {}): Block {
    const unknownLength = this.#long(2n ** 64n - 1n);
    return this.block(
      0x0a0d0d0a,
      Buffer.concat([this.#word(0x1a2b3c4d), this.#half(major), this.#half(0), unknownLength]),
    );
  }

  interface(linkType: number, { snapBytes = 0, resolution, offsetS, raw, endsWith }: InterfaceShape = {}): Block {
    const options = [
      this.#option(2, Buffer.from("eth0")),
      ...(resolution === undefined ? [] : [this.#option(9, Buffer.of(resolution))]),
      ...(offsetS === undefined ? [] : [this.#option(14, this.#long(BigInt.asUintN(64, offsetS)))]),
      ...(raw === undefined ? [] : [this.#half(raw[0]), this.#half(raw[1])]),
      ...(raw === undefined ? [this.#word(0)] : []),
    ];
    const body = [this.#half(linkType), this.#half(0), this.#word(snapBytes), ...options];
    return this.block(1, Buffer.concat(body), endsWith);
  }

  packet(bytes: Uint8Array, { interface: number = 0, units = 0n, wire, captured }: PacketShape = {}): Block {
    const time = [this.#word(Number(units >> 32n)), this.#word(Number(units & 0xffff_ffffn))];
    const lengths = [this.#word(captured ?? bytes.length), this.#word(wire ?? bytes.length)];
    const comment = this.#option(1, Buffer.from("a comment"));
    const padding = Buffer.alloc((4 - (bytes.length % 4)) % 4);
    // A captured length that reaches into the options would be a lie that nobody can see.
    const options = captured === undefined ? [padding, comment, this.#word(0)] : [];
    return this.block(6, Buffer.concat([this.#word(number), ...time, ...lengths, bytes, ...options]));
  }

  oldPacket(bytes: Uint8Array, { interface: number = 0 }: PacketShape = {}): Block {
    const lengths = [this.#word(bytes.length), this.#word(bytes.length)];
    const head = [this.#half(number), this.#half(0xffff), this.#word(0), this.#word(0)];
    return this.block(2, Buffer.concat([...head, ...lengths, bytes]));
  }

  simplePacket(bytes: Uint8Array, captured = bytes.length): Block {
    return this.block(3, Buffer.concat([this.#word(bytes.length), bytes.subarray(0, captured)]));
  }

  #option(code: number, value: Uint8Array): Buffer {
    const padding = Buffer.alloc((4 - (value.length % 4)) % 4);
    return Buffer.concat([this.#half(code), this.#half(value.length), value, padding]);
  }

  #half(value: number): Buffer {
    const bytes = Buffer.alloc(2);
    new DataView(bytes.buffer, bytes.byteOffset).setUint16(0, value, this.#littleEndian);
    return bytes;
  }

  #word(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, value, this.#littleEndian);
    return bytes;
  }

  #long(value: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(0, value, this.#littleEndian);
    return bytes;
  }
}
