// The used packets, and the used codes, on disk: appended before a door opens, read at start, so that neither SIGKILL
// nor a restart makes a used one good again.
import { closeSync, ftruncateSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { OnceMemory, onceLine, type Remembered, readOnce } from "../../core/once.ts";
import type { UsedPackets } from "../../core/spa/packet-matcher.ts";
import { spaWords } from "../../core/spa/packet-words.ts";
import { reasonOf } from "../../core/text/words.ts";
import { codeWords } from "../../core/totp/code-words.ts";
import type { Log } from "../log/log.ts";
import { isAbsent } from "./absent.ts";
import { replaceFile } from "./replace-file.ts";

/** What it is called, and what the log says when it cannot be written. */
export interface OnceKind {
  readonly file: string;
  readonly event: string;
  readonly notKept: (reason: string) => string;
}

const PACKETS: OnceKind = { file: "replays", event: "spa-memory", notKept: spaWords.replayNotKept };
export const CODES: OnceKind = { file: "used-codes", event: "code-memory", notKept: codeWords.usedNotKept };
/** BOUNDED: bytes of the file. Past so many, and past twice what was left by the last time, it is written anew. */
const COMPACT_BYTES = 256 * 1024;
/** Nothing that we write is longer. */
const READ_BYTES_MAX = 64 * 1024 * 1024;

export class OnceFile implements UsedPackets {
  readonly #path: string;
  readonly #memory = new OnceMemory();
  readonly #kind: OnceKind;
  readonly #log: Pick<Log, "error">;
  #loaded = false;
  #file: number | undefined;
  #bytes = 0;
  #compactAt = COMPACT_BYTES;

  constructor(stateDirectory: string, log: Pick<Log, "error">, kind = PACKETS) {
    this.#path = join(stateDirectory, kind.file);
    this.#kind = kind;
    this.#log = log;
  }

  /**
   * Once: what was used before this run. Says what is wrong with the file, if anything is; then we cannot know what was used,
   * and refuse every packet from before now.
   */
  load(): string | undefined {
    if (this.#loaded) return undefined;
    this.#loaded = true;
    const problem = this.#read();
    if (problem !== undefined) this.#memory.raiseFloor(Date.now());
    try {
      this.#compact();
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
      if (this.#file === undefined || this.#bytes > this.#compactAt) this.#compact();
      else this.#append(onceLine(packet));
    } catch (error) {
      this.#spoil();
      // The knocker is honest and must get in: a full disk may be what he comes for.
      this.#log.error({ event: this.#kind.event }, this.#kind.notKept(reasonOf(error)));
    }
    return true;
  }

  /** Absent at the first start: nothing was used. */
  #read(): string | undefined {
    try {
      if (statSync(this.#path).size > READ_BYTES_MAX) return `${this.#path} is larger than ${READ_BYTES_MAX} bytes`;
      const kept = readOnce(readFileSync(this.#path, "utf8"));
      if (kept === undefined) return `${this.#path} is damaged`;
      this.#memory.restore(kept);
      return kept.damaged > 0 ? `${kept.damaged} damaged lines in ${this.#path}` : undefined;
    } catch (error) {
      return isAbsent(error) ? undefined : reasonOf(error);
    }
  }

  #append(line: string): void {
    if (this.#file === undefined) return;
    const bytes = Buffer.from(line);
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#bytes + written);
    }
    this.#bytes += bytes.length;
  }

  /** A file without its first line tells the next start that it does not know all. (A full disk still lets us shorten it.) */
  #spoil(): void {
    try {
      if (this.#file !== undefined) {
        ftruncateSync(this.#file, 0);
        closeSync(this.#file);
      }
    } catch {
      // Then what the file says is older than what it should say, and one packet may be good once more after a restart.
    }
    this.#file = undefined;
  }

  /** Leaves out what is over. */
  #compact(): void {
    const text = Buffer.from(this.#memory.text());
    const file = replaceFile(this.#path, text);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = file;
    this.#bytes = text.length;
    this.#compactAt = Math.max(COMPACT_BYTES, 2 * text.length);
  }
}
