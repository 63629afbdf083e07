// Guard ports: ports that only a scanner touches. A touch ends all attempts of its source at that door. Each step lies at a
// random place inside a block of guards of its own, and nothing marks where; what that is worth is in odds.ts.
import type { Door } from "../door.ts";
import { ICMP_SIZE_MAX, PORT_MAX, type Port, portKey } from "../port.ts";
import { tagText } from "../spa/crypto.ts";
import type { FlagRule } from "../tcp-flags.ts";
import { lastPort } from "../totp/totp.ts";
import { indexIn, joined, type Range, rangesOf, ringSlice, sizeOf } from "./ranges.ts";

/** 128 secret bits that decide where the blocks lie. */
export type GuardSecret = readonly [number, number, number, number];

/** `none`: guards are off. `narrow`: the config has so many steps that blocks of full width would take most ports. */
export type WidthClass = "wide" | "narrow" | "none";

/** What this machine says: facts that no door decides. */
export interface Ground {
  /** Port keys that something listens on, or that are led on from here. */
  readonly inUse: ReadonlySet<number>;
  /** Where the machine's own connections leave from, and answers arrive. */
  readonly outgoing: Range;
}

export const LINUX_OUTGOING: Range = { from: 32_768, to: 60_999 };
export const UNTOUCHED_GROUND: Ground = { inUse: new Set(), outgoing: LINUX_OUTGOING };

/** More steps than this in all, and blocks are narrow. */
export const WIDE_STEPS_MAX = 12;
/** What a door whose sequences lie in a file counts for: its present one says nothing about the next. */
const ONE_TIME_STEPS = 4;

/**
 * Ports of the blocks of one door together: a tenth of all. The first step's own guards stop no scan that knows them, since
 * whatever follows keeps out of their way, so nearly all of them stand around the others.
 */
const BUDGET = 6400;
const FIRST_WIDTH = 128;
const WIDTH_MAX = 3200;
const NARROW = 4;
/** Of the sizes of echo requests a quarter is watched: there are few, and an honest ping has one of a handful. */
const SIZES_SHARE = 17;

/** Below this a stray connection may be somebody's mistake, not a scan. */
export const UNPRIVILEGED_MIN = 1024;
/** BOUNDED: guards of a door that step aside for what listens. Whoever listens everywhere would take all of them away. */
export const ASIDE_MAX = 64;

/** What people send to any host without meaning a scan: old names and web, mail, time, files; sizes of ordinary pings. */
const EVERYDAY_PORTS = [
  20, 21, 22, 23, 25, 53, 67, 68, 69, 80, 88, 110, 111, 123, 135, 137, 138, 139, 143, 161, 389, 443, 445, 465, 500, 514,
  515, 548, 554, 587, 631, 636, 853, 873, 993, 995,
];
const EVERYDAY_SIZES = [0, 8, 32, 48, 56, 64, 1472];
const EVERYDAY: ReadonlySet<number> = new Set([
  ...EVERYDAY_PORTS.flatMap((port) => [portKey("tcp", port), portKey("udp", port)]),
  ...EVERYDAY_SIZES.map((size) => portKey("icmp", size)),
]);

const SYN_BIT = 0x02;
const ACK_BIT = 0x10;

/** All that guards one door. */
export class DoorGuards {
  /** Sorted pairs of first and last port key. */
  readonly #ends: Int32Array;
  /** The same with the holes in them. */
  readonly blocks: readonly Range[];
  /** How many listening ports keep their guard, since too many asked it to step aside. */
  readonly crowded: number;

  constructor(ranges: readonly Range[], blocks = ranges, crowded = 0) {
    this.blocks = blocks;
    this.#ends = Int32Array.from(ranges.flatMap(({ from, to }) => [from, to]));
    this.crowded = crowded;
  }

  static of(keys: Iterable<number>): DoorGuards {
    return new DoorGuards(rangesOf(keys));
  }

  /** A binary search. */
  has(key: number): boolean {
    let low = 0;
    let high = this.#ends.length >>> 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (key > (this.#ends[middle * 2 + 1] ?? 0)) low = middle + 1;
      else high = middle;
    }
    return key >= (this.#ends[low * 2] ?? Number.POSITIVE_INFINITY);
  }

  /** Of port keys, in ascending order. */
  ranges(): Range[] {
    return Array.from({ length: this.#ends.length >>> 1 }, (_, index) => ({
      from: this.#ends[index * 2] ?? 0,
      to: this.#ends[index * 2 + 1] ?? 0,
    }));
  }
}

export const NO_GUARDS = new DoorGuards([]);

/** The one thing about other doors that the guards of a door depend on. */
export function widthClassOf(doors: readonly Door[], scanGuard: boolean): WidthClass {
  if (!scanGuard) return "none";
  const counts = doors.map((door) => (door.oneTimeSequences === undefined ? door.sequence.length : ONE_TIME_STEPS));
  return counts.reduce((sum, count) => sum + count, 0) > WIDE_STEPS_MAX ? "narrow" : "wide";
}

/** How many ports the block of this step has, itself included. */
export function blockWidth(sequence: readonly Port[], step: Port, widthClass: WidthClass): number {
  if (widthClass === "none") return 1;
  const keys = new Set(sequence.map(({ protocol, number }) => portKey(protocol, number)));
  const [first] = keys;
  const isFirst = first === portKey(step.protocol, step.number);
  const full = isFirst ? FIRST_WIDTH : Math.min(WIDTH_MAX, Math.floor(BUDGET / (keys.size - 1)));
  const width = widthClass === "narrow" ? Math.floor(full / NARROW) : full;
  return step.protocol === "icmp" ? Math.max(2, Math.floor(width / SIZES_SHARE)) : width;
}

/** The guards of one door: they depend on this door, the secret, the machine and the class, and on no other door. */
export function guardsOf(door: Door, widthClass: WidthClass, ground: Ground, secret: GuardSecret): DoorGuards {
  // One step is an opening at once: there is no attempt that a guard could end.
  if (widthClass === "none" || door.sequence.length < 2) return NO_GUARDS;
  const own = new Set([...door.sequence, ...door.open].map(({ protocol, number }) => portKey(protocol, number)));
  const blocks = joined(door.sequence.flatMap((step) => blockOf(door, step, widthClass, ground.outgoing, secret)));
  const guards: number[] = [];
  let aside = 0;
  for (const { from, to } of blocks) {
    for (let key = from; key <= to; key++) {
      if (own.has(key) || EVERYDAY.has(key) || isOfCode(door, key)) continue;
      if (ground.inUse.has(key) && aside++ < ASIDE_MAX) continue;
      guards.push(key);
    }
  }
  return new DoorGuards(rangesOf(guards), blocks, Math.max(0, aside - ASIDE_MAX));
}

/** The port keys of a step's block, the step among them. A port that stands twice in a sequence has one block. */
function blockOf(
  { name, sequence, tcpflags }: Door,
  step: Port,
  widthClass: WidthClass,
  outgoing: Range,
  secret: GuardSecret,
): Range[] {
  const ring = ringFor(step, hearsAnswers(tcpflags), outgoing);
  if (ring === undefined) return [];
  const width = Math.min(blockWidth(sequence, step, widthClass), sizeOf(ring));
  const label = `${name}\0${step.protocol}\0${step.number}`;
  const start = indexIn(ring, step.number) - Math.floor(fraction(secret, label) * width);
  const base = portKey(step.protocol, 0);
  return ringSlice(ring, start, width).map(({ from, to }) => ({ from: base + from, to: base + to }));
}

/**
 * The ports among which a block may lie, as a ring: at an end it would be shorter, and a scan would begin there. Undefined: a
 * step among the ports where answers arrive has no guards, or each answer would be captured.
 */
export function ringFor({ protocol, number }: Port, answered: boolean, outgoing: Range): Range[] | undefined {
  if (protocol === "icmp") return [{ from: 0, to: ICMP_SIZE_MAX }];
  const first = number < UNPRIVILEGED_MIN ? 1 : UNPRIVILEGED_MIN;
  const all = [{ from: first, to: PORT_MAX }];
  if (protocol === "tcp" && !answered) return all;
  const ring = [
    { from: first, to: outgoing.from - 1 },
    { from: outgoing.to + 1, to: PORT_MAX },
  ].filter(({ from, to }) => from <= to);
  // Some machines connect from everywhere: then guards are worth the answers that are captured.
  if (sizeOf(ring) < PORT_MAX / 4) return all;
  return number >= outgoing.from && number <= outgoing.to ? undefined : ring;
}

/** Whether the packets of connections that this machine has begun pass the rule, as they come back. */
export function hearsAnswers({ mask, value }: FlagRule): boolean {
  const wantsSyn = (value & SYN_BIT) !== 0;
  const refusesAck = (mask & ACK_BIT) !== 0 && (value & ACK_BIT) === 0;
  return !wantsSyn && !refusesAck;
}

/** A sequence may be followed by a code, which is no scan. */
function isOfCode({ totp }: Door, key: number): boolean {
  if (totp === undefined) return false;
  return key >= portKey("tcp", totp.firstPort) && key <= portKey("tcp", lastPort(totp.firstPort, totp.digits));
}

/** 0 to 1, of the secret and the label: whoever learns some learns nothing of the others. */
function fraction(secret: GuardSecret, label: string): number {
  const key = new Uint8Array(Int32Array.from(secret).buffer);
  return Buffer.from(tagText("sha256", key, label), "base64").readUInt32BE(0) / 2 ** 32;
}
