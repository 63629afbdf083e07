// The files of one-time sequences of all doors that have one.
import type { Door } from "../../core/door.ts";
import { words } from "../../core/text/words.ts";
import type { Log } from "../log/log.ts";
import { OneTimeFile } from "./one-time-file.ts";

export class OneTimeFiles {
  /** By door name. BOUNDED: by the doors. */
  readonly #files = new Map<string, OneTimeFile>();
  readonly #log: Log;

  /** A file that cannot be read disables its door alone, and says so. */
  constructor(doors: readonly Door[], log: Log) {
    this.#log = log;
    for (const { name, oneTimeSequences } of doors) {
      if (oneTimeSequences === undefined) continue;
      try {
        const file = new OneTimeFile(oneTimeSequences);
        this.#files.set(name, file);
        if (file.unreadable > 0)
          log.warn({ event: "one-time-unreadable", door: name }, words.oneTimeUnreadable(name, file.unreadable));
        if (file.left === 0) log.warn({ event: "one-time-exhausted", door: name }, words.oneTimeEmpty(name));
      } catch (error) {
        log.error({ event: "one-time-failed", door: name }, words.oneTimeUnusable(name, oneTimeSequences, error));
      }
    }
  }

  /** The doors with the sequences that are good now; without one left, nobody can earn the door. */
  current(doors: readonly Door[]): Door[] {
    return doors.map((door) =>
      door.oneTimeSequences === undefined ? door : { ...door, sequence: this.#files.get(door.name)?.sequence ?? [] },
    );
  }

  /** The door was earned: its sequence is spent. Says whether `current` has changed. */
  spend(door: Door): boolean {
    const file = this.#files.get(door.name);
    if (file === undefined) return false;
    try {
      file.strike();
    } catch (error) {
      // The knocker is honest and must get in; only the next start will not know that the sequence is spent.
      this.#log.error({ event: "one-time-failed", door: door.name }, words.oneTimeNotStruck(door.name, error));
    }
    if (file.left === 0)
      this.#log.warn({ event: "one-time-exhausted", door: door.name }, words.oneTimeEmpty(door.name));
    else
      this.#log.info(
        { event: "one-time-used", door: door.name, left: file.left },
        words.oneTimeLeft(door.name, file.left),
      );
    return true;
  }
}
