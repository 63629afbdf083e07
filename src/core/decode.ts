// Frame -> Knock: link layer, IP, transport. Whatever is cut short, lies about its length or is of no interest is nothing.

import { LINKTYPE } from "./capture/pcap.ts";
import { fingerprintAt } from "./fingerprint.ts";
import type { Frame, Knock } from "./frame.ts";

/** EtherTypes (IEEE 802). */
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_QINQ = 0x88a8;
const ETHERTYPE_QINQ_OLD = 0x9100;
const VLAN_TAG_BYTES = 4;
/** 802.1ad stacks two; a third is tolerated, a tower of tags is an attack on this loop. */
const VLAN_TAGS_MAX = 3;

/** IP protocol numbers (IANA). */
const PROTOCOL_ICMP = 1;
const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
const PROTOCOL_ICMPV6 = 58;

/** RFC 791 section 3.1. */
const IPV4_MIN_BYTES = 20;
const IPV4_TOTAL_LENGTH = 2;
const IPV4_FRAGMENT = 6;
const IPV4_PROTOCOL = 9;
const IPV4_SOURCE = 12;
const IPV4_DESTINATION = 16;
const FRAGMENT_OFFSET_BITS = 0x1fff;
const MORE_FRAGMENTS = 0x2000;

/** RFC 8200 section 3. */
const IPV6_BYTES = 40;
const IPV6_PAYLOAD_LENGTH = 4;
const IPV6_NEXT_HEADER = 6;
const IPV6_SOURCE = 8;
const IPV6_DESTINATION = 24;

/** RFC 8200 section 4: extension headers that may stand before the transport. */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const DESTINATION_OPTIONS = 60;
const FRAGMENT_HEADER_BYTES = 8;
const EXTENSION_HEADERS_MAX = 8;

/** RFC 9293 section 3.1, RFC 768, RFC 792 and RFC 4443 section 4.1. */
const TCP_MIN_BYTES = 20;
const TCP_DATA_OFFSET = 12;
const TCP_FLAGS = 13;
const TCP_FLAG_BITS = 0x3f;
const UDP_BYTES = 8;
const UDP_LENGTH = 4;
const DESTINATION_PORT = 2;
const ICMP_BYTES = 8;
const ICMP_ECHO_REQUEST = 8;
const ICMPV6_ECHO_REQUEST = 128;

/** DLT_RAW, which some writers use in files although it is no LINKTYPE_ value. */
const DLT_RAW = 12;
const LINK_TYPES: ReadonlySet<number> = new Set([...Object.values(LINKTYPE), DLT_RAW]);

/** Whether `decode` looks into frames of this link type at all. */
export function knowsLinkType(linkType: number): boolean {
  return LINK_TYPES.has(linkType);
}

/** Fills `knock` and says true, or says false: then `knock` holds nothing of use. Never throws, whatever the bytes. */
export function decode(frame: Frame, knock: Knock): boolean {
  const { bytes, start, end } = frame;
  const wireEnd = start + Math.max(frame.wireLength, end - start);
  switch (frame.linkType) {
    case LINKTYPE.ETHERNET:
      return decodeEtherType(bytes, start + 12, start + 14, end, wireEnd, knock);
    case LINKTYPE.LINUX_SLL:
      return decodeEtherType(bytes, start + 14, start + 16, end, wireEnd, knock);
    case LINKTYPE.LINUX_SLL2:
      return decodeEtherType(bytes, start, start + 20, end, wireEnd, knock);
    case LINKTYPE.NULL:
    case LINKTYPE.LOOP:
      return decodeIp(bytes, start + 4, end, wireEnd, knock);
    case LINKTYPE.RAW:
    case LINKTYPE.IPV4:
    case LINKTYPE.IPV6:
    case DLT_RAW:
      return decodeIp(bytes, start, end, wireEnd, knock);
    default:
      return false;
  }
}

function decodeEtherType(
  bytes: Uint8Array,
  typeAt: number,
  ipStart: number,
  end: number,
  wireEnd: number,
  knock: Knock,
): boolean {
  let type = typeAt + 2 <= end ? read16(bytes, typeAt) : 0;
  let start = ipStart;
  for (let tags = 0; isVlan(type); tags++) {
    if (tags === VLAN_TAGS_MAX || start + VLAN_TAG_BYTES > end) return false;
    type = read16(bytes, start + 2);
    start += VLAN_TAG_BYTES;
  }
  if (type === ETHERTYPE_IPV4) return decodeIpv4(bytes, start, end, wireEnd, knock);
  if (type === ETHERTYPE_IPV6) return decodeIpv6(bytes, start, end, wireEnd, knock);
  return false;
}

function isVlan(type: number): boolean {
  return type === ETHERTYPE_VLAN || type === ETHERTYPE_QINQ || type === ETHERTYPE_QINQ_OLD;
}

/** Links without an EtherType: the IP version says which it is. (BSD's family word differs by system and by byte order.) */
function decodeIp(bytes: Uint8Array, start: number, end: number, wireEnd: number, knock: Knock): boolean {
  if (start >= end) return false;
  const version = read8(bytes, start) >>> 4;
  if (version === 4) return decodeIpv4(bytes, start, end, wireEnd, knock);
  if (version === 6) return decodeIpv6(bytes, start, end, wireEnd, knock);
  return false;
}

function decodeIpv4(bytes: Uint8Array, start: number, end: number, wireEnd: number, knock: Knock): boolean {
  if (start + IPV4_MIN_BYTES > end || read8(bytes, start) >>> 4 !== 4) return false;
  const headerBytes = (read8(bytes, start) & 0x0f) * 4;
  const totalBytes = read16(bytes, start + IPV4_TOTAL_LENGTH);
  if (headerBytes < IPV4_MIN_BYTES || totalBytes < headerBytes || start + totalBytes > wireEnd) return false;
  const fragment = read16(bytes, start + IPV4_FRAGMENT);
  // Only a first fragment holds ports.
  if ((fragment & FRAGMENT_OFFSET_BITS) !== 0) return false;
  readIpv4(bytes, start + IPV4_SOURCE, knock.source);
  readIpv4(bytes, start + IPV4_DESTINATION, knock.destination);
  const transport = start + headerBytes;
  const fragmented = (fragment & MORE_FRAGMENTS) !== 0;
  return decodeTransport(
    bytes,
    read8(bytes, start + IPV4_PROTOCOL),
    transport,
    end,
    totalBytes - headerBytes,
    fragmented,
    knock,
  );
}

function decodeIpv6(bytes: Uint8Array, start: number, end: number, wireEnd: number, knock: Knock): boolean {
  if (start + IPV6_BYTES > end || read8(bytes, start) >>> 4 !== 6) return false;
  const packetEnd = start + IPV6_BYTES + read16(bytes, start + IPV6_PAYLOAD_LENGTH);
  if (packetEnd > wireEnd) return false;
  readIpv6(bytes, start + IPV6_SOURCE, knock.source);
  readIpv6(bytes, start + IPV6_DESTINATION, knock.destination);
  // An IPv4-mapped address inside IPv6 would pass for an IPv4 source (draft-itojun-v6ops-v4mapped-harmful).
  if (isMapped(knock.source) || isMapped(knock.destination)) return false;
  let header = read8(bytes, start + IPV6_NEXT_HEADER);
  let at = start + IPV6_BYTES;
  let fragmented = false;
  for (let count = 0; isExtension(header); count++) {
    if (count === EXTENSION_HEADERS_MAX || at + FRAGMENT_HEADER_BYTES > Math.min(end, packetEnd)) return false;
    if (header === FRAGMENT) {
      const offsetAndMore = read16(bytes, at + 2);
      if (offsetAndMore >>> 3 !== 0) return false;
      fragmented ||= (offsetAndMore & 1) !== 0;
    }
    const headerBytes = header === FRAGMENT ? FRAGMENT_HEADER_BYTES : (read8(bytes, at + 1) + 1) * 8;
    header = read8(bytes, at);
    at += headerBytes;
  }
  return decodeTransport(bytes, header, at, end, packetEnd - at, fragmented, knock);
}

function isExtension(header: number): boolean {
  return header === HOP_BY_HOP || header === ROUTING || header === FRAGMENT || header === DESTINATION_OPTIONS;
}

/** `length` is what the IP header promises from `at` on; `end` is what was captured. */
function decodeTransport(
  bytes: Uint8Array,
  protocol: number,
  at: number,
  end: number,
  length: number,
  fragmented: boolean,
  knock: Knock,
): boolean {
  const available = Math.min(length, end - at);
  knock.flags = 0;
  knock.fingerprint = 0;
  knock.payloadStart = 0;
  knock.payloadEnd = 0;
  if (protocol === PROTOCOL_TCP) {
    if (available < TCP_MIN_BYTES || (read8(bytes, at + TCP_DATA_OFFSET) >>> 4) * 4 < TCP_MIN_BYTES) return false;
    knock.protocol = "tcp";
    knock.port = read16(bytes, at + DESTINATION_PORT);
    knock.flags = read8(bytes, at + TCP_FLAGS) & TCP_FLAG_BITS;
    knock.fingerprint = fingerprintAt(bytes, at);
    return true;
  }
  if (protocol === PROTOCOL_UDP) {
    if (available < UDP_BYTES) return false;
    const datagramBytes = read16(bytes, at + UDP_LENGTH);
    if (datagramBytes < UDP_BYTES || (!fragmented && datagramBytes > length)) return false;
    knock.protocol = "udp";
    knock.port = read16(bytes, at + DESTINATION_PORT);
    if (!fragmented && datagramBytes <= available) {
      knock.payloadStart = at + UDP_BYTES;
      knock.payloadEnd = at + datagramBytes;
    }
    return true;
  }
  // The size of a fragmented echo request is not known from its first fragment.
  if (fragmented || available < ICMP_BYTES) return false;
  const ipv4 = isMapped(knock.source);
  if (protocol !== (ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6)) return false;
  if (read8(bytes, at) !== (ipv4 ? ICMP_ECHO_REQUEST : ICMPV6_ECHO_REQUEST) || read8(bytes, at + 1) !== 0) return false;
  knock.protocol = "icmp";
  knock.port = length - ICMP_BYTES;
  return true;
}

function isMapped(address: Int32Array): boolean {
  return address[2] === 0xffff && address[1] === 0 && address[0] === 0;
}

function readIpv4(bytes: Uint8Array, at: number, address: Int32Array): void {
  address[0] = 0;
  address[1] = 0;
  address[2] = 0xffff;
  address[3] = read32(bytes, at);
}

function readIpv6(bytes: Uint8Array, at: number, address: Int32Array): void {
  for (let word = 0; word < 4; word++) address[word] = read32(bytes, at + word * 4);
}

// The callers have checked the bounds; `?? 0` is for the compiler, and makes a mistake a wrong value instead of a crash.
function read8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function read32(bytes: Uint8Array, at: number): number {
  return (read16(bytes, at) << 16) | read16(bytes, at + 2);
}
