// The values that travel the path: a frame as libpcap saw it, and the knock it carries.
import { type Address, emptyAddress } from "./address.ts";
import type { Protocol } from "./port.ts";

/** One captured frame. The capture reuses it: it is valid only until the call that received it returns. */
export interface Frame {
  /** Holds the frame from `start` to `end`; the rest of the buffer belongs to others. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Bytes on the wire, which a short snap length cuts. */
  wireLength: number;
  /** LINKTYPE_ value of the pcap file format. */
  linkType: number;
  /** Wall clock in milliseconds since 1970. */
  timeMs: number;
}

/** One decoded packet that may count. The decoder reuses it, like the frame. */
export interface Knock {
  readonly source: Address;
  readonly destination: Address;
  protocol: Protocol;
  /** Destination port; for icmp the data bytes of the echo request. */
  port: number;
  /** TCP flags as on the wire (RFC 9293 section 3.1), 0 for other protocols. */
  flags: number;
  /** What a TCP packet is known by if it comes once more, see fingerprint.ts; 0 for other protocols. */
  fingerprint: number;
  /** Where the frame's bytes hold what a UDP datagram carries; equal if it is not there as a whole. */
  payloadStart: number;
  payloadEnd: number;
}

export function emptyKnock(): Knock {
  return {
    source: emptyAddress(),
    destination: emptyAddress(),
    protocol: "tcp",
    port: 0,
    flags: 0,
    fingerprint: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
}
