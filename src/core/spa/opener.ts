// Who tries the keys of a packet: this one, at once; or a thread beside the path (io/packets/worker-opener.ts).
import type { Key } from "./key.ts";
import { type Opened, open, type PreparedKey, prepare } from "./open-packet.ts";
import type { Refusal } from "./refusal.ts";

/** Whose packet it is, as far as its sender's address tells; see standing.ts. */
export type Lane = "known" | "fresh" | "failed";

export interface SealedPacket {
  readonly text: string;
  readonly lane: Lane;
  /** Hears once what came of it, at once or later. */
  readonly told: (verdict: Opened | Refusal, nowMs: number) => void;
}

export interface Opener {
  /** These from now on, also for packets that wait. Never hears of keys that were taken away. */
  apply(keys: readonly Key[]): void;
  open(packet: SealedPacket, nowMs: number): void;
}

export class DirectOpener implements Opener {
  #keys: readonly PreparedKey[] = [];

  apply(keys: readonly Key[]): void {
    this.#keys = prepare(keys);
  }

  open({ text, told }: SealedPacket, nowMs: number): void {
    told(open(text, this.#keys), nowMs);
  }
}
