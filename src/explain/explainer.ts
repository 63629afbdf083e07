// The daemon's judgement of a capture: the same judge and the same verdicts, by the capture's own clock.
import { type Address, AddressSet } from "../core/address.ts";
import { decode, knowsLinkType } from "../core/decode.ts";
import type { Door } from "../core/door.ts";
import { emptyKnock, type Frame } from "../core/frame.ts";
import { Grants } from "../core/grant.ts";
import type { DoorGuards } from "../core/guard/guard.ts";
import { Judge, type Rules } from "../core/judge.ts";
import { OnceMemory } from "../core/once.ts";
import { portKey } from "../core/port.ts";
import { DirectOpener } from "../core/spa/opener.ts";
import { type Progress, Progresses } from "../core/verdict/progress.ts";
import type { FindingLog, Observer, Outcome, Sighting } from "../core/verdict/verdict.ts";
import { Witness } from "../core/verdict/witness.ts";
import { codeKeys } from "../core/watchlist.ts";
import type { Earned } from "../core/way.ts";

/** A sweep looks at all of so many attempts, so that time that ran out is told of before what came next. */
const ATTEMPTS = 2 ** 16;
const SWEEP_MS = 250;
/** Frames of several queues or interfaces are not quite in order; more than this is a clock that was set. */
const DISORDER_MS = 1000;
/** BOUNDED: destinations remembered that were taken for the daemon's own. */
const TAKEN_MAX = 64;
/** Nobody chooses the sources in a file to slow us down so much that it would matter. */
const SEED = 1;

export interface Question extends Partial<Pick<Rules, "keys" | "spaPort" | "spaMaxAgeMs" | "codeSecrets">> {
  readonly doors: readonly Door[];
  /** By the names of the doors. */
  readonly guards: ReadonlyMap<string, DoorGuards>;
  /** The daemon's own addresses; undefined: whatever was knocked at. */
  readonly local: readonly Address[] | undefined;
}

export interface Answer {
  readonly frames: number;
  /** The link type of frames that nobody can read, if there are any. */
  readonly unknownLinkType: number | undefined;
  /** Whether the capture's clock went back. */
  readonly wentBack: boolean;
  /** Destinations that were taken for the daemon's own, since nobody said which they are. */
  readonly takenForOurs: readonly string[];
  readonly opened: boolean;
  /** Signed packets that open nothing. */
  readonly refused: number;
  readonly best: readonly Progress[];
  /** Sightings of sources past those that are remembered. */
  readonly forgotten: number;
}

export class Explainer {
  readonly #judge: Judge;
  readonly #witness: Witness;
  #refused = 0;
  readonly #grants = new Grants();
  readonly #progresses = new Progresses();
  readonly #local: Pick<AddressSet, "has">;
  readonly #watched: ReadonlySet<number>;
  readonly #guards: readonly DoorGuards[];
  readonly #targeted: ReadonlySet<string>;
  readonly #takenForOurs = new Set<string>();
  readonly #isTaking: boolean;
  readonly #knock = emptyKnock();
  #frames = 0;
  #unknownLinkType: number | undefined;
  #wentBack = false;
  /** The time of the present frame, and the same on a clock that never goes back. */
  #frameMs = 0;
  #nowMs = 0;
  #aheadMs = 0;
  #sweptMs = 0;

  /** `tell` hears each sighting with its time, in milliseconds since 1970. */
  constructor(question: Question, tell: (sighting: Sighting, atMs: number) => void) {
    const { doors, guards, local, keys = [], spaPort = 0, codeSecrets = new Map() } = question;
    const observer: Observer = {
      wants: () => true,
      tell: (sighting) => {
        this.#take(sighting);
        tell(sighting, this.#frameMs - sighting.agoMs);
      },
    };
    this.#witness = new Witness(NO_LOG, observer, (door, ip) => this.#grants.get(door.name, ip) !== undefined);
    const memories = { usedPackets: new OnceMemory(), usedCodes: new OnceMemory() };
    const tools = { report: this.#witness, ...memories, opener: new DirectOpener(), seed: SEED, attemptsMax: ATTEMPTS };
    this.#judge = new Judge(tools, (earned) => this.#admit(earned));
    this.#judge.apply({ spaMaxAgeMs: 0, ...question, keys, spaPort, codeSecrets });
    const steps = doors.flatMap(({ sequence }) => sequence.map((step) => portKey(step.protocol, step.number)));
    const judged = doors.filter(({ name }) => codeSecrets.has(name));
    const packets = keys.length > 0 ? [portKey("udp", spaPort)] : [];
    this.#watched = new Set([...steps, ...codeKeys(judged), ...packets]);
    this.#guards = [...guards.values()];
    this.#targeted = new Set(doors.filter(({ target }) => target !== undefined).map(({ name }) => name));
    this.#isTaking = local === undefined;
    // Whoever knocks is taken for somebody else.
    const anybody = { has: (address: Address) => address !== this.#knock.source };
    this.#local = local === undefined ? anybody : new AddressSet(local);
  }

  see(frame: Frame): void {
    this.#frames++;
    if (!knowsLinkType(frame.linkType)) this.#unknownLinkType ??= frame.linkType;
    this.#passTime(frame.timeMs);
    const knock = this.#knock;
    if (!decode(frame, knock)) return;
    if (!this.#isWatched(portKey(knock.protocol, knock.port))) this.#witness.passedBy(knock, this.#nowMs);
    this.#judge.see({ frame, knock, local: this.#local, nowMs: this.#nowMs });
  }

  end(): Answer {
    return {
      frames: this.#frames,
      unknownLinkType: this.#unknownLinkType,
      wentBack: this.#wentBack,
      takenForOurs: [...this.#takenForOurs],
      opened: this.#progresses.opened,
      refused: this.#refused,
      best: this.#progresses.best(),
      forgotten: this.#progresses.forgotten,
    };
  }

  #isWatched(key: number): boolean {
    return this.#watched.has(key) || this.#guards.some((guards) => guards.has(key));
  }

  #admit({ door, ip, terms }: Earned): void {
    const admission = this.#grants.admit(door, ip, this.#nowMs, terms);
    if (admission.outcome === "opened") this.#grants.started(admission.grant, this.#nowMs);
  }

  #passTime(frameMs: number): void {
    this.#frameMs = frameMs;
    if (frameMs + this.#aheadMs < this.#nowMs - DISORDER_MS) {
      this.#aheadMs = this.#nowMs - frameMs;
      this.#wentBack = true;
    }
    this.#nowMs = Math.max(this.#nowMs, frameMs + this.#aheadMs);
    if (this.#nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = this.#nowMs;
    this.#judge.sweep(this.#nowMs);
    for (const grant of this.#grants.due(this.#nowMs)) this.#grants.remove(grant);
  }

  #take(sighting: Sighting): void {
    this.#progresses.note(sighting);
    const { knock, spa } = sighting;
    if (spa !== undefined && "reason" in spa) this.#refused++;
    if (!this.#isTaking || knock === undefined || this.#takenForOurs.size >= TAKEN_MAX) return;
    const heard = sighting.verdicts.some(({ outcome, door }) => HEARD.has(outcome) && !this.#targeted.has(door));
    if (heard) this.#takenForOurs.add(knock.destination);
  }
}

/** What a door did for a knock whose destination was right. */
const HEARD: ReadonlySet<Outcome> = new Set<Outcome>(["advanced", "opened", "extended"]);

const NO_LOG: FindingLog = { wantsAll: false, found: () => {}, dropped: () => {}, timedOut: () => {} };
