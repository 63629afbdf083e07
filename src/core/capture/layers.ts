// On `any` one packet is captured once for each layer that it passes: a bridge and its port, a VLAN and its link, a bond and its
// member. It is one packet, and counts once; one that the network has doubled comes by the same interface, and counts as it did.
import type { Frame } from "../frame.ts";
import { LINKTYPE } from "./pcap.ts";

/** BOUNDED: packets that are remembered. Layers follow each other at once, on a busy machine with a few packets between. */
const REMEMBERED = 64;
/** From one layer to the next, on a machine that is busy elsewhere. */
const LAYERS_MS = 50;
/** The same where the capture does not tell the interface: a network may double a packet within so short a time, no knocker knocks twice. */
const UNTOLD_MS = 2;
/** Headers and what distinguishes two packets of one sender; behind a short snap length there is no more. */
const COMPARED_BYTES = 64;

/** The cooked headers of libpcap: LINKTYPE_LINUX_SLL2 tells the interface, LINKTYPE_LINUX_SLL does not. */
const SLL_BYTES = 16;
const SLL_TYPE = 14;
const SLL2_BYTES = 20;
const SLL2_INTERFACE = 4;
/** IEEE 802.1Q and 802.1ad: a link's frames have the tag that its VLAN's have lost. */
const VLAN_TYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
const VLAN_TAG_BYTES = 4;
const UNTOLD = -1;
/** FNV-1a. */
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class Layers {
  readonly #hashes = new Int32Array(REMEMBERED);
  readonly #links = new Int32Array(REMEMBERED);
  readonly #times = new Float64Array(REMEMBERED).fill(Number.NEGATIVE_INFINITY);
  #next = 0;

  /** Whether this frame is a packet that another layer has shown already. */
  isRepeat(frame: Frame): boolean {
    const isTold = frame.linkType === LINKTYPE.LINUX_SLL2;
    if (!isTold && frame.linkType !== LINKTYPE.LINUX_SLL) return false;
    const link = isTold ? read32(frame.bytes, frame.start + SLL2_INTERFACE) : UNTOLD;
    const hash = hashOf(frame, isTold ? frame.start : frame.start + SLL_TYPE, isTold ? SLL2_BYTES : SLL_BYTES);
    if (this.#has(hash, link, frame.timeMs)) return true;
    this.#hashes[this.#next] = hash;
    this.#links[this.#next] = link;
    this.#times[this.#next] = frame.timeMs;
    this.#next = (this.#next + 1) % REMEMBERED;
    return false;
  }

  #has(hash: number, link: number, timeMs: number): boolean {
    for (let at = 0; at < REMEMBERED; at++) {
      if (this.#hashes[at] !== hash) continue;
      const agoMs = Math.abs(timeMs - (this.#times[at] ?? 0));
      if (link === UNTOLD ? agoMs < UNTOLD_MS : agoMs < LAYERS_MS && this.#links[at] !== link) return true;
    }
    return false;
  }
}

function hashOf({ bytes, start, end, wireLength }: Frame, typeAt: number, headerBytes: number): number {
  let at = start + headerBytes;
  let tags = 0;
  let type = read16(bytes, typeAt);
  while (VLAN_TYPES.has(type) && at + VLAN_TAG_BYTES <= end) {
    type = read16(bytes, at + 2);
    at += VLAN_TAG_BYTES;
    tags += VLAN_TAG_BYTES;
  }
  let hash = FNV_BASIS ^ (wireLength - tags);
  const until = Math.min(end, at + COMPARED_BYTES);
  for (; at < until; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME);
  return hash;
}

function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function read32(bytes: Uint8Array, at: number): number {
  return (read16(bytes, at) << 16) | read16(bytes, at + 2);
}
