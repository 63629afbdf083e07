// What a TCP packet is known by if it comes once more: a SYN that nobody answers is sent again, and is no further knock.
import type { Knock } from "./frame.ts";
import { isFirstSyn } from "./tcp-flags.ts";

/** RFC 9293 section 3.1. */
const SOURCE_PORT = 0;
const SEQUENCE_NUMBER = 4;

/** Of a fingerprint: where the packet comes from. The rest follows from its sequence number. */
export const SOURCE_PORT_BITS = 0xffff0000;

/**
 * The source port, and 16 bits of a number that is random when a connection begins: a retransmission has both, and hardly
 * anything else. Never 0. `at` is where the header begins, all of which must be there.
 */
export function fingerprintAt(bytes: Uint8Array, at: number): number {
  const sourcePort = ((bytes[at + SOURCE_PORT] ?? 0) << 8) | (bytes[at + SOURCE_PORT + 1] ?? 0);
  const high = ((bytes[at + SEQUENCE_NUMBER] ?? 0) << 8) | (bytes[at + SEQUENCE_NUMBER + 1] ?? 0);
  const low = ((bytes[at + SEQUENCE_NUMBER + 2] ?? 0) << 8) | (bytes[at + SEQUENCE_NUMBER + 3] ?? 0);
  return ((sourcePort << 16) | ((high ^ Math.imul(low, 0x9e37)) & 0xffff) | (sourcePort === 0 ? 1 : 0)) >>> 0;
}

/**
 * Whether this is the TCP packet with that fingerprint once more. What is no first packet (an ACK, the RST of a client that goes
 * away) belongs to the connection that it comes from: there the source port alone decides.
 */
export function isSamePacket(fingerprint: number, { fingerprint: present, flags }: Knock): boolean {
  if (fingerprint === 0 || present === 0) return false;
  if (isFirstSyn(flags)) return fingerprint === present;
  return fingerprint >>> 16 === present >>> 16;
}
