// Puts into words what a knock on a door's range of codes did, when somebody looks on: witness.ts for codes.
import { type Address, formatAddress } from "../address.ts";
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import { DEAF, type Deafness } from "../match-report.ts";
import { formatPort } from "../port.ts";
import { SYN } from "../tcp-flags.ts";
import type { CodeReport } from "../totp/code-report.ts";
import type { CodeRefusal } from "../totp/code-verdict.ts";
import type { Failure } from "../totp/lockout.ts";
import { pairPorts } from "../totp/totp.ts";
import { whyDeaf } from "./hindsight.ts";
import { seenKnock } from "./sequence-witness.ts";
import type { AtStage, Observer, Verdict } from "./verdict.ts";

export class CodeWitness implements CodeReport {
  readonly #log: CodeReport;
  readonly #observer: Observer;
  readonly #isOpen: (door: Door, ip: string) => boolean;

  /** All of it goes on to `log`. `isOpen` says whether an address has a door open already. */
  constructor(log: CodeReport, observer: Observer, isOpen: (door: Door, ip: string) => boolean) {
    this.#log = log;
    this.#observer = observer;
    this.#isOpen = isOpen;
  }

  stage(door: Door, knock: Knock, stage: number, nowMs: number): void {
    this.#log.stage(door, knock, stage, nowMs);
    // Of the last pair the verdict on the whole code tells.
    if (stage < pairsOf(door)) this.#tell(knock, nowMs, () => ({ outcome: "advanced", ...atPair(door, stage) }));
  }

  repeat(door: Door, knock: Knock, stage: number, nowMs: number): void {
    this.#log.repeat(door, knock, stage, nowMs);
    this.#tell(knock, nowMs, () => ({ outcome: "repeated", ...atPair(door, stage) }));
  }

  astray(door: Door, knock: Knock, pair: number, nowMs: number): void {
    this.#log.astray(door, knock, pair, nowMs);
    this.#tell(knock, nowMs, () => {
      const [first] = door.sequence;
      if (door.totp?.afterSequence === true && pair === 1) {
        const expected = first === undefined ? "its sequence" : formatPort(first);
        return { outcome: "code-early", door: door.name, expected };
      }
      const { expected } = atPair(door, 0);
      return { outcome: "no-attempt", door: door.name, step: pair, steps: pairsOf(door), first: expected };
    });
  }

  wrong(door: Door, knock: Knock, stage: number, failure: Failure | undefined, nowMs: number): void {
    this.#log.wrong(door, knock, stage, failure, nowMs);
    const anew = door.totp?.afterSequence !== true && isFirstPair(door, knock);
    this.#tell(knock, nowMs, () => ({ outcome: "wrong-port", ...atPair(door, stage), anew }));
  }

  timeout(door: Door, source: Address, stage: number, ageMs: number, nowMs: number): void {
    this.#log.timeout(door, source, stage, ageMs, nowMs);
    if (!this.#observer.wants(source, nowMs)) return;
    const limitMs = door.seqTimeoutMs;
    const verdict: Verdict = { outcome: "timed-out", ...atPair(door, stage), limitMs };
    this.#observer.tell({ source: formatAddress(source), agoMs: ageMs - limitMs, verdicts: [verdict] });
  }

  accepted(door: Door, knock: Knock, nowMs: number): void {
    this.#log.accepted(door, knock, nowMs);
    this.#tell(knock, nowMs, (ip) => ({ outcome: this.#isOpen(door, ip) ? "extended" : "opened", door: door.name }));
  }

  refused(door: Door, knock: Knock, refusal: CodeRefusal, failure: Failure | undefined, nowMs: number): void {
    this.#log.refused(door, knock, refusal, failure, nowMs);
    this.#tell(knock, nowMs, () => refusal);
  }

  locked(door: Door, knock: Knock, leftMs: number, nowMs: number): void {
    this.#log.locked(door, knock, leftMs, nowMs);
    this.#tell(knock, nowMs, () => ({ outcome: "code-locked", door: door.name, leftMs }));
  }

  deaf(door: Door, knock: Knock, why: Deafness, leftMs: number, nowMs: number): void {
    this.#log.deaf(door, knock, why, leftMs, nowMs);
    // What goes on with a connection, or ends it, is no news.
    if (why === DEAF.FLAGS && (knock.flags & SYN) === 0) return;
    this.#tell(knock, nowMs, () => whyDeaf(door, knock, why, leftMs));
  }

  #tell(knock: Knock, nowMs: number, verdict: (source: string) => Verdict): void {
    if (!this.#observer.wants(knock.source, nowMs)) return;
    const source = formatAddress(knock.source);
    this.#observer.tell({ source, knock: seenKnock(knock, "step"), agoMs: 0, verdicts: [verdict(source)] });
  }
}

function pairsOf({ totp }: Door): number {
  return (totp?.digits ?? 0) / 2;
}

function atPair(door: Door, stage: number): AtStage {
  const expected = pairPorts(door.totp?.firstPort ?? 0, stage);
  return { door: door.name, stage, steps: pairsOf(door), expected };
}

function isFirstPair({ totp }: Door, { port }: Knock): boolean {
  return totp !== undefined && port < totp.firstPort + 100;
}
