// Attempts per source and door: what a knock does to them, and which doors it completes. What happens at one door depends on
// that door alone.
import { type Address, type AddressSet, formatAddress } from "../address.ts";
import { ATTEMPTS_MAX, Attempts, NONE, type Slot } from "../attempts.ts";
import { CoolDowns } from "../cool-downs.ts";
import type { Door } from "../door.ts";
import { isSamePacket } from "../fingerprint.ts";
import type { Knock } from "../frame.ts";
import { NO_GUARDS } from "../guard/guard.ts";
import { ATTEMPTS_A_SOURCE_MAX } from "../guard/odds.ts";
import { deafness } from "../hearing.ts";
import { portKey } from "../port.ts";
import { DEAF, type Report, type SequenceFinding } from "../report.ts";
import type { Attempt, Earn, Seen, Way } from "../way.ts";
import { CountedPackets } from "./counted-packets.ts";
import { PortRoles, ROLE } from "./port-roles.ts";
import { type SequenceRules, SequenceWatch } from "./sequence-watch.ts";

/** Slots that one sweep visits: about a tenth of a millisecond. */
const SWEEP_SLOTS = 2 ** 16;
/**
 * How long a packet that began an attempt is known after the attempt, and after it came last: a SYN that nobody answers comes
 * again for two minutes, with up to half a minute in between.
 */
const REMEMBERED_MS = 60_000;
/** BOUNDED: attempts of one source at one door that are over and remembered. */
const OVER_MAX = 4;
const NO_DOORS: readonly Door[] = [];

export class SequenceMatcher implements Way<SequenceRules> {
  readonly #report: Report<SequenceFinding>;
  readonly #attempts: Attempts;
  readonly #counted: CountedPackets;
  readonly #coolDowns: CoolDowns;
  readonly #roles = new PortRoles();
  #watches: SequenceWatch[] = [];
  #knocks = 0;
  /** Numbers of the doors that the present knock may mean something to. BOUNDED: by the doors. */
  readonly #concerned: number[] = [];
  #concernedCount = 0;
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
    this.#counted = new CountedPackets(seed, REMEMBERED_MS);
    this.#coolDowns = new CoolDowns(seed);
  }

  get attempts(): number {
    return this.#attempts.live;
  }

  get forgotten(): number {
    return this.#attempts.forgotten;
  }

  /** Attempts and cool-downs of doors that are earned as before go on. */
  apply({ doors, guards }: SequenceRules): void {
    const before = this.#watches;
    this.#watches = doors.map((door) => new SequenceWatch(door, guards.get(door.name) ?? NO_GUARDS));
    const numbers = new Map(this.#watches.map((watch, number) => [watch.identity, number]));
    const renumber = (number: number): number => numbers.get(before[number]?.identity ?? "") ?? NONE;
    this.#attempts.renumber(renumber);
    this.#coolDowns.renumber(renumber);
    this.#roles.apply(this.#watches);
  }

  see({ knock, local, nowMs }: Seen, earn: Earn): void {
    for (const door of this.accept(knock, local, nowMs))
      earn({ door, ip: formatAddress(knock.source), spends: true }, knock.source, nowMs);
  }

  /**
   * The doors that this knock completes, in the order of the config; usually none. `local` holds the addresses that the
   * interface has now; `nowMs` is monotonic.
   */
  accept(knock: Knock, local: Pick<AddressSet, "has">, nowMs: number): readonly Door[] {
    const key = portKey(knock.protocol, knock.port);
    const role = this.#roles.of(key);
    // Ports nobody watches are invisible: they neither help nor harm.
    if (role === ROLE.NONE) return NO_DOORS;
    const isLocal = local.has(knock.destination);
    if (this.#completed.length > 0) this.#completed.length = 0;
    this.#concernedCount = 0;
    this.#knocks++;
    this.#telling = this.#report.begins(knock, role === ROLE.GUARD ? "guard" : "step", nowMs);
    this.#gather(knock, key, isLocal, nowMs);
    if (role === ROLE.STEP)
      for (const number of this.#roles.firstStepOf(key)) this.#concern(number, knock, isLocal, nowMs);
    for (let index = 0; index < this.#concernedCount; index++)
      this.#judge(this.#concerned[index] ?? NONE, knock, key, nowMs);
    if (this.#telling) this.#tellOfOthers(knock, key, isLocal, nowMs);
    this.#report.ends();
    if (this.#completed.length === 0) return NO_DOORS;
    return this.#completed.sort((a, b) => a - b).flatMap((number) => this.#watches[number]?.door ?? []);
  }

  /** Forgets some of the attempts that are too old; call it several times a second. */
  sweep(nowMs: number): void {
    this.#attempts.sweep(SWEEP_SLOTS, (slot) => {
      const watch = this.#watches[this.#attempts.door(slot)];
      if (watch === undefined || this.#isForgotten(slot, nowMs)) return true;
      if (this.#isTooOld(slot, watch.door, nowMs)) this.#endOfAge(slot, watch, this.#attempts.source(slot), nowMs);
      return false;
    });
  }

  /** Up to `count` attempts, the newest first. */
  underWay(count: number, nowMs: number): Attempt[] {
    return this.#attempts.newest(count).flatMap((slot) => {
      const { door, source, stage, ageMs } = this.#attempts.at(slot, nowMs);
      const watch = this.#watches[door];
      return watch === undefined || ageMs >= watch.door.seqTimeoutMs
        ? []
        : [{ door: watch.door, source, stage, ageMs }];
    });
  }

  /** What the attempts of this source mean for the knock, door by door. */
  #gather(knock: Knock, key: number, isLocal: boolean, nowMs: number): void {
    let slot = this.#attempts.first(knock.source);
    while (slot !== NONE) {
      const next = this.#attempts.after(slot, knock.source);
      const watch = this.#concern(this.#attempts.door(slot), knock, isLocal, nowMs);
      if (watch?.hears === true) this.#note(slot, watch, knock, key, nowMs);
      slot = next;
    }
  }

  #concern(number: number, knock: Knock, isLocal: boolean, nowMs: number): SequenceWatch | undefined {
    const watch = this.#watches[number];
    if (watch === undefined || watch.knock === this.#knocks) return watch;
    const leftMs = this.#coolDowns.leftMs(watch.door, number, knock.source, nowMs);
    watch.begin(this.#knocks, deafness(watch.door, knock, isLocal, leftMs) === DEAF.NO);
    this.#concerned[this.#concernedCount++] = number;
    return watch;
  }

  #note(slot: Slot, watch: SequenceWatch, knock: Knock, key: number, nowMs: number): void {
    if (this.#isTooOld(slot, watch.door, nowMs)) this.#endOfAge(slot, watch, knock.source, nowMs);
    const stage = this.#attempts.stage(slot);
    if (stage === 0) return;
    if (this.#isForgotten(slot, nowMs)) return this.#attempts.remove(slot);
    const beganWith = watch.keys[0] === key && isSamePacket(this.#attempts.fingerprint(slot), knock);
    if (beganWith) watch.isKnown = true;
    if (!this.#attempts.isOver(slot)) return watch.note(slot, stage, key);
    // It may come again for a while.
    if (beganWith) this.#attempts.restart(slot, nowMs);
    watch.noteOver(slot);
  }

  #judge(number: number, knock: Knock, key: number, nowMs: number): void {
    const watch = this.#watches[number];
    if (watch?.hears !== true) return;
    if (watch.waiting !== NONE) this.#advance(number, watch, knock, key, nowMs);
    else if (watch.keys[0] === key) this.#begin(number, watch, knock, nowMs);
    else if (watch.takenStage > 0) this.#found(watch.door, "repeat", watch.takenStage);
    else if (watch.living === 0) return;
    else if (watch.guards.has(key)) this.#endAll(watch, nowMs);
    else if (watch.keys.includes(key)) this.#endOldest(watch, nowMs);
  }

  #advance(number: number, watch: SequenceWatch, knock: Knock, key: number, nowMs: number): void {
    const { door, keys, waiting: slot, waitingStage: stage } = watch;
    if (watch.isKnown || this.#counted.has(knock, number, key, nowMs)) return this.#found(door, "repeat", stage);
    this.#counted.add(knock, number, key, nowMs);
    this.#found(door, "stage", stage + 1);
    if (stage + 1 === keys.length) {
      this.#attempts.end(slot, nowMs);
      return this.#complete(number, watch, knock.source, nowMs);
    }
    this.#attempts.advance(slot);
  }

  /** The door's first step, which no attempt waits for. */
  #begin(number: number, watch: SequenceWatch, knock: Knock, nowMs: number): void {
    const { door, keys, living } = watch;
    if (keys.length === 1) {
      this.#found(door, "stage", 1);
      return this.#complete(number, watch, knock.source, nowMs);
    }
    // A SYN that nobody answered is sent again for minutes: else it would begin what its user has long ended.
    if (watch.isKnown) return this.#found(door, "repeat", watch.takenStage);
    if (this.#telling) this.#report.found({ way: "sequence", what: "stage", door, stage: 1, beside: living });
    if (living >= ATTEMPTS_A_SOURCE_MAX) return this.#attempts.beginAgain(watch.leastFar, nowMs, knock.fingerprint);
    if (watch.over >= OVER_MAX) this.#attempts.remove(watch.oldestOver);
    this.#attempts.add(knock.source, number, nowMs, knock.fingerprint);
  }

  /** A guard of this door: none of its attempts from there was an honest one. */
  #endAll(watch: SequenceWatch, nowMs: number): void {
    for (let index = 0; index < watch.living; index++) {
      this.#attempts.end(watch.slots[index] ?? NONE, nowMs);
      this.#report.dropped("guard");
    }
    this.#found(watch.door, "guard", watch.furthestStage);
  }

  /** A step that comes too early for all of them. */
  #endOldest({ door, oldest }: SequenceWatch, nowMs: number): void {
    const stage = this.#attempts.stage(oldest);
    this.#attempts.end(oldest, nowMs);
    this.#report.dropped("wrong_port");
    this.#found(door, "wrong", stage);
  }

  #endOfAge(slot: Slot, { door }: SequenceWatch, source: Address, nowMs: number): void {
    const [stage, ageMs] = [this.#attempts.stage(slot), this.#attempts.ageMs(slot, nowMs)];
    this.#report.timedOut({ way: "sequence", door, source, stage, ageMs }, nowMs);
    this.#attempts.end(slot, nowMs);
  }

  #complete(number: number, watch: SequenceWatch, source: Address, nowMs: number): void {
    this.#coolDowns.begin(watch.door, number, source, nowMs);
    this.#completed.push(number);
  }

  /** Doors that this port belongs to and that took no notice: nothing on the path, hence looked for only for somebody. */
  #tellOfOthers(knock: Knock, key: number, isLocal: boolean, nowMs: number): void {
    for (const [number, { door, keys }] of this.#watches.entries()) {
      if (!keys.includes(key)) continue;
      const leftMs = this.#coolDowns.leftMs(door, number, knock.source, nowMs);
      const why = deafness(door, knock, isLocal, leftMs);
      if (why === DEAF.NO) this.#report.found({ way: "sequence", what: "astray", door });
      else this.#report.found({ way: "sequence", what: "deaf", door, why, leftMs });
    }
  }

  /** Costs nothing while nobody wants to hear it. */
  #found(door: Door, what: "stage" | "repeat" | "guard" | "wrong", stage: number): void {
    if (this.#telling) this.#report.found({ way: "sequence", what, door, stage });
  }

  #isTooOld(slot: Slot, door: Door, nowMs: number): boolean {
    return !this.#attempts.isOver(slot) && this.#attempts.ageMs(slot, nowMs) >= door.seqTimeoutMs;
  }

  #isForgotten(slot: Slot, nowMs: number): boolean {
    return this.#attempts.isOver(slot) && this.#attempts.ageMs(slot, nowMs) >= REMEMBERED_MS;
  }
}
