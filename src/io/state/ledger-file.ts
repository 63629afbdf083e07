// The grants on disk: written before a door opens, read at start, so that a door closes even if we are killed in between.
import { closeSync, fdatasync, ftruncateSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { closeRecord, entryKey, type LedgerEntry, openRecord, readLedger } from "../../core/ledger.ts";
import { isAbsent } from "./absent.ts";
import { replaceFile } from "./replace-file.ts";

const FILE = "ledger";
/** BOUNDED: bytes of the file. Past so many, and past twice what was left by the last time, it is written anew. */
const COMPACT_BYTES = 1024 * 1024;

const dataSync = promisify(fdatasync);

export class Ledger {
  readonly #path: string;
  /** What is still to be closed. BOUNDED: by the grants. */
  readonly #live = new Map<string, LedgerEntry>();
  #file: number | undefined;
  #bytes = 0;
  #compactAt = COMPACT_BYTES;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, FILE);
  }

  /** What an earlier run left open. Never throws: a ledger that cannot be read is a warning, not a reason to stay down. */
  read(): { entries: LedgerEntry[]; damaged: number; problem?: unknown } {
    try {
      const found = readLedger(readFileSync(this.#path, "utf8"));
      for (const entry of found.entries) this.#live.set(entryKey(entry), entry);
      this.#compact();
      return found;
    } catch (problem) {
      if (!isAbsent(problem)) return { entries: [], damaged: 0, problem };
      this.#begin();
      return { entries: [], damaged: 0 };
    }
  }

  /** A new file is on disk before somebody knocks, who would wait for that. */
  #begin(): void {
    try {
      this.#compact();
    } catch {
      // Whoever is to be noted in it is told.
    }
  }

  /**
   * Notes a grant that opens, or its new end. A SIGKILL after this loses nothing; `durable` also waits for the disk, for
   * what outlives a power cut. Rejects with what node:fs says if it cannot be noted.
   */
  async open(entry: LedgerEntry, durable: boolean): Promise<void> {
    this.#append(openRecord(entry));
    this.#live.set(entryKey(entry), entry);
    if (durable && this.#file !== undefined) await dataSync(this.#file);
  }

  /** Throws what node:fs says. Then a restart closes the door once more, which is the side to err on. */
  close(entry: Pick<LedgerEntry, "door" | "ip">): void {
    if (!this.#live.delete(entryKey(entry))) return;
    this.#append(closeRecord(entry));
  }

  #append(line: string): void {
    if (this.#file === undefined || this.#bytes > this.#compactAt) this.#compact();
    if (this.#file === undefined) throw new Error(`cannot write ${this.#path}`);
    const bytes = Buffer.from(line);
    const before = this.#bytes;
    try {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.#file, bytes, written, bytes.length - written, before + written);
      }
      this.#bytes += bytes.length;
    } catch (error) {
      // Half a line (disk full) must not spoil the next one.
      ftruncateSync(this.#file, before);
      throw error;
    }
  }

  /** Leaves out what is over. */
  #compact(): void {
    const text = Buffer.from([...this.#live.values()].map(openRecord).join(""));
    const file = replaceFile(this.#path, text);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = file;
    this.#bytes = text.length;
    this.#compactAt = Math.max(COMPACT_BYTES, 2 * text.length);
  }
}
