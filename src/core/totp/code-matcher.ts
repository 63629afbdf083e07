// A way to earn a door: the digits of an authenticator app, two a knock. A code is
// judged when it is whole, so nobody learns from our silence which pair was wrong.
import { type Address, type AddressSet, formatAddress } from "../address.ts";
import { ATTEMPTS_MAX, NONE, type Slot } from "../attempts.ts";
import { CoolDowns } from "../cool-downs.ts";
import type { Door } from "../door.ts";
import type { Knock } from "../frame.ts";
import { deafness } from "../hearing.ts";
import { DEAF, type Report } from "../report.ts";
import type { Earn, Seen, Way } from "../way.ts";
import { type CodeSecret, stepOf } from "./code.ts";
import type { CodeFinding } from "./code-finding.ts";
import { type CodeRoom, noRoom, roomFor } from "./code-room.ts";
import type { CodeRefusal } from "./code-verdict.ts";
import { type CodeWatch, watchOf } from "./code-watch.ts";
import { judgeCode, type UsedCodes } from "./judge-code.ts";
import type { WrongCode } from "./suspicion.ts";
import { lastPort, PORTS_PER_PAIR } from "./totp.ts";

export interface CodeRules {
  readonly doors: readonly Door[];
  /** By the names of the doors; without its secret, nobody can judge a door's codes. */
  readonly codeSecrets: ReadonlyMap<string, CodeSecret>;
}

/** A knock on a door's range. */
interface Hit {
  readonly knock: Knock;
  readonly number: number;
  readonly watch: CodeWatch;
  readonly nowMs: number;
}

const PORTS = 0x10000;
const SWEEP_SLOTS = 2 ** 16;
const NO_DOORS: readonly Door[] = [];
const BY_CODE = { earnedBy: "code" };

export class CodeMatcher implements Way<CodeRules> {
  readonly #report: Report<CodeFinding>;
  readonly #used: UsedCodes;
  readonly #makeRoom: () => CodeRoom;
  #room: CodeRoom;
  readonly #coolDowns: CoolDowns;
  /** By port, the number of the door whose range it is in, plus 1. */
  readonly #doorAt = new Uint16Array(PORTS);
  #watches: CodeWatch[] = [];
  /** Somebody wants to hear all of the present knock. */
  #telling = false;

  /** `seed` is a secret number; `attemptsMax` a power of two. */
  constructor({
    report,
    usedCodes,
    seed,
    attemptsMax = ATTEMPTS_MAX,
  }: { report: Report<CodeFinding>; usedCodes: UsedCodes; seed: number; attemptsMax?: number }) {
    this.#report = report;
    this.#used = usedCodes;
    this.#makeRoom = () => roomFor(attemptsMax, seed);
    this.#room = noRoom(seed);
    this.#coolDowns = new CoolDowns(seed);
  }

  /** Takes those of the doors whose secret is there. */
  apply({ doors, codeSecrets: secrets }: CodeRules): void {
    const before = this.#watches;
    const known = new Map(before.map((watch) => [watch.identity, watch]));
    this.#watches = doors.flatMap((door) => {
      const secret = secrets.get(door.name);
      if (door.totp === undefined || secret === undefined) return [];
      const watch = watchOf(door, door.totp, secret);
      const same = known.get(watch.identity);
      return same === undefined ? watch : { ...same, door };
    });
    const numbers = new Map(this.#watches.map((watch, number) => [watch.identity, number]));
    const renumber = (number: number): number => numbers.get(before[number]?.identity ?? "") ?? NONE;
    if (before.length === 0 && this.#watches.length > 0) this.#room = this.#makeRoom();
    this.#room.attempts.renumber(renumber);
    this.#room.enough.apply(this.#watches, renumber);
    this.#coolDowns.renumber(renumber);
    this.#doorAt.fill(0);
    for (const [number, { rule }] of this.#watches.entries())
      this.#doorAt.fill(number + 1, rule.firstPort, lastPort(rule.firstPort, rule.digits) + 1);
  }

  /** The sequence of this door is complete. True: that was half of it, and the code is waited for. */
  follows(door: Door, source: Address, nowMs: number): boolean {
    if (door.totp?.afterSequence !== true) return false;
    const number = this.#watches.findIndex((watch) => watch.door.name === door.name);
    if (number === NONE) return true;
    const slot = this.#find(source, number);
    if (slot !== NONE) this.#room.attempts.remove(slot);
    this.#room.codes[this.#room.attempts.add(source, number, nowMs)] = 0;
    return true;
  }

  see({ frame, knock, local, nowMs }: Seen, earn: Earn): void {
    for (const door of this.accept(knock, local, nowMs, frame.timeMs)) {
      const earned = { door, ip: formatAddress(knock.source), terms: BY_CODE };
      earn({ ...earned, spends: door.totp?.afterSequence === true }, knock.source, nowMs);
    }
  }

  /**
   * The door that this knock completes the code of; usually none. `local` holds the addresses that the interface has now;
   * `nowMs` is monotonic, `wallMs` milliseconds since 1970.
   */
  accept(knock: Knock, local: Pick<AddressSet, "has">, nowMs: number, wallMs: number): readonly Door[] {
    if (knock.protocol !== "tcp") return NO_DOORS;
    const number = (this.#doorAt[knock.port] ?? 0) - 1;
    const watch = this.#watches[number];
    if (watch === undefined) return NO_DOORS;
    this.#telling = this.#report.begins(knock, "step", nowMs);
    const hit = { knock, number, watch, nowMs };
    const code = this.#isHeard(hit, local) ? this.#takePair(hit) : undefined;
    const doors = code === undefined ? NO_DOORS : this.#judge(code, hit, wallMs);
    this.#report.ends();
    return doors;
  }

  /** Forgets some of the attempts that are too old; call it several times a second. */
  sweep(nowMs: number): void {
    this.#room.attempts.sweep(SWEEP_SLOTS, (slot) => {
      const watch = this.#watches[this.#room.attempts.door(slot)];
      return watch === undefined || this.#endsOfAge(slot, watch, this.#room.attempts.source(slot), nowMs);
    });
    this.#room.enough.sweep(nowMs);
  }

  #isHeard({ knock, number, watch, nowMs }: Hit, local: Pick<AddressSet, "has">): boolean {
    const { door } = watch;
    const leftMs = this.#coolDowns.leftMs(door, number, knock.source, nowMs);
    const why = deafness(door, knock, local.has(knock.destination), leftMs);
    if (why === DEAF.NO) return true;
    if (this.#telling) this.#report.found({ way: "code", what: "deaf", door, why, leftMs });
    return false;
  }

  /** The whole code, once its last pair is there. */
  #takePair(hit: Hit): number | undefined {
    const { knock, number, nowMs } = hit;
    const { door, rule, pairs, stageOffset } = hit.watch;
    const index = Math.floor((knock.port - rule.firstPort) / PORTS_PER_PAIR);
    const pair = (knock.port - rule.firstPort) % PORTS_PER_PAIR;
    const slot = this.#alive(hit);
    const stage = slot === NONE ? 0 : this.#room.attempts.stage(slot) - stageOffset;
    const code = slot === NONE ? 0 : (this.#room.codes[slot] ?? 0);
    // The ports also say in which place of the code they belong, so a late copy is known for what it is.
    if (index < stage && pairAt(code, stage - 1 - index) === pair) {
      this.#found(door, "repeat", stage);
      return undefined;
    }
    if (index !== stage || (slot === NONE && stageOffset > 0)) {
      if (stage === 0) this.#astray(door, index + 1);
      else this.#drop(slot, stage, index, hit);
      return undefined;
    }
    if (slot !== NONE) this.#room.attempts.advance(slot);
    const taken = slot === NONE ? this.#room.attempts.add(knock.source, number, nowMs) : slot;
    const sofar = code * PORTS_PER_PAIR + pair;
    this.#room.codes[taken] = sofar;
    this.#found(door, "stage", stage + 1);
    if (stage + 1 < pairs) return undefined;
    this.#room.attempts.remove(taken);
    return sofar;
  }

  /** A wrong port of the range. One pair alone may be a stray packet; two are an attempt that has failed. */
  #drop(slot: Slot, stage: number, index: number, hit: Hit): void {
    const { knock, number, watch, nowMs } = hit;
    const { door, rule, stageOffset } = watch;
    this.#room.attempts.remove(slot);
    const failure = stage < 2 ? undefined : this.#room.enough.fail({ ...hit, source: knock.source }, undefined);
    this.#report.dropped("wrong_port");
    if (failure !== undefined || this.#telling)
      this.#report.found({ way: "code", what: "wrong", door, stage, failure });
    if (index > 0 || stageOffset > 0) return;
    this.#room.codes[this.#room.attempts.add(knock.source, number, nowMs)] = knock.port - rule.firstPort;
    this.#found(door, "stage", 1);
  }

  #judge(code: number, hit: Hit, wallMs: number): readonly Door[] {
    const { knock, watch } = hit;
    const { door, rule, secret, window } = watch;
    const text = String(code).padStart(rule.digits, "0");
    const judged = judgeCode(text, { door: door.name, secret, window, wallMs, used: this.#used });
    const sent = { ...hit, source: knock.source };
    if ("step" in judged) {
      const why = this.#room.enough.whyNot(judged.step, sent);
      return why === undefined ? this.#open(hit) : this.#refuse(door, { outcome: "code-second", door: door.name, why });
    }
    if (!("failures" in judged)) return this.#refuse(door, judged);
    for (const step of window.begunLike(text, stepOf(wallMs))) watch.endings.note(step, knock.source);
    const failure = this.#room.enough.fail(sent, code);
    const failures = failure.kind === "again" ? undefined : failure.failures;
    return this.#refuse(door, { ...judged, failures }, failure);
  }

  #refuse(door: Door, refusal: CodeRefusal, failure?: WrongCode): readonly Door[] {
    this.#report.found({ way: "code", what: "refused", door, refusal, failure });
    return NO_DOORS;
  }

  #open({ knock, number, watch, nowMs }: Hit): readonly Door[] {
    const { door } = watch;
    this.#coolDowns.begin(door, number, knock.source, nowMs);
    this.#report.found({ way: "code", what: "accepted", door });
    return [door];
  }

  /** The attempt of this source, unless it is too old. */
  #alive({ knock, number, watch, nowMs }: Hit): Slot {
    const slot = this.#find(knock.source, number);
    if (slot === NONE || !this.#endsOfAge(slot, watch, knock.source, nowMs)) return slot;
    this.#room.attempts.remove(slot);
    return NONE;
  }

  #find(source: Address, number: number): Slot {
    let slot = this.#room.attempts.first(source);
    while (slot !== NONE && this.#room.attempts.door(slot) !== number) slot = this.#room.attempts.after(slot, source);
    return slot;
  }

  #endsOfAge(slot: Slot, { door, stageOffset }: CodeWatch, source: Address, nowMs: number): boolean {
    const ageMs = this.#room.attempts.ageMs(slot, nowMs);
    if (ageMs < door.seqTimeoutMs) return false;
    this.#report.timedOut(
      { way: "code", door, source, stage: this.#room.attempts.stage(slot) - stageOffset, ageMs },
      nowMs,
    );
    return true;
  }

  /** Costs nothing while nobody wants to hear it. */
  #found(door: Door, what: "stage" | "repeat", stage: number): void {
    if (this.#telling) this.#report.found({ way: "code", what, door, stage });
  }

  #astray(door: Door, pair: number): void {
    if (this.#telling) this.#report.found({ way: "code", what: "astray", door, pair });
  }
}

/** The pair that `back` others follow. */
function pairAt(code: number, back: number): number {
  return Math.floor(code / PORTS_PER_PAIR ** back) % PORTS_PER_PAIR;
}
