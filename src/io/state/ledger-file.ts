// The grants on disk: written before a door opens, read at start, so that a door closes even if we are killed in between.
import { closeRecord, entryKey, type LedgerEntry, openRecord, readLedger } from "../../core/ledger.ts";
import { LineFile } from "./line-file.ts";

const FILE = "ledger";

export class Ledger {
  readonly #file: LineFile;
  /** What is still to be closed. BOUNDED: by the grants. */
  readonly #live = new Map<string, LedgerEntry>();

  constructor(stateDirectory: string, boot: string) {
    this.#file = new LineFile(stateDirectory, FILE, boot, () => [...this.#live.values()].map(openRecord));
  }

  /** What an earlier run left open. Never throws: a ledger that cannot be read is a warning, not a reason to stay down. */
  read(): { entries: LedgerEntry[]; damaged: number; problem?: unknown } {
    try {
      const kept = this.#file.read();
      if (kept === undefined) {
        this.#begin();
        return { entries: [], damaged: 0 };
      }
      const { entries, damaged } = readLedger(kept.lines);
      for (const entry of entries) this.#live.set(entryKey(entry), entry);
      this.#file.compact();
      return { entries, damaged: damaged + (kept.torn ? 1 : 0) };
    } catch (problem) {
      return { entries: [], damaged: 0, problem };
    }
  }

  /** A new file is on disk before somebody knocks, who would wait for that. */
  #begin(): void {
    try {
      this.#file.compact();
    } catch {
      // Whoever is to be noted in it is told.
    }
  }

  /**
   * Notes a grant that opens, or its new end. A SIGKILL after this loses nothing; `durable` also waits for the disk, for
   * what outlives a power cut. Rejects with what node:fs says if it cannot be noted.
   */
  async open(entry: LedgerEntry, durable: boolean): Promise<void> {
    const before = this.#live.get(entryKey(entry));
    this.#live.set(entryKey(entry), entry);
    try {
      this.#file.append(openRecord(entry));
    } catch (error) {
      if (before === undefined) this.#live.delete(entryKey(entry));
      else this.#live.set(entryKey(entry), before);
      throw error;
    }
    if (durable) await this.#file.settle();
  }

  /** Throws what node:fs says. Then a restart closes the door once more, which is the side to err on. */
  close(entry: Pick<LedgerEntry, "door" | "ip">): void {
    if (this.#live.delete(entryKey(entry))) this.#file.append(closeRecord(entry));
  }
}
