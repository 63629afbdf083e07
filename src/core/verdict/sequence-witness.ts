// Puts together what one knock did to all doors, when somebody looks on; while nobody does, it costs one question a knock.
import { type Address, formatAddress } from "../address.ts";
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import { type AttemptReport, DEAF, type Deafness, type MatchReport } from "../match-report.ts";
import { formatPort } from "../port.ts";
import { FIRST_SYN, formatFlags } from "../tcp-flags.ts";
import { pairPorts } from "../totp/totp.ts";
import { atStage, cameFrom, stepBehind, whyAstray, whyDeaf } from "./hindsight.ts";
import { type Trail, Trails } from "./trails.ts";
import type { Observer, SeenKnock, Verdict } from "./verdict.ts";
import { compareVerdicts } from "./verdict-words.ts";

/** The knock that is being told about. */
interface Present {
  readonly source: string;
  readonly knock: SeenKnock;
  /** Not the answer to, or the rest of, something else. */
  readonly isFirst: boolean;
  readonly nowMs: number;
}

export class Witness implements MatchReport {
  readonly #log: AttemptReport;
  readonly #observer: Observer;
  readonly #isOpen: (door: Door, ip: string) => boolean;
  readonly #trails = new Trails();
  /** By door name. BOUNDED: by the doors. */
  readonly #verdicts = new Map<string, Verdict>();
  /** Undefined while nobody wants to hear of it. */
  #present: Present | undefined;

  /** What becomes of attempts goes on to `log`. `isOpen` says whether an address has a door open already. */
  constructor(log: AttemptReport, observer: Observer, isOpen: (door: Door, ip: string) => boolean) {
    this.#log = log;
    this.#observer = observer;
    this.#isOpen = isOpen;
  }

  begins(knock: Knock, guard: boolean, nowMs: number): boolean {
    if (!this.#observer.wants(knock.source, nowMs)) return false;
    this.#verdicts.clear();
    this.#present = presentOf(knock, guard ? "guard" : "step", nowMs);
    return true;
  }

  stage(door: Door, source: Address, stage: number): void {
    this.#log.stage(door, source, stage);
    const present = this.#present;
    if (present === undefined) return;
    const trail = stage === 1 ? this.#begin(door, source, present) : this.#trailOf(door, source, present);
    trail.stage = stage;
    trail.ended = stage < door.sequence.length ? undefined : "opened";
    if (trail.ended === undefined) return this.#advanced(door, stage);
    if (door.totp?.afterSequence === true) {
      return this.#say({ outcome: "code-next", door: door.name, expected: pairPorts(door.totp.firstPort, 0) });
    }
    this.#say({ outcome: this.#isOpen(door, present.source) ? "extended" : "opened", door: door.name });
  }

  repeat(door: Door, source: Address, stage: number): void {
    if (this.#present === undefined) return;
    this.#trailOf(door, source, this.#present);
    this.#say({ outcome: "repeated", ...atStage(door, stage) });
  }

  wrong(door: Door, source: Address, knock: Knock, stage: number): void {
    this.#log.wrong(door, source, knock, stage);
    if (this.#present === undefined) return;
    const step = stepBehind(stage, door, knock);
    const trail = this.#end(door, source, this.#present, stage, step);
    const facts = { ...atStage(door, stage), anew: false };
    if (step === undefined) this.#say({ outcome: "wrong-port", ...facts });
    else this.#say({ outcome: "step-missing", ...facts, step, ...cameFrom(trail, this.#trails) });
  }

  guard(door: Door, source: Address, knock: Knock, stage: number): void {
    this.#log.guard(door, source, knock, stage);
    if (this.#present === undefined) return;
    this.#end(door, source, this.#present, stage, undefined);
    this.#say({ outcome: "guard", ...atStage(door, stage), anew: false });
  }

  /** Comes with a knock that is too late, and also without any. */
  timeout(door: Door, source: Address, stage: number, ageMs: number, nowMs: number): void {
    this.#log.timeout(door, source, stage, ageMs, nowMs);
    const limitMs = door.seqTimeoutMs;
    const facts = atStage(door, stage);
    if (this.#present !== undefined)
      return this.#say({ outcome: "too-slow", ...facts, elapsedMs: ageMs, limitMs, anew: false });
    if (!this.#observer.wants(source, nowMs)) return;
    const came = cameFrom(this.#trails.of(door, source, nowMs), this.#trails);
    const verdict: Verdict = { outcome: "timed-out", ...facts, limitMs, ...came };
    this.#observer.tell({ source: formatAddress(source), agoMs: ageMs - limitMs, verdicts: [verdict] });
  }

  deaf(door: Door, knock: Knock, why: Deafness, deafUntilMs: number): void {
    if (this.#present === undefined || this.#verdicts.has(door.name)) return;
    const { nowMs } = this.#present;
    // The rest of a connection that began with a good knock (its ACK, its FIN) is no news.
    const trail = why === DEAF.FLAGS ? this.#trails.of(door, knock.source, nowMs) : undefined;
    if (trail !== undefined && (stepBehind(0, door, knock) ?? 0) <= trail.stage) return;
    this.#say(whyDeaf(door, knock, why, deafUntilMs - nowMs));
  }

  astray(door: Door, knock: Knock): void {
    const step = stepBehind(1, door, knock);
    if (this.#present === undefined || step === undefined || this.#verdicts.has(door.name)) return;
    const trail = this.#trailOf(door, knock.source, this.#present);
    trail.strayStep = step;
    this.#say(whyAstray(step, trail, this.#trails, this.#present.nowMs));
  }

  ends(): void {
    const present = this.#present;
    this.#present = undefined;
    if (present === undefined) return;
    const { source, knock, isFirst } = present;
    if (this.#verdicts.size === 0 && !(isFirst && knock.watched === "guard")) return;
    this.#observer.tell({ source, knock, agoMs: 0, verdicts: [...this.#verdicts.values()].sort(compareVerdicts) });
  }

  /** A packet to a port that nobody watches: worth a word only in the middle of a knock, which it may have been meant for. */
  passedBy(knock: Knock, nowMs: number): void {
    const { source, knock: seen, isFirst } = presentOf(knock, "nobody", nowMs);
    const trails = isFirst ? this.#trails.underWay(knock.source, seen.destination, nowMs) : [];
    if (trails.length === 0 || !this.#observer.wants(knock.source, nowMs)) return;
    const verdicts = trails.map(({ door, stage }) => ({ outcome: "unwatched" as const, ...atStage(door, stage) }));
    this.#observer.tell({ source, knock: seen, agoMs: 0, verdicts });
  }

  #say(verdict: Verdict): void {
    this.#verdicts.set(verdict.door, verdict);
  }

  /** The knock that ended an attempt may begin the next. */
  #advanced(door: Door, stage: number): void {
    const ended = this.#verdicts.get(door.name);
    if (ended !== undefined && "anew" in ended) this.#say({ ...ended, anew: true });
    else this.#say({ outcome: "advanced", ...atStage(door, stage) });
  }

  #begin(door: Door, source: Address, { knock, nowMs }: Present): Trail {
    return this.#trails.begin(door, source, knock.destination, nowMs);
  }

  #trailOf(door: Door, source: Address, present: Present): Trail {
    const trail = this.#trails.of(door, source, present.nowMs) ?? this.#begin(door, source, present);
    trail.lastMs = present.nowMs;
    trail.destination = present.knock.destination;
    return trail;
  }

  #end(door: Door, source: Address, present: Present, stage: number, step: number | undefined): Trail {
    const trail = this.#trailOf(door, source, present);
    trail.stage = stage;
    trail.ended = { by: present.knock.port, step };
    return trail;
  }
}

function presentOf(knock: Knock, watched: SeenKnock["watched"], nowMs: number): Present {
  const isFirst = knock.protocol !== "tcp" || (knock.flags & FIRST_SYN.mask) === FIRST_SYN.value;
  return { source: formatAddress(knock.source), knock: seenKnock(knock, watched), isFirst, nowMs };
}

export function seenKnock({ destination, protocol, port, flags }: Knock, watched: SeenKnock["watched"]): SeenKnock {
  return {
    destination: formatAddress(destination),
    port: formatPort({ protocol, number: port }),
    ...(protocol === "tcp" ? { flags: formatFlags(flags) } : {}),
    watched,
  };
}
