import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/core/address.ts";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import { decode } from "../../src/core/decode.ts";
import { emptyKnock, type Frame, type Knock } from "../../src/core/frame.ts";
import {
  bsdNull,
  datagram,
  echoRequest,
  ethernet,
  frame,
  HEADER,
  type IpShape,
  ip,
  PROTOCOL,
  sll,
  sll2,
  syn,
  TCP,
} from "../support/frames.ts";

const V4 = { from: "192.0.2.7", to: "198.51.100.1" };
const V6 = { from: "2001:db8::7", to: "2001:db8::1" };
const DLT_RAW = 12;

/** What a frame says, as one line; undefined when it says nothing. */
function said(bytes: Uint8Array, linkType: number = LINKTYPE.RAW): string | undefined {
  return saidBy(frame(bytes, linkType));
}

function saidBy(seen: Frame): string | undefined {
  const knock = emptyKnock();
  return decode(seen, knock) ? lineOf(knock) : undefined;
}

function lineOf({ source, destination, port, protocol, flags }: Knock): string {
  return `${formatAddress(source)} > ${formatAddress(destination)} ${port}/${protocol} ${flags}`;
}

const SYN4 = "192.0.2.7 > 198.51.100.1 7000/tcp 2";
const SYN6 = "2001:db8::7 > 2001:db8::1 7000/tcp 2";

describe("a packet", () => {
  it.each([
    ["an IPv4 SYN", syn({ ...V4, port: 7000 }), SYN4],
    ["an IPv6 SYN", syn({ ...V6, port: 7000 }), SYN6],
    ["port 0", syn({ ...V4, port: 0 }), "192.0.2.7 > 198.51.100.1 0/tcp 2"],
    ["port 65535", syn({ ...V4, port: 65535 }), "192.0.2.7 > 198.51.100.1 65535/tcp 2"],
    ["a SYN with data", syn({ ...V4, port: 7000, payload: Buffer.alloc(9) }), SYN4],
    ["all flags", syn({ ...V4, port: 7000, flags: 0xff }), "192.0.2.7 > 198.51.100.1 7000/tcp 63"],
    ["no flags", syn({ ...V6, port: 7000, flags: 0 }), "2001:db8::7 > 2001:db8::1 7000/tcp 0"],
    ["FIN and URG", syn({ ...V4, port: 7000, flags: TCP.FIN | TCP.URG }), "192.0.2.7 > 198.51.100.1 7000/tcp 33"],
    ["a datagram", datagram({ ...V4, port: 8000 }), "192.0.2.7 > 198.51.100.1 8000/udp 0"],
    [
      "an IPv6 datagram",
      datagram({ ...V6, port: 8000, payload: Buffer.alloc(5) }),
      "2001:db8::7 > 2001:db8::1 8000/udp 0",
    ],
    ["an echo request", echoRequest({ ...V4, bytes: 100 }), "192.0.2.7 > 198.51.100.1 100/icmp 0"],
    ["an empty echo request", echoRequest({ ...V4, bytes: 0 }), "192.0.2.7 > 198.51.100.1 0/icmp 0"],
    ["an IPv6 echo request", echoRequest({ ...V6, bytes: 56 }), "2001:db8::7 > 2001:db8::1 56/icmp 0"],
  ])("with %s says what it is", (_name, packet, line) => {
    expect(said(packet)).toBe(line);
  });

  it.each([
    ["an echo reply", echoRequest({ ...V4, bytes: 100, type: 0 })],
    ["an IPv6 echo reply", echoRequest({ ...V6, bytes: 100, type: 129 })],
    ["an echo request with a code", echoRequest({ ...V4, bytes: 100, code: 1 })],
    ["ICMP in IPv6", ip(PROTOCOL.ICMP, echoRequest({ ...V4, bytes: 9 }).subarray(20), V6)],
    ["ICMPv6 in IPv4", ip(PROTOCOL.ICMPV6, echoRequest({ ...V6, bytes: 9 }).subarray(40), V4)],
    ["SCTP", ip(132, Buffer.alloc(40), V4)],
    ["IPv6 in IPv4", ip(41, syn({ ...V6, port: 7000 }), V4)],
    ["nothing behind its header", ip(PROTOCOL.TCP, Buffer.alloc(0), V4)],
    ["no next header", ip(59, Buffer.alloc(40), V6)],
    ["version 5", Buffer.concat([Buffer.of(0x55), syn({ ...V4, port: 7000 }).subarray(1)])],
  ])("with %s says nothing", (_name, packet) => {
    expect(said(packet)).toBeUndefined();
  });

  it("overwrites what the knock held before", () => {
    const knock = emptyKnock();
    expect(decode(frame(syn({ ...V4, port: 7000, flags: 0x3f }), LINKTYPE.RAW), knock)).toBe(true);
    expect(decode(frame(datagram({ ...V6, port: 9 }), LINKTYPE.RAW), knock)).toBe(true);
    expect(lineOf(knock)).toBe("2001:db8::7 > 2001:db8::1 9/udp 0");
  });

  it.each([
    [{ from: "::ffff:192.0.2.7", to: V6.to }],
    [{ from: V6.from, to: "::ffff:198.51.100.1" }],
    [{ from: "::ffff:192.0.2.7", to: "::ffff:198.51.100.1" }],
  ])("with an IPv4-mapped address inside IPv6 says nothing: %o", (ends) => {
    expect(said(syn({ ...ends, port: 7000 }))).toBeUndefined();
    expect(said(datagram({ ...ends, port: 7000 }))).toBeUndefined();
    expect(said(echoRequest({ ...ends, bytes: 9 }))).toBeUndefined();
  });
});

describe("every link type", () => {
  const links: readonly [string, number, (packet: Uint8Array) => Uint8Array][] = [
    ["Ethernet", LINKTYPE.ETHERNET, (packet) => ethernet(packet)],
    ["Ethernet with a VLAN tag", LINKTYPE.ETHERNET, (packet) => ethernet(packet, { vlans: [42] })],
    ["Ethernet with two tags", LINKTYPE.ETHERNET, (packet) => ethernet(packet, { vlans: [1, 4094] })],
    ["Ethernet with three tags", LINKTYPE.ETHERNET, (packet) => ethernet(packet, { vlans: [1, 2, 3] })],
    ["802.1ad", LINKTYPE.ETHERNET, (packet) => ethernet(packet, { vlans: [1, 2], tagType: 0x88a8 })],
    ["old QinQ", LINKTYPE.ETHERNET, (packet) => ethernet(packet, { vlans: [1, 2], tagType: 0x9100 })],
    ["Linux cooked", LINKTYPE.LINUX_SLL, sll],
    ["Linux cooked, version 2", LINKTYPE.LINUX_SLL2, sll2],
    ["BSD null", LINKTYPE.NULL, (packet) => bsdNull(packet)],
    ["BSD null from a big-endian machine", LINKTYPE.NULL, (packet) => bsdNull(packet, { bigEndian: true })],
    ["OpenBSD loop", LINKTYPE.LOOP, (packet) => bsdNull(packet, { bigEndian: true })],
    ["raw", LINKTYPE.RAW, (packet) => packet],
    ["raw, as some write it", DLT_RAW, (packet) => packet],
  ];

  describe.each(links)("%s", (_name, linkType, wrap) => {
    it.each([
      [syn({ ...V4, port: 7000 }), SYN4],
      [syn({ ...V6, port: 7000 }), SYN6],
      [echoRequest({ ...V4, bytes: 100 }), "192.0.2.7 > 198.51.100.1 100/icmp 0"],
    ])("carries a knock", (packet, line) => {
      expect(said(wrap(packet), linkType)).toBe(line);
      // Ethernet pads short frames; what is behind the packet does not count.
      expect(said(Buffer.concat([wrap(packet), Buffer.alloc(18, 0xff)]), linkType)).toBe(line);
    });

    it("is read wherever in its buffer the frame is", () => {
      const bytes = wrap(syn({ ...V4, port: 7000 }));
      const around = Buffer.concat([Buffer.alloc(33, 0x45), bytes, Buffer.alloc(44, 0x45)]);
      const seen = { ...frame(around, linkType), start: 33, end: 33 + bytes.length, wireLength: bytes.length };
      expect(saidBy(seen)).toBe(SYN4);
    });

    it("says nothing when it is empty or nothing but its header", () => {
      for (let length = 0; length <= 24; length++) expect(said(new Uint8Array(length), linkType)).toBeUndefined();
    });
  });

  it("of a family alone carries it", () => {
    expect(said(syn({ ...V4, port: 7000 }), LINKTYPE.IPV4)).toBe(SYN4);
    expect(said(syn({ ...V6, port: 7000 }), LINKTYPE.IPV6)).toBe(SYN6);
  });

  it("that is unknown says nothing", () => {
    for (const linkType of [2, 105, 127, 147, 65535])
      expect(said(syn({ ...V4, port: 7000 }), linkType)).toBeUndefined();
  });

  it("refuses a tower of VLAN tags", () => {
    const packet = syn({ ...V4, port: 7000 });
    for (const height of [4, 5, 100, 300])
      expect(said(ethernet(packet, { vlans: new Array<number>(height).fill(1) }), LINKTYPE.ETHERNET)).toBeUndefined();
  });

  it("does not take an EtherType's word against the IP version", () => {
    const swapped = Buffer.from(ethernet(syn({ ...V4, port: 7000 })));
    swapped.writeUInt16BE(0x86dd, 12);
    expect(said(swapped, LINKTYPE.ETHERNET)).toBeUndefined();
    const arp = Buffer.from(ethernet(syn({ ...V4, port: 7000 })));
    arp.writeUInt16BE(0x0806, 12);
    expect(said(arp, LINKTYPE.ETHERNET)).toBeUndefined();
  });
});

describe("what stands before the transport", () => {
  const shapes4: readonly [string, IpShape][] = [
    ["four bytes of options", { options: Buffer.alloc(4, 1) }],
    ["forty bytes of options", { options: Buffer.alloc(40, 1) }],
    ["a first fragment's bit", { fragment: { offset: 0, more: true } }],
  ];
  it.each(shapes4)("in IPv4, %s is passed over", (_name, shape) => {
    expect(said(syn({ ...V4, port: 7000, ...shape }))).toBe(SYN4);
  });

  const all = [HEADER.HOP_BY_HOP, HEADER.ROUTING, HEADER.DESTINATION_OPTIONS];
  const shapes6: readonly [string, IpShape][] = [
    ["hop-by-hop options", { extensions: [HEADER.HOP_BY_HOP] }],
    ["a routing header", { extensions: [{ header: HEADER.ROUTING, bytes: 24 }] }],
    ["destination options", { extensions: [{ header: HEADER.DESTINATION_OPTIONS, bytes: 2048 }] }],
    ["a whole packet's fragment header", { fragment: { offset: 0, more: false } }],
    ["a first fragment", { extensions: all, fragment: { offset: 0, more: true } }],
    ["eight headers", { extensions: [...all, ...all, HEADER.ROUTING, HEADER.ROUTING] }],
  ];
  it.each(shapes6)("in IPv6, %s is passed over", (_name, shape) => {
    expect(said(syn({ ...V6, port: 7000, ...shape }))).toBe(SYN6);
  });

  it("counts in IPv6, but not in the size of an echo request", () => {
    const echo = echoRequest({ ...V6, bytes: 100, extensions: [HEADER.HOP_BY_HOP, HEADER.DESTINATION_OPTIONS] });
    expect(said(echo)).toBe("2001:db8::7 > 2001:db8::1 100/icmp 0");
    expect(said(echoRequest({ ...V4, bytes: 100, options: Buffer.alloc(12) }))).toBe(
      "192.0.2.7 > 198.51.100.1 100/icmp 0",
    );
  });

  it("may not be a chain of more than eight headers", () => {
    expect(said(syn({ ...V6, port: 7000, extensions: new Array<number>(9).fill(HEADER.ROUTING) }))).toBeUndefined();
    expect(said(syn({ ...V6, port: 7000, extensions: new Array<number>(150).fill(0) }))).toBeUndefined();
  });

  it("in a later fragment hides the ports", () => {
    for (const offset of [1, 185, 8191])
      for (const more of [true, false])
        for (const ends of [V4, V6])
          expect(said(syn({ ...ends, port: 7000, fragment: { offset, more } }))).toBeUndefined();
  });

  it("in a first fragment hides the size of an echo request", () => {
    for (const ends of [V4, V6])
      expect(said(echoRequest({ ...ends, bytes: 1472, fragment: { offset: 0, more: true } }))).toBeUndefined();
  });

  describe("where a datagram's payload lies", () => {
    const payload = Buffer.from("a payload");
    const payloadOf = (packet: Uint8Array, cut = 0) => {
      const bytes = ethernet(packet, { vlans: [1, 2] });
      const knock = emptyKnock();
      if (!decode({ ...frame(bytes), end: bytes.length - cut }, knock)) return undefined;
      return Buffer.from(bytes.subarray(knock.payloadStart, knock.payloadEnd)).toString();
    };

    it.each([
      ["IPv4", datagram({ ...V4, port: 9, payload })],
      ["IPv4 with options", datagram({ ...V4, port: 9, payload, options: Buffer.alloc(12, 1) })],
      ["IPv6", datagram({ ...V6, port: 9, payload })],
      ["IPv6 with extension headers", datagram({ ...V6, port: 9, payload, extensions: [0, 60] })],
      [
        "a shorter datagram than its packet",
        datagram({ ...V4, port: 9, payload: Buffer.concat([payload, payload]), saidUdpLength: 17 }),
      ],
    ])("is said for %s", (_name, packet) => {
      expect(payloadOf(packet)).toBe("a payload");
    });

    it.each([
      ["a first fragment", datagram({ ...V4, port: 9, payload, fragment: { offset: 0, more: true } }), 0],
      ["one that the capture cut short", datagram({ ...V4, port: 9, payload }), 1],
      ["a knock without any", datagram({ ...V4, port: 9 }), 0],
      ["tcp", syn({ ...V4, port: 9, payload }), 0],
    ])("is nowhere for %s", (_name, packet, cut) => {
      expect(payloadOf(packet, cut)).toBe("");
    });
  });

  it("lets a first fragment of a datagram say more than it holds", () => {
    const shape = { saidUdpLength: 4000, payload: Buffer.alloc(1000), fragment: { offset: 0, more: true } };
    expect(said(datagram({ ...V4, port: 8000, ...shape }))).toBe("192.0.2.7 > 198.51.100.1 8000/udp 0");
    expect(said(datagram({ ...V6, port: 8000, ...shape }))).toBe("2001:db8::7 > 2001:db8::1 8000/udp 0");
  });
});

describe("a lie about lengths", () => {
  const short = Buffer.alloc(4);
  it.each([
    ["IPv4 total below its header", syn({ ...V4, port: 7000, saidLength: 19 })],
    ["IPv4 total of nothing", syn({ ...V4, port: 7000, saidLength: 0 })],
    ["IPv4 total beyond the frame", syn({ ...V4, port: 7000, saidLength: 41 })],
    ["IPv4 total far beyond", syn({ ...V4, port: 7000, saidLength: 65535 })],
    ["IPv4 total within the TCP header", syn({ ...V4, port: 7000, saidLength: 39 })],
    ["IPv4 total of the header alone", syn({ ...V4, port: 7000, saidLength: 20 })],
    ["IPv6 payload beyond the frame", syn({ ...V6, port: 7000, saidLength: 21 })],
    ["IPv6 payload within the TCP header", syn({ ...V6, port: 7000, saidLength: 19 })],
    ["IPv6 payload of nothing", syn({ ...V6, port: 7000, saidLength: 0 })],
    ["IPv6 payload within an extension", syn({ ...V6, port: 7000, extensions: [HEADER.ROUTING], saidLength: 7 })],
    ["IPv6 payload of extensions alone", syn({ ...V6, port: 7000, extensions: [HEADER.ROUTING], saidLength: 8 })],
    ["UDP length below its header", datagram({ ...V4, port: 8000, saidUdpLength: 7 })],
    ["UDP length of nothing", datagram({ ...V4, port: 8000, saidUdpLength: 0 })],
    ["UDP length beyond the packet", datagram({ ...V6, port: 8000, payload: short, saidUdpLength: 13 })],
    ["IPv4 header of 16 bytes", edited(syn({ ...V4, port: 7000 }), 0, 0x44)],
    ["IPv4 header of nothing", edited(syn({ ...V4, port: 7000 }), 0, 0x40)],
    ["IPv4 header beyond the packet", edited(syn({ ...V4, port: 7000 }), 0, 0x4f)],
    ["TCP header of 16 bytes", edited(syn({ ...V4, port: 7000 }), 32, 0x40)],
    ["an extension beyond the packet", edited(syn({ ...V6, port: 7000, extensions: [HEADER.ROUTING] }), 41, 255)],
  ])("makes the packet say nothing: %s", (_name, packet) => {
    expect(said(packet)).toBeUndefined();
  });

  it("is none when the snap length cut the frame", () => {
    const packet = echoRequest({ ...V4, bytes: 1400 });
    const cut = { ...frame(packet.subarray(0, 60), LINKTYPE.RAW), wireLength: packet.length };
    expect(saidBy(cut)).toBe("192.0.2.7 > 198.51.100.1 1400/icmp 0");
    expect(saidBy({ ...cut, wireLength: packet.length - 1 })).toBeUndefined();
  });
});

function edited(packet: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt8(value, at);
  return copy;
}

describe("any bytes at all", () => {
  const rich: readonly [string, number, Uint8Array][] = [
    [
      "IPv4 options",
      LINKTYPE.ETHERNET,
      ethernet(syn({ ...V4, port: 7000, options: Buffer.alloc(8, 1) }), { vlans: [7, 8] }),
    ],
    [
      "IPv6 extensions",
      LINKTYPE.LINUX_SLL2,
      sll2(datagram({ ...V6, port: 8000, extensions: [0, 60], payload: Buffer.alloc(3) })),
    ],
    ["a fragment", LINKTYPE.RAW, syn({ ...V6, port: 7000, fragment: { offset: 0, more: true } })],
    ["an echo request", LINKTYPE.LINUX_SLL, sll(echoRequest({ ...V4, bytes: 30 }))],
    ["an IPv6 echo request", LINKTYPE.NULL, bsdNull(echoRequest({ ...V6, bytes: 30, extensions: [60] }))],
  ];

  it.each(rich)("that begin like a frame (%s) say the same knock or nothing", (_name, linkType, bytes) => {
    const line = said(bytes, linkType);
    expect(line).toBeDefined();
    for (let length = 0; length < bytes.length; length++) {
      const cut = frame(bytes.subarray(0, length), linkType);
      expect([line, undefined]).toContain(saidBy(cut));
      expect([line, undefined]).toContain(saidBy({ ...cut, wireLength: bytes.length }));
      // The rest of the buffer belongs to another frame, which must not complete this one.
      const foreign = Buffer.concat([bytes.subarray(0, length), Buffer.alloc(200, 0xff)]);
      expect([line, undefined]).toContain(
        saidBy({ ...frame(foreign, linkType), end: length, wireLength: bytes.length }),
      );
    }
  });

  const linkTypes = [...Object.values(LINKTYPE), DLT_RAW];

  function inRange(seen: Frame): void {
    const knock = emptyKnock();
    if (!decode(seen, knock)) return;
    expect(["tcp", "udp", "icmp"]).toContain(knock.protocol);
    expect(Number.isInteger(knock.port) && knock.port >= 0 && knock.port <= 65535).toBe(true);
    expect(knock.flags & ~0x3f).toBe(0);
    if (knock.protocol !== "tcp") expect(knock.flags).toBe(0);
  }

  it("never throw, and never say what no packet could", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...linkTypes),
        fc.nat(300),
        (bytes, linkType, wire) => {
          inRange({ ...frame(bytes, linkType), wireLength: wire });
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("never throw where a real frame was changed in a few places", () => {
    const change = fc.record({ at: fc.nat(120), value: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.constantFrom(...rich),
        fc.array(change, { maxLength: 6 }),
        fc.nat(200),
        (each, changes, length) => {
          const bytes = Uint8Array.from(each[2]);
          for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
          inRange(frame(bytes.subarray(0, length), each[1]));
        },
      ),
      { numRuns: 3000 },
    );
  });
});
