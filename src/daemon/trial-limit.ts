// The limit of a trial: the daemon that `knockd init` has started lives no longer than it may, and no longer than init itself.
import type { Ending } from "../io/ending.ts";
import { KEEP, TrialExpiry } from "../io/firewall/trial-expiry.ts";

/** Two renewals may fail before the kernel lets go. */
const RENEWALS = 3;

/**
 * Four ways lead out of a trial, each without the others' help: the time is over and we end; init dies, by whatever signal,
 * and the end of our stdin tells us; we die, and the kernel forgets what is hidden once its time is over; the machine loses
 * power, and with it every rule, for the config is not in its place yet and no service is started. What was confirmed goes
 * on by a time limit that is renewed, until another knockd, such as the service, takes the table over.
 */
export class TrialLimit {
  readonly expiry: TrialExpiry;
  readonly #forMs: number;
  readonly #ending: Ending;
  #over: NodeJS.Timeout | undefined;
  #isConfirmed = false;
  #keep: () => void = () => {};

  constructor(forMs: number, ending: Ending) {
    this.#forMs = forMs;
    this.#ending = ending;
    this.expiry = new TrialExpiry(forMs, () => ending.end());
    this.#over = setTimeout(() => ending.end(), forMs);
    // BOUNDED: init writes one word. Without somebody who reads, its death would not be noticed.
    process.stdin.on("data", (word: Buffer) => {
      this.#isConfirmed ||= word.toString() === KEEP;
      this.#keep();
    });
    process.stdin.on("end", () => this.#released()).on("error", () => this.#released());
  }

  /** From now on KEEP is obeyed. `hideAgain` hides with what is left of its time; `kept` is told when that is done. */
  hold(hideAgain: () => Promise<void>, kept: () => void): void {
    this.#keep = () => {
      if (!this.#isConfirmed || this.#over === undefined) return;
      clearTimeout(this.#over);
      this.#over = undefined;
      const renew = (): Promise<void> => {
        this.expiry.renew();
        return hideAgain();
      };
      renew().then(kept, () => this.#ending.end());
      // One that fails is made good by the next; if none succeeds, the kernel lets go.
      setInterval(() => renew().catch(() => {}), this.#forMs / RENEWALS).unref();
    };
    this.#keep();
  }

  /** Init is gone. */
  #released(): void {
    if (this.#over !== undefined) this.#ending.end();
  }
}
