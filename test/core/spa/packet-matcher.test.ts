import { describe, expect, it } from "vitest";
import { AddressSet, formatAddress, parseAddress } from "../../../src/core/address.ts";
import { LINKTYPE } from "../../../src/core/capture/pcap.ts";
import { decode } from "../../../src/core/decode.ts";
import { emptyKnock } from "../../../src/core/frame.ts";
import { OnceMemory } from "../../../src/core/once.ts";
import { DirectOpener, type Opener, type SealedPacket } from "../../../src/core/spa/opener.ts";
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
  readonly opener: Opener;
  readonly earned: string[] = [];
  readonly #local = new AddressSet([OWN].flatMap((text) => parseAddress(text) ?? []));

  constructor(keys = [key({ doors: ["ssh", "far"] })], opener: Opener = new DirectOpener()) {
    let sender = "";
    this.opener = opener;
    this.packets = new PacketMatcher({
      opener,
      seed: 42,
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
    const before = this.earned.length;
    this.packets.see({ frame: seen, knock, local: this.#local, nowMs: atMs }, ({ door, ip }) =>
      this.earned.push(`${door.name} ${ip}`),
    );
    // Frame and knock are the capture's: what comes next overwrites them.
    buffer.fill(0);
    Object.assign(knock, { source: knock.source.fill(7), destination: knock.destination.fill(7), port: 1 });
    return this.earned.slice(before);
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

/** Answers when it is told to: as a thread does. */
class LateOpener extends DirectOpener {
  readonly waiting: SealedPacket[] = [];

  override open(packet: SealedPacket): void {
    this.waiting.push(packet);
  }

  answer(nowMs = NOW_MS, order = (packets: SealedPacket[]) => packets): void {
    for (const packet of order(this.waiting.splice(0))) super.open(packet, nowMs);
  }
}

it("signed packets have a capture of their own", () => {
  expect(new Bench().packets.capture).toBe("packets");
});

describe("a packet whose keys are tried beside the path", () => {
  const late = () => {
    const opener = new LateOpener();
    return { bench: new Bench(undefined, opener), opener };
  };

  it("earns its door once it is opened, whatever has come meanwhile", () => {
    const { bench, opener } = late();
    bench.see(good());
    bench.see(good({ message: "192.0.2.9,tcp/22" }), { from: "192.0.2.9" });
    expect([bench.earned, bench.said]).toEqual([[], []]);
    opener.answer();
    expect(bench.earned).toEqual(["ssh 192.0.2.7", "ssh 192.0.2.9"]);
    expect(bench.said).toEqual(["192.0.2.7 alice: ssh", "192.0.2.9 alice: ssh"]);
  });

  it("earns it once, though two copies were tried side by side, in whatever order", () => {
    for (const order of [(all: SealedPacket[]) => all, (all: SealedPacket[]) => all.reverse()]) {
      const { bench, opener } = late();
      const text = good();
      bench.see(text);
      bench.see(text);
      opener.answer(NOW_MS, order);
      expect(bench.earned).toEqual(["ssh 192.0.2.7"]);
      expect(bench.said.sort()).toEqual(["192.0.2.7 alice: ssh", "192.0.2.7 replay"]);
    }
  });

  it("grows no older while it waits", () => {
    const { bench, opener } = late();
    bench.see(good({ nowS: NOW_MS / 1000 - 119 }));
    opener.answer(NOW_MS + 60_000);
    expect(bench.earned).toEqual(["ssh 192.0.2.7"]);
  });

  it("is judged by the doors of the moment at which it is opened", () => {
    const { bench, opener } = late();
    bench.see(good());
    bench.packets.apply({
      keys: [key()],
      spaPort: 62_201,
      spaMaxAgeMs: 120_000,
      doors: doorsOf("doors: { other: { spa: true, open: 23/tcp } }"),
    });
    opener.answer();
    expect(bench.said).toEqual(["192.0.2.7 port"]);
  });
});

describe("a sender", () => {
  const others = Array.from({ length: 60 }, (_, index) =>
    key({ name: `k${index}`, hmacKey: Buffer.alloc(64, index + 9) }),
  );
  const wrong = () => good({ hmacKey: Buffer.alloc(64, 200) });
  const lanes = (bench: Bench, opener: LateOpener, text: string, from: string, atMs = NOW_MS) => {
    bench.see(text, { from, atMs });
    const [lane] = opener.waiting.map((packet) => packet.lane);
    opener.answer(atMs);
    return lane;
  };

  it("whose packet has opened a door is known from then on, and so is its network", () => {
    const opener = new LateOpener();
    const bench = new Bench([...others, key()], opener);
    expect(lanes(bench, opener, wrong(), "192.0.2.200")).toBe("fresh");
    expect(lanes(bench, opener, good(), "192.0.2.7")).toBe("fresh");
    expect(lanes(bench, opener, good(), "192.0.2.7")).toBe("known");
    expect(lanes(bench, opener, wrong(), "192.0.2.200")).toBe("known");
    expect(lanes(bench, opener, wrong(), "192.0.3.7")).toBe("fresh");
  });

  it("whose packet opened nothing comes last for a minute; one that was never tried does not", () => {
    const opener = new LateOpener();
    const bench = new Bench([...others, key()], opener);
    expect(lanes(bench, opener, wrong(), "192.0.2.7")).toBe("fresh");
    expect(lanes(bench, opener, wrong(), "192.0.2.7")).toBe("failed");
    expect(lanes(bench, opener, wrong(), "192.0.2.7", NOW_MS + 60_001)).toBe("fresh");
    bench.see(wrong(), { from: "192.0.2.8" });
    opener.waiting.pop()?.told({ reason: "busy" }, NOW_MS);
    expect(lanes(bench, opener, wrong(), "192.0.2.8")).toBe("fresh");
  });

  it("of garbage takes no place among those that wait", () => {
    const opener = new LateOpener();
    const bench = new Bench([...others, key()], opener);
    for (const text of ["9".repeat(205), "!".repeat(204), good().replace(/^./, "A")]) bench.see(text);
    expect(opener.waiting).toEqual([]);
    expect(new Set(bench.said)).toEqual(new Set(["192.0.2.7 malformed"]));
  });
});
