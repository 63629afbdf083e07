import { describe, expect, it } from "vitest";
import { AddressSet, formatAddress, parseAddress } from "../../../src/core/address.ts";
import { LINKTYPE } from "../../../src/core/capture/pcap.ts";
import { decode } from "../../../src/core/decode.ts";
import { emptyKnock } from "../../../src/core/frame.ts";
import { OnceMemory } from "../../../src/core/once.ts";
import { PacketMatcher } from "../../../src/core/spa/packet-matcher.ts";
import { doorsOf } from "../../support/doors.ts";
import { datagram, ethernet, frame, type IpShape } from "../../support/frames.ts";
import { key, packet } from "../../support/spa-packets.ts";

const NOW_MS = 1_800_000_000_500;
const OWN = "198.51.100.1";
const DOORS = doorsOf(`
doors:
  ssh: { spa: true, open: 22/tcp }
  far: { spa: true, open: 2222/tcp, target: 198.51.100.9 }
`);

interface SeeOptions {
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  readonly atMs?: number;
  readonly shape?: IpShape;
}

class Bench {
  readonly said: string[] = [];
  readonly replays = new OnceMemory(3, 0);
  readonly packets: PacketMatcher;
  readonly #local = new AddressSet([OWN].flatMap((text) => parseAddress(text) ?? []));

  constructor(keys = [key({ doors: ["ssh", "far"] })]) {
    let sender = "";
    this.packets = new PacketMatcher({
      usedPackets: this.replays,
      report: {
        begins: ({ source }) => {
          sender = formatAddress(source);
          return false;
        },
        found: (finding) => {
          const said =
            finding.what === "refused"
              ? finding.refusal.reason
              : `${finding.key}: ${finding.earned.map(({ door }) => door.name)}`;
          this.said.push(`${sender} ${said}`);
        },
        dropped: () => {},
        ends: () => {},
        timedOut: () => {},
      },
    });
    this.packets.apply({ keys, spaPort: 62_201, spaMaxAgeMs: 120_000, doors: DOORS });
  }

  /** What it earns, such as `ssh 192.0.2.7`. */
  see(
    text: string,
    { from = "192.0.2.7", to = OWN, port = 62_201, atMs = NOW_MS, shape = {} }: SeeOptions = {},
  ): string[] {
    const knock = emptyKnock();
    const bytes = ethernet(datagram({ from, to, port, payload: Buffer.from(text, "latin1"), ...shape }), {
      vlans: [7],
    });
    // Frames stand somewhere in a larger buffer.
    const buffer = Buffer.concat([Buffer.alloc(999, 0x41), bytes, Buffer.alloc(99, 0x41)]);
    const seen = {
      ...frame(buffer, LINKTYPE.ETHERNET, atMs),
      start: 999,
      end: 999 + bytes.length,
      wireLength: bytes.length,
    };
    if (!decode(seen, knock)) throw new Error("not decoded");
    return this.packets.accept(seen, knock, this.#local, atMs).map(({ door, ip }) => `${door.name} ${ip}`);
  }
}

const good = (options = {}) => packet({ nowS: NOW_MS / 1000, ...options });

describe("a signed packet", () => {
  it("earns its door once, wherever it comes from again", () => {
    const bench = new Bench();
    const text = good();
    expect(bench.see(text)).toEqual(["ssh 192.0.2.7"]);
    expect(bench.see(text)).toEqual([]);
    expect(bench.see(text, { from: "192.0.2.8" })).toEqual([]);
    expect(bench.see(good())).toEqual(["ssh 192.0.2.7"]);
    expect(bench.said).toEqual([
      "192.0.2.7 alice: ssh",
      "192.0.2.7 replay",
      "192.0.2.8 replay",
      "192.0.2.7 alice: ssh",
    ]);
  });

  it("that was sent on from elsewhere first is still good: a stranger cannot spoil it", () => {
    const bench = new Bench();
    const text = good();
    expect(bench.see(text, { from: "192.0.2.8" })).toEqual([]);
    expect(bench.see(text)).toEqual(["ssh 192.0.2.7"]);
    expect(bench.said).toEqual(["192.0.2.8 address", "192.0.2.7 alice: ssh"]);
  });

  it("is looked for on its port alone, at this machine's addresses or a door's target", () => {
    const bench = new Bench();
    expect(bench.see(good(), { port: 62_202 })).toEqual([]);
    expect(bench.see(good(), { to: "198.51.100.2" })).toEqual([]);
    expect(bench.said).toEqual([]);
    expect(bench.see(good({ message: "192.0.2.7,tcp/2222" }), { to: "198.51.100.9" })).toEqual(["far 192.0.2.7"]);
    expect(bench.see(good(), { to: "198.51.100.9" })).toEqual([]);
    expect(bench.see(good({ message: "192.0.2.7,tcp/2222" }))).toEqual([]);
    expect(bench.said.slice(1)).toEqual(["192.0.2.7 port", "192.0.2.7 port"]);
  });

  it("is taken as a whole or not at all", () => {
    const bench = new Bench();
    expect(bench.see(good(), { shape: { fragment: { offset: 0, more: true } } })).toEqual([]);
    expect(bench.said).toEqual(["192.0.2.7 malformed"]);
  });

  it("comes by IPv6 too, where the key opens for the sender", () => {
    const bench = new Bench([key({ source: "sender" })]);
    const local = { from: "2001:db8::7", to: "2001:db8::1" };
    expect(bench.see(good(), local)).toEqual([]);
    expect(bench.said).toEqual([]);
  });

  it("is nothing without keys, and nothing is said of it", () => {
    const bench = new Bench([]);
    expect(bench.see(good())).toEqual([]);
    expect(bench.said).toEqual([]);
  });

  it("is refused when too many were used, or when it may have been one that is forgotten", () => {
    const bench = new Bench();
    for (let count = 0; count < 3; count++) expect(bench.see(good())).toEqual(["ssh 192.0.2.7"]);
    expect(bench.see(good())).toEqual([]);
    const [, second] = [new Bench(), new Bench()];
    second.replays.raiseFloor(NOW_MS - 500);
    expect(second.see(good())).toEqual([]);
    expect(second.see(good({ nowS: NOW_MS / 1000 + 1 }))).toEqual(["ssh 192.0.2.7"]);
    expect([bench.said.at(-1), second.said[0]]).toEqual(["192.0.2.7 memory-full", "192.0.2.7 forgotten"]);
  });

  it("that is refused is not remembered", () => {
    const bench = new Bench();
    for (let count = 0; count < 5; count++) bench.see(good({ message: "192.0.2.7,tcp/23" }));
    expect(bench.replays.size).toBe(0);
  });
});

describe("a flood", () => {
  const others = Array.from({ length: 60 }, (_, index) =>
    key({ name: `k${index}`, hmacKey: Buffer.alloc(64, index + 9) }),
  );

  it("of signatures is cut off at its budget for the second, and the next second has its own", () => {
    const bench = new Bench([...others, key()]);
    const wrong = good({ hmacKey: Buffer.alloc(64, 200) });
    // 150,000 tries, 61 keys.
    for (let count = 0; count < 2459; count++) bench.see(wrong);
    expect(new Set(bench.said)).toEqual(new Set(["192.0.2.7 no-key"]));
    expect(bench.see(good())).toEqual([]);
    expect(bench.said.at(-1)).toBe("192.0.2.7 busy");
    expect(bench.see(good(), { atMs: NOW_MS + 1 })).toEqual(["ssh 192.0.2.7"]);
    // A clock that goes back gives nothing, and takes nothing for ever.
    for (let count = 0; count < 2459; count++) bench.see(wrong, { atMs: NOW_MS - 5000 });
    expect(bench.see(good(), { atMs: NOW_MS - 4000 })).toEqual(["ssh 192.0.2.7"]);
  });

  it("of other lengths costs no try", () => {
    const bench = new Bench([...others, key()]);
    for (let count = 0; count < 3000; count++) bench.see("9".repeat(205));
    expect(new Set(bench.said)).toEqual(new Set(["192.0.2.7 malformed"]));
    expect(bench.see(good())).toEqual(["ssh 192.0.2.7"]);
  });
});
