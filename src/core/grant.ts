// Grants: who has which door open, until when. One grant, one end; knocking again moves it.
import TinyQueue from "tinyqueue";
import { type Family, familyOfText } from "./address.ts";
import { OldestFirst } from "./bounds/oldest-first.ts";
import { KEPT_FOR_EACH, Shares } from "./bounds/shares.ts";
import { type Door, hasClose, usesFirewall } from "./door.ts";

/**
 * BOUNDED: grants at a time, beside those kept for each door and way to earn it. A flood of spoofed complete knocks (UDP needs
 * no answer) ends here, not in the memory, and at its own door: past its share a door gives up its own oldest grant.
 */
export const GRANTS_MAX = 65_536;

/** BOUNDED: grants given up whose closing is under way. What floods faster than the firewall can close is refused instead. */
export const LEAVING_MAX = 1024;

/** BOUNDED: openings under way at doors that have nothing to undo (wake-on-LAN), beside those kept for each. Each is a process. */
export const PASSING_MAX = 256;
export const PASSING_KEPT = 8;

/** BOUNDED: grants whose closing begins in one turn: packets that came meanwhile are seen before the next ones. */
export const CLOSINGS_A_TURN = 64;

/** How many plans to close what is closed already may pile up. */
const CLOSED_MAX = 1000;

/** How soon to look again at a grant whose time is over but whose start command still runs. */
const OPENING_LOOK_MS = 100;

/** `opening` until the door's start command has ended: its time counts from then on. */
export type GrantState = "opening" | "open" | "closed";

/** How a door was earned; of a packet, with whose key. */
export interface EarnedBy {
  /** A word for machines: knock, code, packet, manual; unknown: an older ledger did not say it. */
  readonly earnedBy: string;
  readonly key?: string | undefined;
}

export interface Grant extends EarnedBy {
  readonly door: Door;
  /** Canonical text. */
  readonly ip: string;
  readonly family: Family;
  /** Monotonic milliseconds. */
  readonly openedMs: number;
  closesMs: number;
  /** How long it lasts from the end of its start command. */
  readonly durationMs: number;
  state: GrantState;
  /** When that ends which a start command has opened for a time of its own; undefined: with the grant. */
  commandEndsMs?: number;
}

/** Until when the knocker gets in. */
export function openUntilMs({ closesMs, commandEndsMs = closesMs }: Grant): number {
  return Math.min(closesMs, commandEndsMs);
}

/** On what terms a door opens, where that is not what its knocks earn. */
export interface Terms extends Partial<EarnedBy> {
  readonly durationMs?: number | undefined;
}

export type Admission =
  | { readonly outcome: "extended"; readonly grant: Grant }
  /** `givenUp` makes room for it, and is no longer among the grants; the caller closes it, then calls `left`. */
  | { readonly outcome: "opened"; readonly grant: Grant; readonly givenUp?: Grant | undefined }
  /** The door has nothing to undo: it acts each time. */
  | { readonly outcome: "passing"; readonly grant: Grant }
  | { readonly outcome: "full" };

/** A plan to close. The grant may have been extended or closed since. */
interface Closing {
  readonly atMs: number;
  readonly grant: Grant;
}

export class Grants {
  readonly #shares: Shares;
  /** BOUNDED: by the shares. */
  readonly #grants = new Map<string, Grant>();
  /** By share. BOUNDED: by the doors and the ways to earn them. */
  readonly #byAge = new Map<string, OldestFirst<Grant>>();
  /** BOUNDED: LEAVING_MAX. */
  #leaving = 0;
  readonly #passingShares = new Shares(PASSING_MAX, PASSING_KEPT);
  /** BOUNDED: by its shares. */
  readonly #passing = new Set<Grant>();
  /** BOUNDED: one entry for each grant, and for each that was closed before its time. */
  #closings = closingsOf([]);

  constructor(max: number = GRANTS_MAX, keptForEach: number = KEPT_FOR_EACH) {
    this.#shares = new Shares(max, keptForEach);
  }

  /** How many are open, or opening. */
  get count(): number {
    return this.#grants.size;
  }

  /** What an earned door means for this address now. What is open already is never shortened. */
  admit(door: Door, ip: string, nowMs: number, terms: Terms = {}): Admission {
    const { earnedBy = "knock", key, durationMs = door.grantMs } = terms;
    const family = familyOfText(ip);
    const closesMs = nowMs + durationMs;
    const current = this.#grants.get(keyOf(door, ip));
    if (current !== undefined) {
      current.closesMs = Math.max(current.closesMs, closesMs);
      return { outcome: "extended", grant: current };
    }
    const grant: Grant = { door, ip, family, openedMs: nowMs, closesMs, durationMs, earnedBy, key, state: "opening" };
    if (!hasClose(door, family)) return this.#pass(grant);
    const hasRoom = this.#shares.hasRoom(shareOf(grant));
    const givenUp = hasRoom ? undefined : this.#giveUpOldest(shareOf(grant));
    if (!hasRoom && givenUp === undefined) return { outcome: "full" };
    this.#add(grant);
    return { outcome: "opened", grant, givenUp };
  }

  /** One that was given up is closed. */
  left(): void {
    this.#leaving--;
  }

  /** A grant of an earlier run, which goes on until `closesMs`. */
  restore(door: Door, ip: string, openedMs: number, closesMs: number, { earnedBy, key }: EarnedBy): Grant {
    const durationMs = closesMs - openedMs;
    const grant: Grant = {
      door,
      ip,
      family: familyOfText(ip),
      openedMs,
      closesMs,
      durationMs,
      earnedBy,
      key,
      state: "open",
    };
    this.#add(grant);
    return grant;
  }

  get(door: string, ip: string): Grant | undefined {
    return this.#grants.get(`${ip} ${door}`);
  }

  /**
   * The start command has ended. As in knockd, the time of a door that only runs commands counts from now; the kernel has
   * counted an `open` or `set` door's since it opened.
   */
  started(grant: Grant, nowMs: number): void {
    this.#passed(grant);
    if (grant.state !== "opening") return;
    grant.state = "open";
    if (!usesFirewall(grant.door, grant.family)) grant.closesMs = Math.max(grant.closesMs, nowMs + grant.durationMs);
  }

  /** Takes out grants whose time has come, as many as one turn closes; the caller closes them. */
  due(nowMs: number, max = CLOSINGS_A_TURN): Grant[] {
    const due: Grant[] = [];
    const later: Closing[] = [];
    for (let head = this.#closings.peek(); head !== undefined && head.atMs <= nowMs; head = this.#closings.peek()) {
      if (due.length === max) break;
      this.#closings.pop();
      const { grant } = head;
      if (grant.state === "closed") continue;
      if (grant.state === "open" && grant.closesMs <= nowMs) due.push(this.remove(grant));
      // Extended since it was planned, or still opening: a look at its new end, and soon.
      else if (grant.state === "open") later.push({ atMs: grant.closesMs, grant });
      else later.push({ atMs: Math.max(grant.closesMs, nowMs + OPENING_LOOK_MS), grant });
    }
    for (const closing of later) this.#closings.push(closing);
    return due;
  }

  /** Monotonic time of the next look at `due`, or undefined while nothing is open. */
  get nextDueMs(): number | undefined {
    for (let head = this.#closings.peek(); head?.grant.state === "closed"; head = this.#closings.peek())
      this.#closings.pop();
    return this.#closings.peek()?.atMs;
  }

  remove(grant: Grant): Grant {
    grant.state = "closed";
    this.#passed(grant);
    if (this.#grants.get(keyOf(grant.door, grant.ip)) === grant) {
      this.#grants.delete(keyOf(grant.door, grant.ip));
      this.#shares.giveBack(shareOf(grant));
      if (this.#shares.held(shareOf(grant)) === 0) this.#byAge.delete(shareOf(grant));
    }
    if (this.#closings.length > 2 * this.#grants.size + CLOSED_MAX) this.#forgetClosed();
    return grant;
  }

  all(): Grant[] {
    return [...this.#grants.values()];
  }

  /** One after the other, as they are when asked for; grants may come and go meanwhile. */
  each(): Iterable<Grant> {
    return this.#grants.values();
  }

  #add(grant: Grant): void {
    const share = shareOf(grant);
    this.#grants.set(keyOf(grant.door, grant.ip), grant);
    this.#closings.push({ atMs: grant.closesMs, grant });
    this.#shares.take(share);
    const byAge = this.#byAge.get(share) ?? new OldestFirst<Grant>((grant) => grant.state === "closed");
    this.#byAge.set(share, byAge);
    byAge.push(grant, this.#shares.held(share));
  }

  #giveUpOldest(share: string): Grant | undefined {
    const oldest = this.#leaving < LEAVING_MAX ? this.#byAge.get(share)?.shift() : undefined;
    if (oldest === undefined) return undefined;
    this.#leaving++;
    return this.remove(oldest);
  }

  #forgetClosed(): void {
    this.#closings = closingsOf(this.#closings.data.filter(({ grant }) => grant.state !== "closed"));
  }

  #pass(grant: Grant): Admission {
    if (!this.#passingShares.hasRoom(shareOf(grant))) return { outcome: "full" };
    this.#passingShares.take(shareOf(grant));
    this.#passing.add(grant);
    return { outcome: "passing", grant };
  }

  #passed(grant: Grant): void {
    if (this.#passing.delete(grant)) this.#passingShares.giveBack(shareOf(grant));
  }
}

/** A share is one door earned in one way: a flood of knocks cannot take the places kept for codes or packets. */
function shareOf({ door, earnedBy }: Grant): string {
  return `${earnedBy} ${door.name}`;
}

function closingsOf(closings: Closing[]): TinyQueue<Closing> {
  return new TinyQueue(closings, (a, b) => a.atMs - b.atMs);
}

function keyOf(door: Door, ip: string): string {
  return `${ip} ${door.name}`;
}
