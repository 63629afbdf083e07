// Packets and frames as they are on the wire, byte by byte, from a few words. Nothing here checks itself: a test may lie.
//
//   syn({ from: "192.0.2.7", to: "198.51.100.1", port: 7000 })             an IPv4 packet
//   datagram({ from: "2001:db8::7", to: "2001:db8::1", port: 8000 })       an IPv6 packet, by the form of the address
//   frame(ethernet(echoRequest({ from, to, bytes: 100 }), { vlans: [42] }), LINKTYPE.ETHERNET)

import { parseAddress } from "../../src/core/address.ts";
import { fileHeader, LINKTYPE, RECORD_HEADER_BYTES, writeRecordHeader } from "../../src/core/capture/pcap.ts";
import type { Frame } from "../../src/core/frame.ts";

export const TCP = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20 } as const;
export const PROTOCOL = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58 } as const;
export const HEADER = { HOP_BY_HOP: 0, ROUTING: 43, FRAGMENT: 44, DESTINATION_OPTIONS: 60 } as const;

export interface Ends {
  readonly from: string;
  readonly to: string;
}

/** What may stand between the IP header and the transport, and lies about lengths. */
export interface IpShape {
  /** IPv4 options; a multiple of four bytes. */
  readonly options?: Uint8Array;
  /** In units of 8 bytes, with the "more fragments" bit; in IPv6 a fragment header behind the other extensions. */
  readonly fragment?: { readonly offset: number; readonly more: boolean };
  /** IPv6 extension headers in order, by number; each is 8 bytes, or as many as said. */
  readonly extensions?: readonly (number | { readonly header: number; readonly bytes: number })[];
  /** What the IP header says instead of the truth: IPv4's total length, IPv6's payload length. */
  readonly saidLength?: number;
}

export interface Syn extends Ends, IpShape {
  readonly port: number;
  readonly sourcePort?: number;
  /** The sequence number. */
  readonly sequence?: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
}

export interface Datagram extends Ends, IpShape {
  readonly port: number;
  readonly sourcePort?: number;
  readonly payload?: Uint8Array;
  /** What the UDP header says instead of the truth. */
  readonly saidUdpLength?: number;
}

export interface Echo extends Ends, IpShape {
  readonly bytes: number;
  readonly type?: number;
  readonly code?: number;
}

/** A TCP segment, by default a first SYN. */
export function syn({ port, sourcePort = 40_000, sequence = 0, flags = TCP.SYN, ...rest }: Syn): Buffer {
  const { payload = new Uint8Array(0), ...ends } = rest;
  const segment = Buffer.alloc(20);
  segment.writeUInt16BE(sourcePort, 0);
  segment.writeUInt16BE(port, 2);
  segment.writeUInt32BE(sequence, 4);
  segment.writeUInt8(5 << 4, 12);
  segment.writeUInt8(flags, 13);
  return ip(PROTOCOL.TCP, Buffer.concat([segment, payload]), ends);
}

export function datagram({ port, sourcePort = 40_000, payload = new Uint8Array(0), ...rest }: Datagram): Buffer {
  const { saidUdpLength = 8 + payload.length, ...ends } = rest;
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(saidUdpLength, 4);
  return ip(PROTOCOL.UDP, Buffer.concat([header, payload]), ends);
}

/** `bytes` of data, as `ping -s` counts them. */
export function echoRequest({ bytes, type, code = 0, ...ends }: Echo): Buffer {
  const message = Buffer.alloc(8 + bytes);
  message.writeUInt8(type ?? (isIpv6(ends) ? 128 : 8), 0);
  message.writeUInt8(code, 1);
  return ip(isIpv6(ends) ? PROTOCOL.ICMPV6 : PROTOCOL.ICMP, message, ends);
}

/** An IP packet around any payload. */
export function ip(protocol: number, payload: Uint8Array, shape: Ends & IpShape): Buffer {
  return isIpv6(shape) ? ipv6(protocol, payload, shape) : ipv4(protocol, payload, shape);
}

/** `vlans` from the outermost; `tagType` is the type of all tags (0x8100, 0x88a8, 0x9100). */
export function ethernet(
  packet: Uint8Array,
  { vlans = [], tagType = 0x8100 }: { vlans?: readonly number[]; tagType?: number } = {},
): Buffer {
  const macs = Buffer.from("020000000001020000000002", "hex");
  const tags = vlans.map((vlan) => Buffer.concat([word(tagType), word(vlan)]));
  return Buffer.concat([macs, ...tags, word(etherType(packet)), packet]);
}

/** Linux "cooked" capture, version 1: what `any` gives. */
export function sll(packet: Uint8Array): Buffer {
  return Buffer.concat([Buffer.alloc(14), word(etherType(packet)), packet]);
}

/** Linux "cooked" capture, version 2. */
export function sll2(packet: Uint8Array): Buffer {
  return Buffer.concat([word(etherType(packet)), Buffer.alloc(18), packet]);
}

/** BSD loopback: the address family in four bytes; LINKTYPE_LOOP has them in network order. */
export function bsdNull(packet: Uint8Array, { bigEndian = false }: { bigEndian?: boolean } = {}): Buffer {
  const family = Buffer.alloc(4);
  const number = isVersion6(packet) ? 30 : 2;
  if (bigEndian) family.writeUInt32BE(number);
  else family.writeUInt32LE(number);
  return Buffer.concat([family, packet]);
}

/** What the capture hands to the decoder. */
export function frame(bytes: Uint8Array, linkType: number = LINKTYPE.ETHERNET, timeMs = 0): Frame {
  return { bytes, start: 0, end: bytes.length, wireLength: bytes.length, linkType, timeMs };
}

/** A whole pcap stream; each frame is captured `stepMs` after the one before. */
export function pcap(
  frames: readonly Uint8Array[],
  linkType: number = LINKTYPE.ETHERNET,
  timeMs = 0,
  stepMs = 0,
): Buffer {
  return timedPcap(
    frames.map((bytes, index) => ({ bytes, atMs: timeMs + index * stepMs })),
    linkType,
  );
}

export interface TimedFrame {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

/** A whole pcap stream of frames with times of their own. */
export function timedPcap(frames: readonly TimedFrame[], linkType: number = LINKTYPE.ETHERNET): Buffer {
  const records = frames.map(({ atMs, bytes }) => {
    const header = new DataView(new ArrayBuffer(RECORD_HEADER_BYTES));
    writeRecordHeader(header, 0, atMs, bytes.length, bytes.length);
    return Buffer.concat([new Uint8Array(header.buffer), bytes]);
  });
  return Buffer.concat([fileHeader(linkType), ...records]);
}

function ipv4(protocol: number, payload: Uint8Array, shape: Ends & IpShape): Buffer {
  const { from, to, options = new Uint8Array(0), fragment, saidLength } = shape;
  const header = Buffer.alloc(20);
  const headerBytes = header.length + options.length;
  header.writeUInt8((4 << 4) | (headerBytes / 4), 0);
  header.writeUInt16BE(saidLength ?? headerBytes + payload.length, 2);
  if (fragment !== undefined) header.writeUInt16BE((fragment.more ? 0x2000 : 0) | fragment.offset, 6);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  addressBytes(from).copy(header, 12, 12);
  addressBytes(to).copy(header, 16, 12);
  return Buffer.concat([header, options, payload]);
}

function ipv6(protocol: number, payload: Uint8Array, shape: Ends & IpShape): Buffer {
  const { from, to, extensions = [], fragment, saidLength } = shape;
  const chain = extensions.map((each) => (typeof each === "number" ? { header: each, bytes: 8 } : each));
  if (fragment !== undefined) chain.push({ header: HEADER.FRAGMENT, bytes: 8 });
  const headers = chain.map(({ header, bytes }, index) => {
    const extension = Buffer.alloc(bytes);
    extension.writeUInt8(chain[index + 1]?.header ?? protocol, 0);
    if (header !== HEADER.FRAGMENT) extension.writeUInt8(bytes / 8 - 1, 1);
    else if (fragment !== undefined) extension.writeUInt16BE((fragment.offset << 3) | (fragment.more ? 1 : 0), 2);
    return extension;
  });
  const body = Buffer.concat([...headers, payload]);
  const fixed = Buffer.alloc(40);
  fixed.writeUInt8(6 << 4, 0);
  fixed.writeUInt16BE(saidLength ?? body.length, 4);
  fixed.writeUInt8(chain[0]?.header ?? protocol, 6);
  fixed.writeUInt8(64, 7);
  addressBytes(from).copy(fixed, 8);
  addressBytes(to).copy(fixed, 24);
  return Buffer.concat([fixed, body]);
}

function isIpv6({ from }: Ends): boolean {
  return from.includes(":");
}

function isVersion6(packet: Uint8Array): boolean {
  return (packet[0] ?? 0) >>> 4 === 6;
}

function etherType(packet: Uint8Array): number {
  return isVersion6(packet) ? 0x86dd : 0x0800;
}

function word(value: number): Buffer {
  return Buffer.from([value >>> 8, value & 0xff]);
}

/** Sixteen bytes; an IPv4 address is the last four. */
function addressBytes(text: string): Buffer {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  const bytes = Buffer.alloc(16);
  address.forEach((part, index) => {
    bytes.writeInt32BE(part, index * 4);
  });
  return bytes;
}
