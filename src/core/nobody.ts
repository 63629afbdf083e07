// Sources that are nobody's: a packet may carry them, a knocker cannot have them. What comes from there counts for no way.
import { type Address, familyOf } from "./address.ts";
import { LINKTYPE } from "./capture/pcap.ts";
import type { Frame } from "./frame.ts";
import type { Seen } from "./way.ts";

/** 127.0.0.1 and ::1: an interface that has them is `lo`, or all interfaces together. */
const LOOPBACK_4: Address = Int32Array.of(0, 0, 0xffff, 0x7f000001);
const LOOPBACK_6: Address = Int32Array.of(0, 0, 0, 1);

/** RFC 1122 section 3.2.1.3 and RFC 1112: 0.0.0.0/8, then 127.0.0.0/8; multicast, reserved and broadcast lie above. */
const THIS_NETWORK = 0;
const LOOPBACK_NETWORK = 127;
const MULTICAST_MIN = 224;
/** RFC 4291 section 2.7: ff00::/8. */
const MULTICAST_6 = 0xff;

/**
 * Unspecified, multicast, broadcast; loopback on a wire; our own on a wire.
 */
export function isNobodys({ frame, knock: { source }, local }: Seen): boolean {
  const isIpv4 = familyOf(source) === 4;
  const firstByte = (source[isIpv4 ? 3 : 0] ?? 0) >>> 24;
  if (isIpv4 ? firstByte === THIS_NETWORK || firstByte >= MULTICAST_MIN : firstByte === MULTICAST_6) return true;
  const isLow = !isIpv4 && source[0] === 0 && source[1] === 0 && source[2] === 0;
  if (isLow && source[3] === 0) return true;
  const isLoopback = isIpv4 ? firstByte === LOOPBACK_NETWORK : isLow && source[3] === 1;
  if (!isLoopback && !local.has(source)) return false;
  return !local.has(isIpv4 ? LOOPBACK_4 : LOOPBACK_6) || !maybeLoopback(frame);
}

/** A "cooked" header, which all interfaces together give, names the kind of its device as ARP does (if_arp.h). */
const SLL_DEVICE = 2;
const SLL2_DEVICE = 8;
const ARPHRD_LOOPBACK = 772;

function maybeLoopback({ linkType, bytes, start }: Frame): boolean {
  if (linkType !== LINKTYPE.LINUX_SLL && linkType !== LINKTYPE.LINUX_SLL2) return true;
  const at = start + (linkType === LINKTYPE.LINUX_SLL ? SLL_DEVICE : SLL2_DEVICE);
  return (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)) === ARPHRD_LOOPBACK;
}
