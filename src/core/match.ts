// Attempts per source and door: what a knock does to them, and which doors it completes.
import { type Address, type AddressSet, formatAddress } from "./address.ts";
import { ATTEMPTS_MAX, Attempts, NONE, type Slot } from "./attempts.ts";
import type { Door } from "./door.ts";
import type { Knock } from "./frame.ts";
import { deafness, type Watch } from "./hearing.ts";
import { portKey } from "./port.ts";
import { DEAF, type Report, type SequenceFinding } from "./report.ts";
import type { Attempt, Earn, Seen, Way } from "./way.ts";

export interface SequenceRules {
  readonly doors: readonly Door[];
  /** Port keys. */
  readonly guards: ReadonlySet<number>;
}

const UNWATCHED = 0;
const WATCHED = 1;
const GUARD = 2;
const PORT_KEYS = 3 * 0x10000;

/** Slots that one sweep visits: about a tenth of a millisecond. */
const SWEEP_SLOTS = 2 ** 16;

export class SequenceMatcher implements Way<SequenceRules> {
  readonly #report: Report<SequenceFinding>;
  readonly #attempts: Attempts;
  readonly #roles = new Uint8Array(PORT_KEYS);
  /** Doors by the key of their first step. BOUNDED: by the doors. */
  #firstSteps = new Map<number, number[]>();
  #watches: Watch[] = [];
  #knocks = 0;
  readonly #completed: number[] = [];
  /** Somebody wants to hear all of the present knock. */
  #telling = false;

  /** `seed` is a secret number; `attemptsMax` a power of two. */
  constructor({
    report,
    seed,
    attemptsMax = ATTEMPTS_MAX,
  }: { report: Report<SequenceFinding>; seed: number; attemptsMax?: number }) {
    this.#report = report;
    this.#attempts = new Attempts(attemptsMax, seed);
  }

  get attempts(): number {
    return this.#attempts.live;
  }

  /** Attempts that made room for newer ones, so far. */
  get forgotten(): number {
    return this.#attempts.forgotten;
  }

  /** Attempts and cool-downs of doors that did not change go on. */
  apply({ doors, guards }: SequenceRules): void {
    const before = this.#watches;
    const known = new Map(before.map((watch) => [watch.identity, watch]));
    this.#watches = doors.map((door) => {
      const identity = JSON.stringify(door);
      const keys = door.sequence.map((step) => portKey(step.protocol, step.number));
      return { door, keys, identity, deafUntilMs: known.get(identity)?.deafUntilMs ?? 0, takenBy: 0 };
    });
    const numbers = new Map(this.#watches.map((watch, number) => [watch.identity, number]));
    this.#attempts.renumber((number) => numbers.get(before[number]?.identity ?? "") ?? NONE);
    this.#firstSteps = new Map();
    this.#roles.fill(UNWATCHED);
    for (const key of guards) this.#roles[key] = GUARD;
    for (const [number, { keys }] of this.#watches.entries()) {
      for (const key of keys) this.#roles[key] = WATCHED;
      const [first] = keys;
      if (first !== undefined) this.#firstSteps.set(first, [...(this.#firstSteps.get(first) ?? []), number]);
    }
  }

  see({ knock, local, nowMs }: Seen, earn: Earn): void {
    for (const door of this.accept(knock, local, nowMs)) earn({ door, ip: formatAddress(knock.source), spends: true });
  }

  /**
   * The doors that this knock completes, in the order of the config; usually none. `local` holds the addresses that the
   * interface has now; `nowMs` is monotonic.
   */
  accept(knock: Knock, local: Pick<AddressSet, "has">, nowMs: number): readonly Door[] {
    const key = portKey(knock.protocol, knock.port);
    const role = this.#roles[key];
    // Ports nobody watches are invisible: they neither help nor harm.
    if (role === UNWATCHED) return NO_DOORS;
    const isLocal = local.has(knock.destination);
    this.#completed.length = 0;
    this.#knocks++;
    this.#telling = this.#report.begins(knock, role === GUARD ? "guard" : "step", nowMs);
    this.#continueAttempts(knock, key, isLocal, nowMs);
    this.#startAttempts(knock, key, isLocal, nowMs);
    if (this.#telling) this.#tellOfOthers(knock, key, isLocal, nowMs);
    this.#report.ends();
    if (this.#completed.length === 0) return NO_DOORS;
    return this.#completed.sort((a, b) => a - b).flatMap((number) => this.#watches[number]?.door ?? []);
  }

  /** Forgets some of the attempts that are too old; call it several times a second. */
  sweep(nowMs: number): void {
    this.#attempts.sweep(SWEEP_SLOTS, (slot) => {
      const watch = this.#watches[this.#attempts.door(slot)];
      if (watch === undefined) return true;
      if (!this.#isTooOld(slot, watch.door, nowMs)) return false;
      this.#reportTimeout(slot, watch.door, this.#attempts.source(slot), nowMs);
      return true;
    });
  }

  /** Up to `count` attempts, the newest first. */
  underWay(count: number, nowMs: number): Attempt[] {
    return this.#attempts.newest(count).flatMap((slot) => {
      const door = this.#watches[this.#attempts.door(slot)]?.door;
      if (door === undefined || this.#isTooOld(slot, door, nowMs)) return [];
      const source = this.#attempts.source(slot).slice();
      return [{ door, source, stage: this.#attempts.stage(slot), ageMs: this.#attempts.ageMs(slot, nowMs) }];
    });
  }

  #continueAttempts(knock: Knock, key: number, isLocal: boolean, nowMs: number): void {
    let slot = this.#attempts.first(knock.source);
    while (slot !== NONE) {
      const next = this.#attempts.after(slot, knock.source);
      const number = this.#attempts.door(slot);
      const watch = this.#watches[number];
      if (watch !== undefined && deafness(watch, knock, isLocal, nowMs) === DEAF.NO)
        this.#continueAttempt(slot, number, watch, knock, key, nowMs);
      slot = next;
    }
  }

  #continueAttempt(slot: Slot, number: number, watch: Watch, knock: Knock, key: number, nowMs: number): void {
    const { door, keys } = watch;
    const stage = this.#attempts.stage(slot);
    if (this.#isTooOld(slot, door, nowMs)) {
      this.#reportTimeout(slot, door, knock.source, nowMs);
      return this.#attempts.remove(slot);
    }
    if (keys[stage] === key) {
      watch.takenBy = this.#knocks;
      this.#found(door, "stage", stage + 1);
      if (stage + 1 < keys.length) return this.#attempts.advance(slot);
      this.#attempts.remove(slot);
      this.#complete(number, watch, nowMs);
      return;
    }
    // A retransmitted or doubled packet repeats the last step; ignoring it keeps an honest client alive.
    if (keys[stage - 1] === key) {
      watch.takenBy = this.#knocks;
      return this.#found(door, "repeat", stage);
    }
    this.#attempts.remove(slot);
    const isGuard = this.#roles[key] === GUARD;
    this.#report.dropped(isGuard ? "guard" : "wrong_port");
    this.#found(door, isGuard ? "guard" : "wrong", stage);
  }

  #startAttempts(knock: Knock, key: number, isLocal: boolean, nowMs: number): void {
    const numbers = this.#firstSteps.get(key);
    if (numbers === undefined) return;
    for (const number of numbers) {
      const watch = this.#watches[number];
      if (watch === undefined || watch.takenBy === this.#knocks) continue;
      if (deafness(watch, knock, isLocal, nowMs) !== DEAF.NO) continue;
      this.#found(watch.door, "stage", 1);
      if (watch.keys.length === 1) this.#complete(number, watch, nowMs);
      else this.#attempts.add(knock.source, number, nowMs);
    }
  }

  #complete(number: number, watch: Watch, nowMs: number): void {
    watch.deafUntilMs = nowMs + watch.door.seqCooldownMs;
    this.#completed.push(number);
  }

  /** Doors that this port belongs to and that took no notice: nothing on the path, hence looked for only for somebody. */
  #tellOfOthers(knock: Knock, key: number, isLocal: boolean, nowMs: number): void {
    for (const watch of this.#watches) {
      if (!watch.keys.includes(key)) continue;
      const why = deafness(watch, knock, isLocal, nowMs);
      const { door } = watch;
      if (why === DEAF.NO) this.#report.found({ way: "sequence", what: "astray", door });
      else this.#report.found({ way: "sequence", what: "deaf", door, why, leftMs: watch.deafUntilMs - nowMs });
    }
  }

  /** Costs nothing while nobody wants to hear it. */
  #found(door: Door, what: "stage" | "repeat" | "guard" | "wrong", stage: number): void {
    if (this.#telling) this.#report.found({ way: "sequence", what, door, stage });
  }

  #reportTimeout(slot: Slot, door: Door, source: Address, nowMs: number): void {
    const [stage, ageMs] = [this.#attempts.stage(slot), this.#attempts.ageMs(slot, nowMs)];
    this.#report.timedOut({ way: "sequence", door, source, stage, ageMs }, nowMs);
  }

  #isTooOld(slot: Slot, door: Door, nowMs: number): boolean {
    return this.#attempts.ageMs(slot, nowMs) >= door.seqTimeoutMs;
  }
}

const NO_DOORS: readonly Door[] = [];
