// The judge: which doors a packet earns, by whichever way. The daemon and `knockd explain` ask the same one.
import type { Address } from "./address.ts";
import type { Door } from "./door.ts";
import { isNobodys } from "./nobody.ts";
import type { Report, SequenceFinding } from "./report.ts";
import { SequenceMatcher } from "./sequence/sequence-matcher.ts";
import type { SequenceRules } from "./sequence/sequence-watch.ts";
import type { Opener } from "./spa/opener.ts";
import type { PacketFinding } from "./spa/packet-finding.ts";
import { PacketMatcher, type PacketRules, type UsedPackets } from "./spa/packet-matcher.ts";
import type { CodeFinding } from "./totp/code-finding.ts";
import { CodeMatcher, type CodeRules } from "./totp/code-matcher.ts";
import type { UsedCodes } from "./totp/judge-code.ts";
import type { Attempt, Earn, Earned, Seen, Way } from "./way.ts";

/** What is judged by: the doors, and what is not in the config file itself. */
export interface Rules extends SequenceRules, PacketRules, CodeRules {}

/** What the ways work with. */
export interface WayTools {
  readonly report: Report<SequenceFinding | PacketFinding | CodeFinding>;
  readonly usedPackets: UsedPackets;
  readonly usedCodes: UsedCodes;
  /** Tries the keys of signed packets. */
  readonly opener: Opener;
  /** A secret number: who knew it could choose sources that slow us down. */
  readonly seed: number;
  /** BOUNDED: attempts of each way; a power of two. */
  readonly attemptsMax?: number;
}

/**
 * The ways to earn a door, in the order in which they see a packet. A further one is its folder, and a line here; what is said
 * of its findings has a branch in verdict/witness.ts and io/log/finding-log.ts.
 */
export const WAYS: readonly ((tools: WayTools) => Way<Rules>)[] = [
  (tools) => new SequenceMatcher(tools),
  (tools) => new CodeMatcher(tools),
  (tools) => new PacketMatcher(tools),
];

export class Judge {
  readonly #ways: readonly Way<Rules>[];
  /** BOUNDED: by the ways. */
  readonly #paths: { readonly way: Way<Rules>; readonly earn: Earn }[];

  /** `earn` hears of each door that is earned, once it is earned wholly. */
  constructor(tools: WayTools, earn: (earned: Earned) => void, ways = WAYS) {
    this.#ways = ways.map((make) => make(tools));
    this.#paths = this.#ways.map((way) => ({
      way,
      earn: (earned, source, nowMs) => {
        // What is half earned is not earned.
        if (!this.#isHalf(way, earned.door, source, nowMs)) earn(earned);
      },
    }));
  }

  apply(rules: Rules): void {
    for (const way of this.#ways) way.apply(rules);
  }

  /** The path of every packet. */
  see(seen: Seen): void {
    // Not by any way: nobody could use what it opened, and whoever forged it would have filled a place.
    if (isNobodys(seen)) return;
    const { capture } = seen;
    for (const { way, earn } of this.#paths)
      if (capture === undefined || capture === (way.capture ?? "knocks")) way.see(seen, earn);
  }

  sweep(nowMs: number): void {
    for (const way of this.#ways) way.sweep(nowMs);
  }

  get attempts(): number {
    return sum(this.#ways.map(({ attempts = 0 }) => attempts));
  }

  get forgotten(): number {
    return sum(this.#ways.map(({ forgotten = 0 }) => forgotten));
  }

  underWay(count: number, nowMs: number): Attempt[] {
    return this.#ways.flatMap((way) => way.underWay?.(count, nowMs) ?? []).slice(0, count);
  }

  #isHalf(done: Way<Rules>, door: Door, source: Address, nowMs: number): boolean {
    return this.#ways.some((way) => way !== done && way.follows?.(door, source, nowMs) === true);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
