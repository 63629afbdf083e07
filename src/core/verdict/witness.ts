// Puts together what one knock did to all doors, when somebody looks on, with hindsight of the knocks before; while nobody
// does, it costs one question a knock.
import { type Address, formatAddress } from "../address.ts";
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import { formatPort } from "../port.ts";
import type { DropReason, Report, TimedOut, Watched } from "../report.ts";
import type { PacketFinding } from "../spa/packet-finding.ts";
import { FIRST_SYN, formatFlags } from "../tcp-flags.ts";
import type { CodeFinding } from "../totp/code-finding.ts";
import { codeTimedOut, codeVerdict } from "./code-verdicts.ts";
import { atStage, cameFrom } from "./hindsight.ts";
import { SequenceVerdicts } from "./sequence-verdicts.ts";
import { Trails } from "./trails.ts";
import type { Finding, FindingLog, Observer, SeenKnock, Sighting, Verdict } from "./verdict.ts";
import { compareVerdicts } from "./verdict-words.ts";

/** The knock that is being told about. */
export interface Present {
  readonly knock: Knock;
  readonly seen: SeenKnock;
  readonly source: string;
  /** Not the answer to, or the rest of, something else. */
  readonly isFirst: boolean;
  readonly nowMs: number;
  /** Of a packet. */
  spa?: NonNullable<Sighting["spa"]>;
}

export type IsOpen = (door: Door, ip: string) => boolean;

export class Witness implements Report<Finding> {
  readonly #log: FindingLog;
  readonly #observer: Observer;
  readonly #isOpen: IsOpen;
  readonly #trails = new Trails();
  readonly #sequences: SequenceVerdicts;
  /** By door name. BOUNDED: by the doors. */
  readonly #verdicts = new Map<string, Verdict>();
  #knock: Knock | undefined;
  /** Undefined while nobody looks on. */
  #present: Present | undefined;

  /** All goes on to `log`. `isOpen` says whether an address has a door open already. */
  constructor(log: FindingLog, observer: Observer, isOpen: IsOpen) {
    this.#log = log;
    this.#observer = observer;
    this.#isOpen = isOpen;
    this.#sequences = new SequenceVerdicts(this.#trails, this.#verdicts, isOpen);
  }

  begins(knock: Knock, watched: Watched, nowMs: number): boolean {
    this.#knock = knock;
    const isWatched = this.#observer.wants(knock.source, nowMs);
    if (isWatched) {
      this.#verdicts.clear();
      this.#present = presentOf(knock, watched, nowMs);
    }
    return isWatched || this.#log.wantsAll;
  }

  found(finding: Finding): void {
    if (this.#knock !== undefined) this.#log.found(finding, this.#knock);
    const present = this.#present;
    if (present === undefined) return;
    switch (finding.way) {
      case "sequence":
        return this.#sequences.found(finding, present);
      case "packet":
        return this.#packet(finding, present);
      case "code":
        return this.#code(finding, present);
    }
  }

  dropped(reason: DropReason): void {
    this.#log.dropped(reason);
  }

  ends(): void {
    this.#knock = undefined;
    const present = this.#present;
    this.#present = undefined;
    if (present === undefined) return;
    const { source, seen: knock, isFirst, spa } = present;
    const isNews = this.#verdicts.size > 0 || spa !== undefined || (isFirst && knock.watched === "guard");
    if (!isNews) return;
    const verdicts = [...this.#verdicts.values()].sort(compareVerdicts);
    this.#observer.tell({ source, knock, agoMs: 0, ...(spa === undefined ? {} : { spa }), verdicts });
  }

  /** Comes with a knock that is too late, and also without any. */
  timedOut(attempt: TimedOut, nowMs: number): void {
    this.#log.timedOut(attempt);
    const { way, door, source, stage, ageMs } = attempt;
    if (way === "sequence" && this.#present !== undefined) return this.#sequences.tooSlow(attempt);
    if (!this.#observer.wants(source, nowMs)) return;
    this.#tellTimeout(source, ageMs - door.seqTimeoutMs, this.#timeoutVerdict(attempt, stage, nowMs));
  }

  /** A packet to a port that nobody watches: worth a word only in the middle of a knock, which it may have been meant for. */
  passedBy(knock: Knock, nowMs: number): void {
    const { source, seen, isFirst } = presentOf(knock, "nobody", nowMs);
    const trails = isFirst ? this.#trails.underWay(knock.source, seen.destination, nowMs) : [];
    if (trails.length === 0 || !this.#observer.wants(knock.source, nowMs)) return;
    const verdicts = trails.map(({ door, stage }) => ({ outcome: "unwatched" as const, ...atStage(door, stage) }));
    this.#observer.tell({ source, knock: seen, agoMs: 0, verdicts });
  }

  #beginsAnew({ outcome, door }: Verdict): boolean {
    return outcome === "advanced" && this.#verdicts.get(door)?.outcome === "wrong-port";
  }

  #code(finding: CodeFinding, present: Present): void {
    const verdict = codeVerdict(finding, present, this.#isOpen);
    // The pair that ended an attempt may begin the next: what it ended says so.
    if (verdict !== undefined && !this.#beginsAnew(verdict)) this.#verdicts.set(verdict.door, verdict);
  }

  #packet(finding: PacketFinding, present: Present): void {
    if (finding.what === "refused") {
      present.spa = finding.refusal;
      return;
    }
    present.spa = { key: finding.key };
    for (const { door, ip } of finding.earned)
      this.#verdicts.set(door.name, { outcome: this.#isOpen(door, ip) ? "extended" : "opened", door: door.name });
  }

  #timeoutVerdict({ way, door, source }: TimedOut, stage: number, nowMs: number): Verdict {
    if (way === "code") return codeTimedOut(door, stage);
    const came = cameFrom(this.#trails.of(door, source, nowMs), this.#trails);
    return { outcome: "timed-out", ...atStage(door, stage), limitMs: door.seqTimeoutMs, ...came };
  }

  #tellTimeout(source: Address, agoMs: number, verdict: Verdict): void {
    this.#observer.tell({ source: formatAddress(source), agoMs, verdicts: [verdict] });
  }
}

function presentOf(knock: Knock, watched: Watched, nowMs: number): Present {
  const isFirst = knock.protocol !== "tcp" || (knock.flags & FIRST_SYN.mask) === FIRST_SYN.value;
  return { knock, seen: seenKnock(knock, watched), source: formatAddress(knock.source), isFirst, nowMs };
}

function seenKnock({ destination, protocol, port, flags }: Knock, watched: Watched): SeenKnock {
  return {
    destination: formatAddress(destination),
    port: formatPort({ protocol, number: port }),
    ...(protocol === "tcp" ? { flags: formatFlags(flags) } : {}),
    watched,
  };
}
