// The whole path without a network: frames in, commands and firewall out, a clock moved by hand. Its language of knocks:
//
//   S7000            a TCP SYN to port 7000, of a connection of its own; also A F R SA PA FPU and none (`null7000`)
//   =S7000           the last such packet once more: a retransmission
//   ~A7000           another packet of the connection that the last packet to this port came from
//   U7000  I100      a UDP datagram; an echo request with 100 data bytes
//   Y:S7000          from another source than X: X and Y are IPv4, X6 and Y6 IPv6 addresses
//   S7000>second     to another destination than the interface's own address
//   +0.6             0.6 seconds pass
import { vi } from "vitest";
import { AddressSet, parseAddress } from "../../src/core/address.ts";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import type { Config } from "../../src/core/config/config.ts";
import type { Command } from "../../src/core/door.ts";
import { Grants } from "../../src/core/grant.ts";
import { UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import type { KeySecrets } from "../../src/core/spa/key.ts";
import { DirectOpener, type Opener } from "../../src/core/spa/opener.ts";
import { commandText } from "../../src/core/text/words.ts";
import { Daemon } from "../../src/daemon/daemon.ts";
import type { CommandResult } from "../../src/io/command.ts";
import { Tracers } from "../../src/io/control/tracers.ts";
import { config, type DoorOptions } from "./doors.ts";
import { datagram, echoRequest, ethernet, frame, syn, TCP } from "./frames.ts";
import { MemoryLedger } from "./memory-ledger.ts";
import { memoryLog } from "./memory-log.ts";
import { MemoryReplays } from "./memory-replays.ts";
import { readingOf } from "./prometheus.ts";
import { RecordingFirewall } from "./recording-firewall.ts";

export const SOURCES: Record<string, string> = {
  X: "192.0.2.7",
  Y: "192.0.2.8",
  X6: "2001:db8::7",
  Y6: "2001:db8::8",
};
export const DESTINATIONS: Record<string, string> = {
  own: "198.51.100.1",
  second: "198.51.100.2",
  foreign: "10.99.0.77",
};
/** Of every door with totp: the one of RFC 6238's appendix B. */
export const CODE_SECRET = Uint8Array.from(Buffer.from("12345678901234567890"));
const IPV4_SOURCE = 12;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const OWN_IPV6 = "2001:db8::1";
const FLAGS: Record<string, number> = { F: TCP.FIN, S: TCP.SYN, R: TCP.RST, P: TCP.PSH, A: TCP.ACK, U: TCP.URG };

export interface RanCommand {
  readonly atMs: number;
  readonly text: string;
  readonly variables: Readonly<Record<string, string>>;
}

export class Rig {
  readonly firewall: RecordingFirewall;
  readonly log: ReturnType<typeof memoryLog>;
  readonly tracers = new Tracers();
  /** In the order they ran. */
  readonly commands: RanCommand[] = [];
  /** How each command goes, and how long it takes. */
  result: CommandResult = { outcome: "done" };
  commandMs = 0;
  onCommand: () => void = () => {};
  filter = "";
  /** Addresses of the interface. */
  local = addresses("own", "second");
  readonly ledger: MemoryLedger;
  readonly replays = new MemoryReplays();
  readonly usedCodes = new MemoryReplays();
  /** The secrets of each key of the config. */
  secrets: KeySecrets = { key: Buffer.alloc(32, 1), hmacKey: Buffer.alloc(64, 2) };
  /** What reading the key files ends with. */
  keyFailure: Error | undefined;
  readonly daemon: Daemon;
  /** Port keys that somebody on this machine uses. */
  inUse: ReadonlySet<number> = new Set();

  /** A ledger and a firewall that are handed on make this the next run, after a crash. */
  constructor(
    config: Config,
    ledger = new MemoryLedger(),
    firewall = new RecordingFirewall(),
    log = memoryLog(),
    grants = new Grants(),
    opener: Opener = new DirectOpener(),
  ) {
    this.log = log;
    this.ledger = ledger;
    this.firewall = firewall;
    this.daemon = new Daemon(
      config,
      {
        log: this.log.log,
        firewall,
        ledger,
        boot: ledger.boot,
        runCommand: (command, variables) => this.#run(command, variables),
        watch: (_interfaces, searches) => {
          this.filter = searches.map(({ filter }) => filter).join(" or ");
        },
        opener,
        ground: async () => ({ ...UNTOUCHED_GROUND, inUse: this.inUse }),
        guardSecret: [1, 2, 3, 4],
        observer: this.tracers,
        usedPackets: this.replays,
        usedCodes: this.usedCodes,
        readCodeSecrets: (doors) => {
          if (this.keyFailure !== undefined) throw this.keyFailure;
          return new Map(doors.flatMap(({ name, totp }) => (totp === undefined ? [] : [[name, CODE_SECRET]])));
        },
        readKeys: (rules) => {
          if (this.keyFailure !== undefined) throw this.keyFailure;
          return rules.map((rule) => ({ ...rule, ...this.secrets }));
        },
      },
      grants,
    );
  }

  /** Plays a line of knocks, and lets what they set off come to its end. */
  async play(line: string): Promise<void> {
    for (const word of line.split(/\s+/).filter((text) => text !== "")) {
      if (word.startsWith("+")) await pass(Number(word.slice(1)) * 1000);
      else this.see(packetOf(word));
    }
    await pass(0);
  }

  /** One knock from any IPv4 address. */
  seeFrom(ip: string, word: string): void {
    const packet = packetOf(word);
    packet.set(ip.split(".").map(Number), IPV4_SOURCE);
    this.see(packet);
  }

  see(packet: Uint8Array): void {
    this.daemon.see(frame(ethernet(packet), LINKTYPE.ETHERNET, Date.now()), this.local);
  }

  /** The metrics, such as `knockd_openings_total{door="ssh"}`. */
  reading(series: string): number | undefined {
    return readingOf(this.daemon.metrics({ version: "1", startedMs: 0, captures: [] }), series);
  }

  get ran(): string[] {
    return this.commands.map(({ text }) => text);
  }

  async #run(command: Command, variables: RanCommand["variables"]): Promise<CommandResult> {
    this.onCommand();
    this.commands.push({ atMs: performance.now(), text: commandText(command), variables });
    const { result, commandMs } = this;
    if (commandMs > 0) await new Promise((resolve) => setTimeout(resolve, commandMs));
    return result;
  }
}

/** A daemon of these doors that has started. */
export async function startRig(doors: readonly DoorOptions[], options = {}): Promise<Rig> {
  const rig = new Rig(config(doors, options));
  await rig.daemon.start();
  return rig;
}

export function addresses(...names: string[]): AddressSet {
  const texts = [...names.map((name) => DESTINATIONS[name] ?? name), OWN_IPV6];
  return new AddressSet(texts.flatMap((text) => parseAddress(text) ?? []));
}

/** Moves the clock; what is due happens. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Call in beforeEach. */
export function stopClock(): void {
  const timers = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
  vi.useFakeTimers({ toFake: [...timers, "Date", "performance", "hrtime"] });
}

/** BOUNDED: by the words that a test file plays. A flood plays few of them, many thousand times. */
const packets = new Map<string, Buffer>();

/** One word of the language above. */
export function packetOf(word: string): Buffer {
  const [, who = "", mark = "", rest = ""] = /^(\w+:)?([=~]?)(.*)$/.exec(word) ?? [];
  const plain = `${who}${rest}`;
  const made = packets.get(plain) ?? makePacket(plain);
  packets.set(plain, made);
  const packet = Buffer.from(made);
  if (!/^[UI]\d/.test(rest)) ofConnection(packet, connectionOf(plain.replace(/(null|[A-Z]+)(?=\d)/, ""), mark));
  return packet;
}

interface Connection {
  readonly sourcePort: number;
  readonly sequence: number;
}

/** Where the connections of a source come from: a new port each, as a real client's do. */
let connections = 0;
/** Of the last packet of each source to each port. BOUNDED: as the words are. */
const lastPackets = new Map<string, Connection>();

function connectionOf(place: string, mark: string): Connection {
  const last = lastPackets.get(place);
  if (mark !== "" && last === undefined) throw new Error(`nothing was sent before: ${mark} ${place}`);
  if (mark === "=" && last !== undefined) return last;
  connections++;
  const sourcePort = mark === "~" && last !== undefined ? last.sourcePort : 32_768 + (connections % 28_000);
  const present = { sourcePort, sequence: Math.imul(connections, 0x9e3779b1) >>> 0 };
  lastPackets.set(place, present);
  return present;
}

function ofConnection(packet: Buffer, { sourcePort, sequence }: Connection): void {
  const transport = (packet[0] ?? 0) >>> 4 === 6 ? IPV6_BYTES : IPV4_BYTES;
  packet.writeUInt16BE(sourcePort, transport);
  packet.writeUInt32BE(sequence, transport + 4);
}

function makePacket(word: string): Buffer {
  const [, who = "X", kind = "", port = "", where] = /^(?:(\w+):)?(null|[A-Z]+)(\d+)(?:>(\w+))?$/.exec(word) ?? [];
  const from = SOURCES[who];
  if (from === undefined || port === "") throw new Error(`not a knock: ${word}`);
  const to = from.includes(":") ? OWN_IPV6 : (DESTINATIONS[where ?? "own"] ?? "");
  const number = Number(port);
  if (kind === "U") return datagram({ from, to, port: number });
  if (kind === "I") return echoRequest({ from, to, bytes: number });
  return syn({ from, to, port: number, flags: kind === "null" ? 0 : flagsOf(kind) });
}

function flagsOf(letters: string): number {
  return [...letters].reduce((bits, letter) => bits | (FLAGS[letter] ?? 0), 0);
}
