// What the matcher finds at a door with a sequence -> the verdict on it, seen together with the source's knocks before.
import type { Door } from "../door.ts";
import { DEAF, type Deaf, type SequenceFinding, type TimedOut } from "../report.ts";
import { pairPorts } from "../totp/totp.ts";
import { atStage, cameFrom, stepBehind, whyAstray, whyDeaf } from "./hindsight.ts";
import type { Trail, Trails } from "./trails.ts";
import type { Verdict } from "./verdict.ts";
import type { IsOpen, Present } from "./witness.ts";

export class SequenceVerdicts {
  readonly #trails: Trails;
  /** Those of the present knock, by door name. */
  readonly #verdicts: Map<string, Verdict>;
  readonly #isOpen: IsOpen;

  constructor(trails: Trails, verdicts: Map<string, Verdict>, isOpen: IsOpen) {
    this.#trails = trails;
    this.#verdicts = verdicts;
    this.#isOpen = isOpen;
  }

  found(finding: SequenceFinding, present: Present): void {
    const { door } = finding;
    switch (finding.what) {
      case "stage":
        return this.#stage(door, finding.stage, finding.beside ?? 0, present);
      case "repeat":
        return this.#repeat(door, finding.stage, present);
      case "wrong":
        return this.#wrong(door, finding.stage, present);
      case "guard":
        this.#end(door, present, finding.stage, undefined);
        return this.#say({ outcome: "guard", ...atStage(door, finding.stage), anew: false });
      case "deaf":
        return this.#deaf(door, finding, present);
      case "astray":
        return this.#astray(door, present);
    }
  }

  /** The attempt was over when the knock came. */
  tooSlow({ door, stage, ageMs: elapsedMs }: TimedOut): void {
    const limitMs = door.seqTimeoutMs;
    this.#say({ outcome: "too-slow", ...atStage(door, stage), elapsedMs, limitMs, anew: false });
  }

  #stage(door: Door, stage: number, beside: number, present: Present): void {
    if (beside > 0) {
      this.#trailOf(door, present);
      return this.#say({ outcome: "advanced", ...atStage(door, stage), beside });
    }
    const trail = stage === 1 ? this.#begin(door, present) : this.#trailOf(door, present);
    trail.stage = stage;
    trail.ended = stage < door.sequence.length ? undefined : "opened";
    if (trail.ended === undefined) return this.#advanced(door, stage);
    if (door.totp?.afterSequence === true) {
      return this.#say({ outcome: "code-next", door: door.name, expected: pairPorts(door.totp.firstPort, 0) });
    }
    this.#say({ outcome: this.#isOpen(door, present.source) ? "extended" : "opened", door: door.name });
  }

  #repeat(door: Door, stage: number, present: Present): void {
    if (stage === 0) return this.#say({ outcome: "sent-again", door: door.name });
    this.#trailOf(door, present);
    const step = stepBehind(0, door, present.knock) ?? stage;
    this.#say({ outcome: "repeated", ...atStage(door, stage), ...(step < stage ? { step } : {}) });
  }

  #wrong(door: Door, stage: number, present: Present): void {
    const step = stepBehind(stage, door, present.knock);
    const trail = this.#end(door, present, stage, step);
    const facts = { ...atStage(door, stage), anew: false };
    if (step === undefined) this.#say({ outcome: "wrong-port", ...facts });
    else this.#say({ outcome: "step-missing", ...facts, step, ...cameFrom(trail, this.#trails) });
  }

  #deaf(door: Door, { why, leftMs }: Deaf, { knock, nowMs }: Present): void {
    if (this.#verdicts.has(door.name)) return;
    // The rest of a connection that began with a good knock (its ACK, its FIN) is no news.
    const trail = why === DEAF.FLAGS ? this.#trails.of(door, knock.source, nowMs) : undefined;
    if (trail !== undefined && (stepBehind(0, door, knock) ?? 0) <= trail.stage) return;
    this.#say(whyDeaf(door, knock, why, leftMs));
  }

  #astray(door: Door, present: Present): void {
    const step = stepBehind(1, door, present.knock);
    if (step === undefined || this.#verdicts.has(door.name)) return;
    const trail = this.#trailOf(door, present);
    trail.strayStep = step;
    this.#say(whyAstray(step, trail, this.#trails, present.nowMs));
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

  #begin(door: Door, { knock, seen, nowMs }: Present): Trail {
    return this.#trails.begin(door, knock.source, seen.destination, nowMs);
  }

  #trailOf(door: Door, present: Present): Trail {
    const trail = this.#trails.of(door, present.knock.source, present.nowMs) ?? this.#begin(door, present);
    trail.lastMs = present.nowMs;
    trail.destination = present.seen.destination;
    return trail;
  }

  #end(door: Door, present: Present, stage: number, step: number | undefined): Trail {
    const trail = this.#trailOf(door, present);
    trail.stage = stage;
    trail.ended = { by: present.seen.port, step };
    return trail;
  }
}
