// One packet on several layers is one packet; two packets are two.
import { describe, expect, it } from "vitest";
import { Layers } from "../../../src/core/capture/layers.ts";
import { LINKTYPE } from "../../../src/core/capture/pcap.ts";
import { datagram, frame, sll, sll2, syn } from "../../support/frames.ts";

const KNOCK = syn({ from: "192.0.2.7", to: "198.51.100.1", port: 7000 });
const OTHER = datagram({ from: "192.0.2.7", to: "198.51.100.1", port: 7000 });
const SLL2_INTERFACE = 4;
const SLL2_HEADER = 20;

/** As `tcpdump -i any` has it; with a tag, it is the link of a VLAN. */
function seen(packet: Buffer, link: number, timeMs: number, tag?: number) {
  const bytes = Buffer.from(sll2(packet));
  bytes.writeUInt32BE(link, SLL2_INTERFACE);
  if (tag === undefined) return frame(bytes, LINKTYPE.LINUX_SLL2, timeMs);
  const inner = Buffer.alloc(4);
  inner.writeUInt16BE(tag, 0);
  bytes.copy(inner, 2, 0, 2);
  bytes.writeUInt16BE(0x8100, 0);
  return frame(
    Buffer.concat([bytes.subarray(0, SLL2_HEADER), inner, bytes.subarray(SLL2_HEADER)]),
    LINKTYPE.LINUX_SLL2,
    timeMs,
  );
}

describe("packets on any", () => {
  it.each([
    ["a bridge's port and the bridge", [seen(KNOCK, 2, 1000.001), seen(KNOCK, 5, 1000.03)], [false, true]],
    ["a link and its VLAN", [seen(KNOCK, 2, 1000.001, 42), seen(KNOCK, 6, 1000.001)], [false, true]],
    [
      "a port, a bridge and a VLAN on it",
      [seen(KNOCK, 2, 1, 42), seen(KNOCK, 5, 1, 42), seen(KNOCK, 6, 1)],
      [false, true, true],
    ],
    ["one that the network has doubled", [seen(KNOCK, 2, 1000.001), seen(KNOCK, 2, 1000.002)], [false, false]],
    [
      "one that the network has doubled, on two layers",
      [seen(KNOCK, 2, 1), seen(KNOCK, 5, 1.01), seen(KNOCK, 2, 1.02), seen(KNOCK, 5, 1.03)],
      [false, true, false, true],
    ],
    ["one that came by another link later", [seen(KNOCK, 2, 1000), seen(KNOCK, 3, 1060)], [false, false]],
    ["the same link at the same time", [seen(KNOCK, 2, 1000.001), seen(KNOCK, 2, 1000.001)], [false, false]],
    ["another packet", [seen(KNOCK, 2, 1000.001), seen(OTHER, 5, 1000.001)], [false, false]],
  ])("are told from layers: %s", (_what, frames, repeats) => {
    const layers = new Layers();
    expect(frames.map((each) => layers.isRepeat(each))).toEqual(repeats);
  });

  it("are one within a moment where the capture does not tell the interface", () => {
    const layers = new Layers();
    const at = (timeMs: number) => layers.isRepeat(frame(sll(KNOCK), LINKTYPE.LINUX_SLL, timeMs));
    expect([at(1000), at(1001), at(1050)]).toEqual([false, true, false]);
  });

  it("are found behind others that came meanwhile, and those of a single link are left alone", () => {
    const layers = new Layers();
    layers.isRepeat(seen(KNOCK, 2, 1));
    for (let port = 1; port < 60; port++)
      layers.isRepeat(seen(syn({ from: "192.0.2.8", to: "198.51.100.1", port }), 2, 1));
    expect(layers.isRepeat(seen(KNOCK, 5, 1))).toBe(true);
    expect(layers.isRepeat(frame(KNOCK, LINKTYPE.RAW, 1))).toBe(false);
    expect(layers.isRepeat(frame(KNOCK, LINKTYPE.RAW, 1))).toBe(false);
  });
});
