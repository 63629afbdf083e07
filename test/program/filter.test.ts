// The filter as real libpcap compiles and runs it: tcpdump reads files of packets, and what it prints is what passes.

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filterFor, packetFilterFor, withVlan } from "../../src/core/capture/filter.ts";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import { UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import { type Protocol, parsePort, portKey } from "../../src/core/port.ts";
import { ANY_FLAGS, FIRST_SYN, type FlagRule, parseFlags } from "../../src/core/tcp-flags.ts";
import { watchlistFor } from "../../src/core/watchlist.ts";
import { door } from "../support/doors.ts";
import {
  bsdNull,
  datagram,
  echoRequest,
  ethernet,
  HEADER,
  ip,
  PROTOCOL,
  pcap,
  sll,
  sll2,
  syn,
  TCP,
} from "../support/frames.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const V4 = { from: "192.0.2.7", to: "198.51.100.1" };
const V6 = { from: "2001:db8::7", to: "2001:db8::1" };
const ICMP_SIZE_MAX = 1472;
const KERNEL_INSTRUCTIONS_MAX = 4096;

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

/** The expression goes through a file, as no argument may be longer than 128 KiB. */
async function tcpdump(expression: string, ...args: string[]): Promise<string> {
  const argv = ["tcpdump", "-n", "-tt", ...args, "-F", scratch.write("expression", expression)];
  const running = new Running(argv, { env: { ...process.env, TZ: "UTC" } });
  expect(await running.ended(), running.stderr).toBe(0);
  return running.stdout;
}

/** The indexes of the frames that pass. */
async function passing(expression: string, frames: readonly Uint8Array[], linkType: number): Promise<Set<number>> {
  // A second apart, so that the time that tcpdump prints is the frame's index.
  const printed = await tcpdump(expression, "-r", scratch.write("frames.pcap", pcap(frames, linkType, 0, 1000)));
  return new Set([...printed.matchAll(/^(\d+)\.\d+ /gm)].map(([, index]) => Number(index)));
}

/** libpcap compiles a filter each time that a capture starts, and nobody hears knocks meanwhile: it may not take long. */
async function instructions(expression: string): Promise<number> {
  const ethernetFile = scratch.write("ethernet.pcap", pcap([], LINKTYPE.ETHERNET));
  return Number((await tcpdump(expression, "-r", ethernetFile, "-ddd")).split("\n")[0]);
}

interface Packet {
  readonly bytes: Buffer;
  readonly watched: boolean;
  readonly name: string;
}

/** Packets at each watched port and beside it, in both families, with flags of all kinds. */
function packetsAround(watched: ReadonlySet<number>, { mask, value }: FlagRule): Packet[] {
  const numbers = new Set([...watched].flatMap((key) => [(key & 0xffff) - 1, key & 0xffff, (key & 0xffff) + 1]));
  const packets: Packet[] = [];
  for (const number of numbers) {
    if (number < 0 || number > 65535) continue;
    for (const ends of [V4, V6]) {
      const family = ends === V4 ? "IPv4" : "IPv6";
      for (const flags of [TCP.SYN, TCP.SYN | TCP.ACK, TCP.ACK, TCP.FIN | TCP.URG, 0, 0x3f]) {
        packets.push({
          bytes: syn({ ...ends, port: number, flags }),
          watched: watched.has(portKey("tcp", number)) && ((flags & mask) === value || (flags & TCP.ACK) === 0),
          name: `${family} ${number}/tcp, flags ${flags}`,
        });
      }
      packets.push({
        bytes: datagram({ ...ends, port: number, payload: Buffer.alloc(number % 7) }),
        watched: watched.has(portKey("udp", number)),
        name: `${family} ${number}/udp`,
      });
      if (number > ICMP_SIZE_MAX) continue;
      packets.push({
        bytes: echoRequest({ ...ends, bytes: number }),
        watched: watched.has(portKey("icmp", number)),
        name: `${family} ${number}/icmp`,
      });
      packets.push({ bytes: echoRequest({ ...ends, bytes: number, type: 0 }), watched: false, name: "echo reply" });
    }
  }
  return packets;
}

function namesOf(packets: readonly Packet[]): string[] {
  return packets.map(({ name }) => name);
}

describe("the filter", () => {
  const anyKey = fc
    .tuple(fc.constantFrom<Protocol>("tcp", "udp", "icmp"), fc.oneof(fc.integer({ min: 1, max: 40 }), fc.nat(65535)))
    .map(([protocol, number]) => portKey(protocol, protocol === "icmp" ? number % (ICMP_SIZE_MAX + 1) : number));
  const anyKeys = fc.uniqueArray(anyKey, { minLength: 1, maxLength: 12 }).map((keys) => new Set(keys));
  const anyFlags = fc.constantFrom("any", "syn", "syn,!ack", "!rst", "fin,urg,!syn", "ack,psh").map(parseFlags);

  const links: readonly [string, number, (packet: Uint8Array) => Uint8Array, (filter: string) => string][] = [
    ["Ethernet", LINKTYPE.ETHERNET, (packet) => ethernet(packet), withVlan],
    ["Linux cooked", LINKTYPE.LINUX_SLL, sll, (filter) => filter],
    ["Linux cooked, version 2", LINKTYPE.LINUX_SLL2, sll2, (filter) => filter],
    ["raw", LINKTYPE.RAW, (packet) => packet, (filter) => filter],
    ["BSD null", LINKTYPE.NULL, (packet) => bsdNull(packet), (filter) => filter],
  ];
  it.each(links)("lets through exactly what is watched: %s", async (_name, linkType, wrap, adapt) => {
    await fc.assert(
      fc.asyncProperty(anyKeys, anyFlags, async (watched, flags) => {
        const packets = packetsAround(watched, flags);
        const frames = packets.map(({ bytes }) => wrap(bytes));
        const passed = await passing(adapt(filterFor([{ keys: watched, flags }])), frames, linkType);
        expect(namesOf(packets.filter((_packet, index) => passed.has(index)))).toEqual(
          namesOf(packets.filter((packet) => packet.watched)),
        );
      }),
      { numRuns: 12 },
    );
  });

  it("sees ports behind IPv4 options, and none in later fragments", async () => {
    const watched = new Set([portKey("tcp", 7000), portKey("udp", 7000), portKey("icmp", 100)]);
    const options = Buffer.alloc(12, 1);
    const later = { offset: 10, more: true };
    const packets = [
      syn({ ...V4, port: 7000, options }),
      datagram({ ...V4, port: 7000, options }),
      echoRequest({ ...V4, bytes: 100, options }),
      syn({ ...V4, port: 7000, fragment: { offset: 0, more: true } }),
      syn({ ...V4, port: 7000, fragment: later }),
      datagram({ ...V4, port: 7000, fragment: later }),
      echoRequest({ ...V4, bytes: 100, fragment: later }),
    ];
    expect(await passing(filterFor([{ keys: watched, flags: FIRST_SYN }]), packets, LINKTYPE.RAW)).toEqual(
      new Set([0, 1, 2, 3]),
    );
  });

  it("lets every unicast packet with IPv6 extension headers through, since it cannot look behind them", async () => {
    const toAll = { from: V6.from, to: "ff02::16" };
    const packets = [
      ...Object.values(HEADER).map((header) => syn({ ...V6, port: 9, extensions: [header] })),
      ...Object.values(HEADER).map((header) => syn({ ...toAll, port: 9, extensions: [header] })),
      syn({ ...V6, port: 9 }),
      ip(59, Buffer.alloc(8), V6),
      ip(PROTOCOL.TCP, Buffer.alloc(20), V4),
    ];
    const expression = filterFor([{ keys: new Set([portKey("udp", 7000)]), flags: FIRST_SYN }]);
    expect(await passing(expression, packets, LINKTYPE.RAW)).toEqual(new Set([0, 1, 2, 3]));
  });

  it.each([0x8100, 0x88a8, 0x9100])("lets IP behind two VLAN tags (%i) through, whatever it is", async (tagType) => {
    const packets = [syn({ ...V4, port: 9 }), syn({ ...V6, port: 9 }), datagram({ ...V4, port: 9 })];
    // Linux has taken the outer tag off when BPF looks.
    const frames = packets.map((packet) => ethernet(packet, { vlans: [42], tagType }));
    const expression = filterFor([{ keys: new Set([portKey("udp", 7000)]), flags: FIRST_SYN }]);
    expect(await passing(withVlan(expression), frames, LINKTYPE.ETHERNET)).toEqual(new Set([0, 1, 2]));
    expect(await passing(expression, frames, LINKTYPE.ETHERNET)).toEqual(new Set());
  });

  describe("for signed packets", () => {
    const only = packetFilterFor(62_201);
    const spa = { ...V4, port: 62_201 };
    const text = (characters: number, first = "8") => Buffer.from(first.padEnd(characters, "A"));

    it.each([
      ["IPv4", V4, {}],
      ["IPv4 with options", V4, { options: Buffer.alloc(8, 1) }],
      ["IPv6", V6, {}],
    ])("lets those through over %s that have their length and their first character", async (_name, ends, shape) => {
      const packets = [
        ...[139, 140, 1500, 1501].map((characters) => text(characters)),
        ..."89+/7:,.AU\0 ".split("").map((first) => text(204, first)),
        Buffer.alloc(0),
      ].map((payload) => datagram({ ...ends, port: 62_201, payload, ...shape }));
      expect(await passing(only, packets, LINKTYPE.RAW)).toEqual(new Set([1, 2, 4, 5, 6, 7]));
    });

    it("lets nothing else through: other ports, tcp, later fragments", async () => {
      const packets = [
        datagram({ ...spa, port: 62_202, payload: text(204) }),
        datagram({ ...V4, port: 9, sourcePort: 62_201, payload: text(204) }),
        syn({ ...V4, port: 62_201, payload: text(204) }),
        datagram({ ...spa, payload: text(204), fragment: { offset: 9, more: false } }),
      ];
      expect(await passing(only, packets, LINKTYPE.RAW)).toEqual(new Set());
    });

    it("leaves the program short", async () => {
      expect(await instructions(withVlan(only))).toBeLessThan(120);
    });
  });

  it("does not take the destination for the source", async () => {
    const expression = filterFor([{ keys: new Set([portKey("tcp", 7000), portKey("udp", 7000)]), flags: ANY_FLAGS }]);
    const packets = [
      syn({ ...V4, port: 9, sourcePort: 7000 }),
      syn({ ...V6, port: 9, sourcePort: 7000 }),
      datagram({ ...V4, port: 9, sourcePort: 7000 }),
    ];
    expect(await passing(expression, packets, LINKTYPE.RAW)).toEqual(new Set());
  });

  it("lets nothing through where nothing is watched, and libpcap takes it", async () => {
    const packets = packetsAround(new Set([portKey("tcp", 7000)]), ANY_FLAGS).map(({ bytes }) => bytes);
    const nothing = filterFor([{ keys: new Set(), flags: FIRST_SYN }]);
    expect(await passing(nothing, packets, LINKTYPE.RAW)).toEqual(new Set());
    const frames = packets.map((packet) => ethernet(packet));
    expect(await passing(withVlan(nothing), frames, LINKTYPE.ETHERNET)).toEqual(new Set());
  });

  it("asks of each group of doors only what these ask of TCP", async () => {
    const strict = { keys: new Set([portKey("tcp", 7000)]), flags: FIRST_SYN };
    const loose = { keys: new Set([portKey("tcp", 9000)]), flags: ANY_FLAGS };
    const packets = [V4, V6].flatMap((ends) =>
      [7000, 9000].flatMap((port) => [syn({ ...ends, port }), syn({ ...ends, port, flags: TCP.ACK })]),
    );
    expect(await passing(filterFor([strict, loose]), packets, LINKTYPE.RAW)).toEqual(new Set([0, 2, 3, 4, 6, 7]));
  });

  it("lets no more than is watched through for up to 64 scattered ports", async () => {
    const watched = new Set(Array.from({ length: 64 }, (_each, index) => portKey("udp", 1000 + index * 12)));
    const packets = Array.from({ length: 800 }, (_each, index) => datagram({ ...V4, port: 999 + index }));
    const passed = await passing(filterFor([{ keys: watched, flags: FIRST_SYN }]), packets, LINKTYPE.RAW);
    expect([...passed].map((index) => 999 + index).filter((port) => !watched.has(portKey("udp", port)))).toEqual([]);
    expect(passed.size).toBe(64);
  });

  it("joins the closest ports when there are more, and still lets all of them through", async () => {
    // Pairs two apart, far from the next pair: 64 pairs are 128 ranges, of which 64 are left.
    const numbers = Array.from({ length: 64 }, (_each, index) => [1000 + index * 50, 1002 + index * 50]).flat();
    const watched = new Set(numbers.map((number) => portKey("tcp", number)));
    const filter = filterFor([{ keys: watched, flags: FIRST_SYN }]);
    const packets = numbers.flatMap((port) => [syn({ ...V4, port }), syn({ ...V6, port })]);
    expect((await passing(filter, packets, LINKTYPE.RAW)).size).toBe(packets.length);
    // The gaps within pairs are closed first.
    expect(await passing(filter, [syn({ ...V4, port: 1001 }), syn({ ...V4, port: 999 })], LINKTYPE.RAW)).toEqual(
      new Set([0]),
    );
  });

  it("lets all ports through when all are watched", async () => {
    const watched = new Set(Array.from({ length: 65_535 }, (_each, index) => portKey("tcp", index + 1)));
    const packets = [0, 1, 2, 32_768, 65_534, 65_535].map((port) => syn({ ...V4, port }));
    expect(await passing(filterFor([{ keys: watched, flags: ANY_FLAGS }]), packets, LINKTYPE.RAW)).toEqual(
      new Set([1, 2, 3, 4, 5]),
    );
  });

  it.each([
    [10, "tcp and udp", (index: number) => `${1500 + index * 61},${2500 + index * 1201}/udp,${3500 + index * 907}`],
    [
      50,
      "all protocols",
      (index: number) => `${1500 + index * 61},${2500 + index * 1201}/udp,${(index * 29) % 1400}/icmp`,
    ],
    [
      1000,
      "tcp",
      (index: number) => `${1500 + index * 61},${((index * 7919) % 65_000) + 1},${((index * 104_729) % 65_000) + 1}`,
    ],
    [
      1000,
      "all protocols",
      (index: number) => `${1500 + index * 61},${((index * 7919) % 65_000) + 1}/udp,${(index * 29) % 1400}/icmp`,
    ],
  ])("fits into the kernel with %i doors of %s and their guards", async (count, _protocols, sequenceOf) => {
    const base = door();
    const doors = Array.from({ length: count }, (_each, index) => ({
      ...base,
      name: `door-${index}`,
      sequence: sequenceOf(index).split(",").map(parsePort),
    }));
    const [knocks] = watchlistFor(doors, true, UNTOUCHED_GROUND, [1, 2, 3, 4]).searches;
    expect(await instructions(withVlan(knocks?.filter ?? ""))).toBeLessThan(KERNEL_INSTRUCTIONS_MAX);
  });

  it("fits into the kernel with as many ranges of every protocol as it ever has", async () => {
    const keys = Array.from({ length: 700 }, (_each, index) => [
      portKey("tcp", 3 + index * 90),
      portKey("udp", 7 + index * 90),
      portKey("icmp", (index * 2) % 1473),
    ]).flat();
    const groups = [FIRST_SYN, ANY_FLAGS].map((flags) => ({ keys: new Set(keys), flags }));
    expect(await instructions(withVlan(filterFor(groups)))).toBeLessThan(KERNEL_INSTRUCTIONS_MAX);
  });
});
