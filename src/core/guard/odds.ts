// The odds: how many packets the best known scan needs to open a door by its sequence, calculated. docs/odds.md explains it.
import type { Door } from "../door.ts";
import { ICMP_SIZE_MAX, PORT_MAX, type Port, portKey } from "../port.ts";
import { FIRST_SYN, type FlagRule } from "../tcp-flags.ts";
import { favouriteOf } from "./favourites.ts";
import { blockWidth, hearsAnswers, LINUX_OUTGOING, ringFor, UNPRIVILEGED_MIN, type WidthClass } from "./guard.ts";
import { sizeOf } from "./ranges.ts";

export interface Odds {
  /** Binary logarithm of the packets that the best known scan needs on average, its author knowing this source. */
  readonly bits: number;
  /** Steps that a dictionary has. */
  readonly favourites: readonly Port[];
  /** All steps are neighbours, or as far from each other as the ones before, by a round number. */
  readonly pattern: "neighbours" | "even" | undefined;
}

/** Below this a sequence is weak: three hours of 100,000 packets a second. */
export const WEAK_BITS = 30;

/** How many attempts of one source at one door go on at a time. */
export const ATTEMPTS_A_SOURCE_MAX = 4;

/** What whoever assumes even distances tries: 1 to 16, and round ones. */
const EVEN_GAPS = 64;

/**
 * A scan is a row of packets, and each of them may be the first step: one in `choices`. What follows that packet opens the door
 * only if the first port that it meets of each later step's block is the step (one in `width`, whatever it tries, since the
 * step lies anywhere in it), and the steps are met in their order. So no scan has better odds than
 *
 *     order / (choices of the first step * width of the second step's block * width of the third's * ...)
 *
 * a packet. A scan whose ports are a block's width apart comes close to that.
 */
export function oddsOf({ sequence, tcpflags }: Pick<Door, "sequence" | "tcpflags">, widthClass: WidthClass): Odds {
  const steps = distinct(sequence);
  const [first, ...later] = steps;
  if (first === undefined) return { bits: 0, favourites: [], pattern: undefined };
  const favourites = steps.filter((step) => favouriteOf(step) !== undefined);
  const firstBits = Math.log2(choicesOf(first));
  const laterBits = later.map((step, index) =>
    Math.log2(worthOf(step, { sequence, tcpflags, widthClass, before: steps.slice(0, index + 1) })),
  );
  const order = isMonotonic(steps) ? 1 : orderOdds(later);
  const bits = firstBits + laterBits.reduce((sum, each) => sum + each, 0) - Math.log2(order);
  const pattern = patternOf(steps);
  const patternBits = firstBits + Math.log2((pattern === "even" ? EVEN_GAPS : 1) * steps.length);
  return { bits: pattern === undefined ? bits : Math.min(bits, patternBits), favourites, pattern };
}

/**
 * The odds of random steps of these protocols, for the table: those that `knockd suggest` chooses, in no order that a scan could
 * expect. Who may open another door knows nothing more.
 */
export function randomOdds(protocols: readonly Port["protocol"][], widthClass: WidthClass, known = 0): number {
  // Far apart, of no dictionary, and up and down.
  const sequence = protocols.map((protocol, index): Port => {
    const number =
      protocol === "icmp"
        ? [731, 206, 1253, 473, 987, 61][index]
        : [21_347, 9_283, 62_917, 15_391, 28_463, 5_179][index];
    return { protocol, number: number ?? 1 };
  });
  const rest = sequence.slice(known);
  const widths = rest.slice(1).map((step) => Math.log2(blockWidth(sequence, step, widthClass)));
  const [first] = rest;
  if (first === undefined) return 0;
  return (
    Math.log2(choicesOf(first)) + widths.reduce((sum, each) => sum + each, 0) - Math.log2(orderOdds(rest.slice(1)))
  );
}

/** How many packets that is, for people: `some 9,000`, `2^41`. */
export function packetsText(bits: number): string {
  if (bits >= 20) return `2^${Math.floor(bits)}`;
  const packets = 2 ** bits;
  const unit = 10 ** Math.floor(Math.log10(packets));
  return `some ${(Math.floor(packets / unit) * unit).toLocaleString("en-US")}`;
}

/** How long that takes at 100,000 packets a second: `3 hours`, `127 days`, `89 years`. */
export function timeText(bits: number): string {
  const seconds = 2 ** bits / PACKETS_PER_SECOND;
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ["second", 1];
  const count = Math.floor(seconds / length);
  if (count < 1) return "less than a second";
  return `${count.toLocaleString("en-US")} ${unit}${count === 1 ? "" : "s"}`;
}

const PACKETS_PER_SECOND = 100_000;
const UNITS: readonly [string, number][] = [
  ["year", 31_557_600],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** Out of how many a step is one. */
function choicesOf(step: Port): number {
  return favouriteOf(step) ?? choicesAround(step);
}

function choicesAround({ protocol, number }: Port): number {
  if (protocol === "icmp") return ICMP_SIZE_MAX + 1;
  if (number < UNPRIVILEGED_MIN) return UNPRIVILEGED_MIN - 1;
  const all = PORT_MAX - UNPRIVILEGED_MIN + 1;
  return protocol === "udp"
    ? Math.min(all, sizeOf(ringFor({ protocol, number }, true, LINUX_OUTGOING) ?? [])) || all
    : all;
}

interface Around {
  readonly sequence: readonly Port[];
  readonly tcpflags: FlagRule;
  readonly widthClass: WidthClass;
  /** The steps before, which a scan has met already. */
  readonly before: readonly Port[];
}

/** One in how many odds a scan meets a later step before its guards. */
function worthOf(step: Port, { sequence, tcpflags, widthClass, before }: Around): number {
  const guarded = ringFor(step, hearsAnswers(tcpflags), LINUX_OUTGOING) !== undefined;
  const width = guarded ? blockWidth(sequence, step, widthClass) : 1;
  const choices = choicesAround(step);
  // Where a dictionary has few ports in the block, it does not meet the guards either.
  const favourite = favouriteOf(step);
  const inBlock = favourite === undefined ? width : (width * favourite) / choices;
  // Whoever expects a step near one that they have looks there alone.
  const gaps = before
    .filter(({ protocol }) => protocol === step.protocol)
    .map((one) => Math.abs(one.number - step.number));
  return Math.max(1, Math.min(inBlock, choices, ...gaps.map((gap) => 2 * gap)));
}

/**
 * The odds that steps met at random times are met in order. A step that comes too early costs the oldest attempt, so whoever
 * sends each port several times has attempts to spare, and pays for them with packets. Of two protocols a scan may try the one
 * before the other: only within each the order is open.
 */
export function orderOdds(later: readonly Port[]): number {
  const counts = ["tcp", "udp", "icmp"].map((name) => later.filter(({ protocol }) => protocol === name).length);
  // The i-th step of a protocol comes behind all before it in one of i orders, whatever those did.
  const early = counts.flatMap((count) => Array.from({ length: count }, (_, index) => 1 - 1 / (index + 1)));
  let exactly = [1];
  for (const odds of early) {
    const longer = [...exactly, 0];
    exactly = longer.map((each, count) => each * (1 - odds) + (longer[count - 1] ?? 0) * odds);
  }
  let best = 0;
  let upTo = 0;
  for (let attempts = 1; attempts <= ATTEMPTS_A_SOURCE_MAX; attempts++) {
    upTo += exactly[attempts - 1] ?? 0;
    best = Math.max(best, upTo / attempts);
  }
  return best;
}

function patternOf(steps: readonly Port[]): Odds["pattern"] {
  const gaps = steps.slice(1).map(({ number }, index) => number - (steps[index]?.number ?? 0));
  const [gap] = gaps;
  if (gap === undefined) return undefined;
  if (gaps.every((each) => Math.abs(each) <= 1)) return "neighbours";
  if (gaps.length < 2 || !gaps.every((each) => each === gap)) return undefined;
  return Math.abs(gap) <= 16 || gap % 100 === 0 || favouriteOf({ protocol: "tcp", number: Math.abs(gap) }) === 128
    ? "even"
    : undefined;
}

/** Scans go up or down, so such an order is worth nothing. */
function isMonotonic(steps: readonly Port[]): boolean {
  const gaps = steps.slice(1).map(({ number }, index) => number - (steps[index]?.number ?? 0));
  return gaps.every((gap) => gap > 0) || gaps.every((gap) => gap < 0);
}

function distinct(sequence: readonly Port[]): Port[] {
  return [...new Map(sequence.map((step) => [portKey(step.protocol, step.number), step])).values()];
}

/** Of a sequence that is not in a door yet. */
export function oddsOfSequence(sequence: readonly Port[], widthClass: WidthClass): Odds {
  return oddsOf({ sequence, tcpflags: FIRST_SYN }, widthClass);
}
