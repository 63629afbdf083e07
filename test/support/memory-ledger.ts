// A ledger in memory, in the words of the real one; it can be told that the disk is full.
import { closeRecord, type LedgerEntry, openRecord, readLedger } from "../../src/core/ledger.ts";

export class MemoryLedger {
  text = "";
  /** Change it to reboot. */
  boot = "boot-1";
  /** What the next calls reject with. */
  failure: Error | undefined;
  /** Door and address of each opening that waited for the disk. */
  readonly durable: string[] = [];

  read(): { entries: LedgerEntry[]; damaged: number; problem?: unknown } {
    return readLedger(this.text.split("\n"));
  }

  /** The same disk for the next run; what the killed one still writes goes nowhere. */
  handOn(): MemoryLedger {
    const next = new MemoryLedger();
    next.text = this.text;
    next.boot = this.boot;
    return next;
  }

  async open(entry: LedgerEntry, durable: boolean): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.text += openRecord(entry);
    if (durable) this.durable.push(`${entry.door} ${entry.ip}`);
  }

  close(entry: Pick<LedgerEntry, "door" | "ip">): void {
    if (this.failure !== undefined) throw this.failure;
    this.text += closeRecord(entry);
  }
}
