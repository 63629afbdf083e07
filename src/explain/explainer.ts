// The daemon's judgement of a capture: the same matcher and the same verdicts, by the capture's own clock.
import { type Address, AddressSet, formatAddress } from "../core/address.ts";
import { decode, knowsLinkType } from "../core/decode.ts";
import type { Door } from "../core/door.ts";
import { emptyKnock, type Frame } from "../core/frame.ts";
import { Grants, type Terms } from "../core/grant.ts";
import { Matcher } from "../core/match.ts";
import type { AttemptReport } from "../core/match-report.ts";
import { OnceMemory } from "../core/once.ts";
import { portKey } from "../core/port.ts";
import type { Key } from "../core/spa/key.ts";
import { PacketMatcher, type PacketReport } from "../core/spa/packet-matcher.ts";
import type { CodeSecret } from "../core/totp/code.ts";
import { CodeMatcher } from "../core/totp/code-matcher.ts";
import type { CodeReport } from "../core/totp/code-report.ts";
import { CodeWitness } from "../core/verdict/code-witness.ts";
import { PacketWitness } from "../core/verdict/packet-witness.ts";
import { type Progress, Progresses } from "../core/verdict/progress.ts";
import { Witness } from "../core/verdict/sequence-witness.ts";
import type { Observer, Outcome, Sighting } from "../core/verdict/verdict.ts";
import { codeKeys } from "../core/watchlist.ts";

/** A sweep looks at all of so many attempts, so that time that ran out is told of before what came next. */
const ATTEMPTS = 2 ** 16;
const SWEEP_MS = 250;
/** Frames of several queues or interfaces are not quite in order; more than this is a clock that was set. */
const DISORDER_MS = 1000;
/** BOUNDED: destinations remembered that were taken for the daemon's own. */
const TAKEN_MAX = 64;
/** Nobody chooses the sources in a file to slow us down so much that it would matter. */
const SEED = 1;

export interface Question {
  readonly doors: readonly Door[];
  /** Port keys. */
  readonly guards: ReadonlySet<number>;
  /** Without it, nothing is said of signed packets. */
  readonly spa?: { readonly keys: readonly Key[]; readonly spaPort: number; readonly spaMaxAgeMs: number };
  /** The daemon's own addresses; undefined: whatever was knocked at. */
  readonly local: readonly Address[] | undefined;
  /** Of codes, by the names of the doors; without its secret, nobody can judge a door's codes. */
  readonly codeSecrets?: ReadonlyMap<string, CodeSecret>;
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
  readonly #matcher: Matcher;
  readonly #witness: Witness;
  readonly #packets: PacketMatcher;
  #refused = 0;
  readonly #codes: CodeMatcher;
  readonly #grants = new Grants();
  readonly #progresses = new Progresses();
  readonly #local: Pick<AddressSet, "has">;
  readonly #watched: ReadonlySet<number>;
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
  constructor(
    { doors, guards, local, spa, codeSecrets = new Map() }: Question,
    tell: (sighting: Sighting, atMs: number) => void,
  ) {
    const observer: Observer = {
      wants: () => true,
      tell: (sighting) => {
        this.#take(sighting);
        tell(sighting, this.#frameMs - sighting.agoMs);
      },
    };
    const isOpen = (door: Door, ip: string): boolean => this.#grants.get(door.name, ip) !== undefined;
    this.#witness = new Witness(NO_LOG, observer, isOpen);
    const report = new PacketWitness(NO_UNLOCK_LOG, observer, isOpen);
    this.#packets = new PacketMatcher({ report, replays: new OnceMemory() });
    if (spa !== undefined) this.#packets.apply(spa.keys, { doors, ...spa });
    this.#matcher = new Matcher({ report: this.#witness, seed: SEED, attemptsMax: ATTEMPTS });
    this.#matcher.watch(doors, guards);
    const codeReport = new CodeWitness(NO_CODE_LOG, observer, isOpen);
    this.#codes = new CodeMatcher({
      report: codeReport,
      used: new OnceMemory(),
      seed: SEED,
      attemptsMax: ATTEMPTS,
    });
    this.#codes.watch(doors, codeSecrets);
    const steps = doors.flatMap(({ sequence }) => sequence.map((step) => portKey(step.protocol, step.number)));
    const judged = doors.filter(({ name }) => codeSecrets.has(name));
    this.#watched = new Set([...steps, ...codeKeys(judged), ...guards]);
    this.#targeted = new Set(doors.filter(({ target }) => target !== undefined).map(({ name }) => name));
    this.#isTaking = local === undefined;
    this.#local = local === undefined ? { has: () => true } : new AddressSet(local);
  }

  see(frame: Frame): void {
    this.#frames++;
    if (!knowsLinkType(frame.linkType)) this.#unknownLinkType ??= frame.linkType;
    this.#passTime(frame.timeMs);
    const knock = this.#knock;
    if (!decode(frame, knock)) return;
    for (const { door, ip, terms } of this.#packets.accept(frame, knock, this.#local, this.#nowMs)) {
      this.#admit(door, ip, terms);
    }
    if (!this.#watched.has(portKey(knock.protocol, knock.port))) return this.#witness.passedBy(knock, this.#nowMs);
    for (const door of this.#matcher.accept(knock, this.#local, this.#nowMs)) {
      if (!this.#codes.follows(door, knock.source, this.#nowMs)) this.#admit(door, formatAddress(knock.source));
    }
    for (const door of this.#codes.accept(knock, this.#local, this.#nowMs, frame.timeMs))
      this.#admit(door, formatAddress(knock.source));
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

  #admit(door: Door, ip: string, terms?: Terms): void {
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
    this.#matcher.sweep(this.#nowMs);
    this.#codes.sweep(this.#nowMs);
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

const NO_UNLOCK_LOG: PacketReport = { accepted: () => {}, refused: () => {} };
const NO_CODE_LOG: CodeReport = {
  stage: () => {},
  repeat: () => {},
  astray: () => {},
  wrong: () => {},
  timeout: () => {},
  accepted: () => {},
  refused: () => {},
  locked: () => {},
  deaf: () => {},
};

const NO_LOG: AttemptReport = { stage: () => {}, timeout: () => {}, guard: () => {}, wrong: () => {} };
