// The used packets, and the used codes, on disk: appended before a door opens, read at start, so that neither SIGKILL,
// a restart nor a power cut makes a used one good again.
import { OnceMemory, onceLine, type Remembered, readOnce } from "../../core/once.ts";
import type { UsedPackets } from "../../core/spa/packet-matcher.ts";
import { spaWords } from "../../core/spa/packet-words.ts";
import { reasonOf } from "../../core/text/words.ts";
import { codeWords } from "../../core/totp/code-words.ts";
import type { Log } from "../log/log.ts";
import { LineFile } from "./line-file.ts";

/** What it is called, and what the log says when it cannot be written. */
export interface OnceKind {
  readonly file: string;
  readonly event: string;
  readonly notKept: (reason: string) => string;
}

export const PACKETS: OnceKind = { file: "replays", event: "packet-memory-failed", notKept: spaWords.replayNotKept };
export const CODES: OnceKind = { file: "used-codes", event: "code-memory-failed", notKept: codeWords.usedNotKept };

export interface OnceSettings {
  readonly kind?: OnceKind;
  readonly boot: string;
  /** Nothing of ours is on this disk yet: that there is no file means that nothing was used. */
  readonly firstRun: boolean;
}

export class OnceFile implements UsedPackets {
  readonly #file: LineFile;
  readonly #memory = new OnceMemory();
  readonly #kind: OnceKind;
  readonly #firstRun: boolean;
  readonly #log: Pick<Log, "error">;
  #loaded = false;

  constructor(stateDirectory: string, log: Pick<Log, "error">, { kind = PACKETS, boot, firstRun }: OnceSettings) {
    this.#file = new LineFile(stateDirectory, kind.file, boot, () => this.#memory.lines());
    this.#kind = kind;
    this.#firstRun = firstRun;
    this.#log = log;
  }

  /**
   * At the very first start, when nothing can have been used: so that a file that is not there later on has been taken away,
   * however late the first key comes into the config. One that cannot be made is told by `load`.
   */
  begin(): void {
    try {
      if (this.#file.read() === undefined) this.#file.compact();
    } catch {}
  }

  /**
   * Once: what was used before this run. Says what is wrong with the file, if anything is. Where we cannot know all that was
   * used, every packet from before now is refused: it costs a knocker nothing, who sends one that is new.
   */
  load(): string | undefined {
    if (this.#loaded) return undefined;
    this.#loaded = true;
    const problem = this.#read();
    try {
      this.#file.compact();
      return problem;
    } catch (error) {
      // What is used in this run, a next one will not know.
      this.#memory.raiseFloor(Date.now());
      return problem ?? reasonOf(error);
    }
  }

  has(fingerprint: string): boolean {
    return this.#memory.has(fingerprint);
  }

  mayHaveForgotten(timeMs: number): boolean {
    return this.#memory.mayHaveForgotten(timeMs);
  }

  add(packet: Remembered, nowMs: number, maxAgeMs: number): boolean {
    if (!this.#memory.add(packet, nowMs, maxAgeMs)) return false;
    try {
      this.#file.append(onceLine(packet));
    } catch (error) {
      this.#file.spoil();
      // The knocker is honest and must get in: a full disk may be what they come for.
      this.#log.error({ event: this.#kind.event }, this.#kind.notKept(reasonOf(error)));
    }
    return true;
  }

  #read(): string | undefined {
    try {
      const kept = this.#file.read();
      if (kept === undefined) {
        // Somebody has taken it away, perhaps with what was used.
        if (!this.#firstRun) this.#memory.raiseFloor(Date.now());
        return undefined;
      }
      const once = readOnce(kept.lines);
      if (once !== undefined) this.#memory.restore(once);
      const whole = kept.sameBoot && !kept.torn && once?.damaged === 0;
      if (!whole) this.#memory.raiseFloor(Date.now());
      if (once === undefined) return `${this.#file.path} is damaged`;
      return once.damaged > 0 ? `${once.damaged} damaged lines in ${this.#file.path}` : undefined;
    } catch (error) {
      this.#memory.raiseFloor(Date.now());
      return reasonOf(error);
    }
  }
}
