// Grants: who has which door open, until when. One grant, one end; knocking again moves it.
import TinyQueue from "tinyqueue";
import { type Family, familyOfText } from "./address.ts";
import { type Door, hasClose, usesFirewall } from "./door.ts";

/** BOUNDED: grants at a time. A flood of spoofed complete knocks (UDP needs no answer) ends here, not in the memory. */
export const GRANTS_MAX = 65_536;

/** BOUNDED: openings under way at doors that have nothing to undo (wake-on-LAN). Each is a process. */
export const PASSING_MAX = 256;

/** How many plans to close what is closed already may pile up. */
const CLOSED_MAX = 1000;

/** How soon to look again at a grant whose time is over but whose start command still runs. */
const OPENING_LOOK_MS = 100;

/** `opening` until the door's start command has ended: its time counts from then on. */
export type GrantState = "opening" | "open" | "closed";

export interface Grant {
  readonly door: Door;
  /** Canonical text. */
  readonly ip: string;
  readonly family: Family;
  /** Monotonic milliseconds. */
  readonly openedMs: number;
  closesMs: number;
  /** How long it lasts from the end of its start command. */
  readonly durationMs: number;
  /** For people: `knock`, `by hand`. */
  readonly earnedBy: string;
  state: GrantState;
  /** When that ends which a start command has opened for a time of its own; undefined: with the grant. */
  commandEndsMs?: number;
}

/** Until when the knocker gets in. */
export function openUntilMs({ closesMs, commandEndsMs = closesMs }: Grant): number {
  return Math.min(closesMs, commandEndsMs);
}

/** On what terms a door opens, where that is not what its knocks earn. */
export interface Terms {
  readonly earnedBy?: string | undefined;
  readonly durationMs?: number | undefined;
}

/** How a door is earned unless told otherwise. */
export const BY_KNOCK = "knock";

export type Admission =
  | { readonly outcome: "opened" | "extended"; readonly grant: Grant }
  /** The door has nothing to undo: it acts each time. */
  | { readonly outcome: "passing"; readonly grant: Grant }
  | { readonly outcome: "full" };

/** A plan to close. The grant may have been extended or closed since. */
interface Closing {
  readonly atMs: number;
  readonly grant: Grant;
}

export class Grants {
  readonly #max: number;
  /** BOUNDED: `max` entries. */
  readonly #grants = new Map<string, Grant>();
  /** BOUNDED: PASSING_MAX entries. */
  readonly #passing = new Set<Grant>();
  /** BOUNDED: one entry for each grant, and for each that was closed before its time. */
  #closings = closingsOf([]);

  constructor(max: number = GRANTS_MAX) {
    this.#max = max;
  }

  /** How many are open, or opening. */
  get count(): number {
    return this.#grants.size;
  }

  /** What an earned door means for this address now. What is open already is never shortened. */
  admit(door: Door, ip: string, nowMs: number, terms: Terms = {}): Admission {
    const { earnedBy = BY_KNOCK, durationMs = door.grantMs } = terms;
    const family = familyOfText(ip);
    const closesMs = nowMs + durationMs;
    const current = this.#grants.get(keyOf(door, ip));
    if (current !== undefined) {
      current.closesMs = Math.max(current.closesMs, closesMs);
      return { outcome: "extended", grant: current };
    }
    const grant: Grant = { door, ip, family, openedMs: nowMs, closesMs, durationMs, earnedBy, state: "opening" };
    if (!hasClose(door, family)) return this.#pass(grant);
    if (this.#grants.size >= this.#max) return { outcome: "full" };
    this.#grants.set(keyOf(door, ip), grant);
    this.#closings.push({ atMs: grant.closesMs, grant });
    return { outcome: "opened", grant };
  }

  /** A grant of an earlier run, which goes on until `closesMs`. */
  restore(door: Door, ip: string, openedMs: number, closesMs: number, earnedBy: string): Grant {
    const durationMs = closesMs - openedMs;
    const grant: Grant = {
      door,
      ip,
      family: familyOfText(ip),
      openedMs,
      closesMs,
      durationMs,
      earnedBy,
      state: "open",
    };
    this.#grants.set(keyOf(door, ip), grant);
    this.#closings.push({ atMs: closesMs, grant });
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
    this.#passing.delete(grant);
    if (grant.state !== "opening") return;
    grant.state = "open";
    if (!usesFirewall(grant.door, grant.family)) grant.closesMs = Math.max(grant.closesMs, nowMs + grant.durationMs);
  }

  /** Takes out the grants whose time has come; the caller closes them. */
  due(nowMs: number): Grant[] {
    const due: Grant[] = [];
    const later: Closing[] = [];
    for (let head = this.#closings.peek(); head !== undefined && head.atMs <= nowMs; head = this.#closings.peek()) {
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
    this.#passing.delete(grant);
    if (this.#grants.get(keyOf(grant.door, grant.ip)) === grant) this.#grants.delete(keyOf(grant.door, grant.ip));
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

  #forgetClosed(): void {
    this.#closings = closingsOf(this.#closings.data.filter(({ grant }) => grant.state !== "closed"));
  }

  #pass(grant: Grant): Admission {
    if (this.#passing.size >= PASSING_MAX) return { outcome: "full" };
    this.#passing.add(grant);
    return { outcome: "passing", grant };
  }
}

function closingsOf(closings: Closing[]): TinyQueue<Closing> {
  return new TinyQueue(closings, (a, b) => a.atMs - b.atMs);
}

function keyOf(door: Door, ip: string): string {
  return `${ip} ${door.name}`;
}
