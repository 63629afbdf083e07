// After the knock: does the service answer? Asked again and again, until it does or the time is over.

import type { Port } from "../core/port.ts";
import { askByConnecting, askByDatagram, type Sign } from "./ask.ts";
import type { Target, Wait } from "./plan.ts";

/** `silent`: no sign at all; `unreachable`: with the reason in the words of the error. */
export type Answer =
  | { readonly outcome: "answered"; readonly afterMs: number }
  | { readonly outcome: "refused" }
  | { readonly outcome: "silent" }
  | { readonly outcome: "unreachable"; readonly reason: string };

/** From one round of questions to the next: often at first, for a door opens within milliseconds, then once a second. */
const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 1000;
/** A question lives on while others are asked: answers may come from far. */
const QUESTION_MS = 3000;

export async function waitFor({ port, forMs }: Wait, targets: readonly Target[]): Promise<Answer> {
  const waiting = new Waiting(port, targets);
  try {
    return await waiting.answer(forMs);
  } finally {
    waiting.end();
  }
}

class Waiting {
  readonly #port: Port;
  readonly #targets: readonly Target[];
  /** BOUNDED: questions live for QUESTION_MS, which are six of a target at a time. */
  readonly #questions = new Set<() => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** The latest from each target. */
  readonly #signs = new Map<Target, Sign>();

  constructor(port: Port, targets: readonly Target[]) {
    this.#port = port;
    this.#targets = targets;
  }

  answer(forMs: number): Promise<Answer> {
    const startMs = performance.now();
    return new Promise((resolve) => {
      const look = (): void => {
        if ([...this.#signs.values()].includes("answered")) {
          resolve({ outcome: "answered", afterMs: performance.now() - startMs });
        }
        // Without a route of our own nothing will change by waiting.
        if (this.#all().every(isRouteless)) resolve(verdictOf(this.#all()));
      };
      this.#later(forMs, () => resolve(verdictOf(this.#all())));
      this.#round(PAUSE_MIN_MS, look);
    });
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const takeBack of this.#questions) takeBack();
  }

  #all(): Sign[] {
    return this.#targets.map((target) => this.#signs.get(target) ?? "silent");
  }

  #round(pauseMs: number, look: () => void): void {
    for (const target of this.#targets) this.#ask(target, look);
    this.#later(pauseMs, () => this.#round(Math.min(pauseMs * 2, PAUSE_MAX_MS), look));
  }

  #ask(target: Target, look: () => void): void {
    const ask = this.#port.protocol === "udp" ? askByDatagram : askByConnecting;
    let told = false;
    const takeBack = ask(target, this.#port.number, (sign) => {
      told = true;
      this.#signs.set(target, sign);
      look();
    });
    this.#questions.add(takeBack);
    this.#later(QUESTION_MS, () => {
      // A firewall that rejects answers only so often: that it said no counts for more than that it then said nothing.
      if (!told && !isRefusal(this.#signs.get(target))) this.#signs.set(target, "silent");
      this.#questions.delete(takeBack);
      takeBack();
    });
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}

/** Of several targets, the sign that says most. */
export function verdictOf(signs: readonly Sign[]): Answer {
  const errors = signs.flatMap((sign) => (typeof sign === "object" ? [sign.error] : []));
  if (errors.includes("ECONNREFUSED")) return { outcome: "refused" };
  const [reason] = errors.filter((error) => error !== "ETIMEDOUT");
  if (reason === undefined || errors.length < signs.length) return { outcome: "silent" };
  return { outcome: "unreachable", reason };
}

function isRefusal(sign: Sign | undefined): boolean {
  return typeof sign === "object" && sign.error === "ECONNREFUSED";
}

function isRouteless(sign: Sign): boolean {
  return typeof sign === "object" && (sign.error === "ENETUNREACH" || sign.error === "EADDRNOTAVAIL");
}
