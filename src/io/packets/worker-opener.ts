// Opens signed packets beside the path: a short queue, a thread that tries keys, and the time that this may take. Nobody waits for it.
import type { Key } from "../../core/spa/key.ts";
import { type Answer, openedBy } from "../../core/spa/key-trial.ts";
import type { Opener, SealedPacket } from "../../core/spa/opener.ts";
import { PacketQueue, type Taken } from "../../core/spa/packet-queue.ts";
import { spaWords } from "../../core/spa/packet-words.ts";
import { TimeBudget } from "../../core/spa/time-budget.ts";
import { reasonOf } from "../../core/text/words.ts";
import type { Log } from "../log/log.ts";
import { type KeyWorker, type KeyWorkerReport, startKeyWorker } from "./key-worker.ts";

/** BOUNDED: signatures that the thread tries at a time: 2 ms. One order for each packet would cost the path more than it saves. */
const TRIES_A_BATCH = 1024;
/** So long without a packet, and the thread ends: its memory is a quarter of ours. The next packet waits for another, some 50 ms. */
const IDLE_MS = 10 * 60_000;
/** How long it takes until there is another thread after one that died: twice as long each time, until one has lived for a while. */
const AGAIN_FIRST_MS = 100;
const AGAIN_LAST_MS = 30_000;
const LIVED_MS = 60_000;

interface Batch {
  readonly taken: readonly Taken[];
  /** Those that they are tried with. */
  readonly keys: readonly Key[];
}

export class WorkerOpener implements Opener {
  readonly #log: Pick<Log, "error">;
  readonly #start: (report: KeyWorkerReport) => KeyWorker;
  readonly #queue = new PacketQueue(Math.random);
  readonly #budget = new TimeBudget(performance.now());
  #keys: readonly Key[] = [];
  #worker: KeyWorker | undefined;
  #batch: Batch | undefined;
  #batchMax = 1;
  #planned: NodeJS.Immediate | undefined;
  /** For time to try more. */
  #waiting: NodeJS.Timeout | undefined;
  /** For another thread. */
  #restart: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #againMs = AGAIN_FIRST_MS;

  constructor(log: Pick<Log, "error">, start = startKeyWorker) {
    this.#log = log;
    this.#start = start;
  }

  /** What waits is tried with the new ones; so is, once more, what is being tried. */
  apply(keys: readonly Key[]): void {
    this.#keys = keys;
    if (keys.length === 0) return this.close();
    this.#batchMax = Math.ceil(TRIES_A_BATCH / keys.length);
    this.#worker?.order({ keys: keys.map(ownBytes) });
  }

  open(packet: SealedPacket, nowMs: number): void {
    const lost = this.#queue.add(packet);
    lost?.told({ reason: "busy" }, nowMs);
    // What has come together goes together.
    this.#planned ??= setImmediate(() => {
      this.#planned = undefined;
      this.#next();
    });
  }

  /** Of whatever waits, nothing opens any more. */
  close(): void {
    clearImmediate(this.#planned);
    for (const timer of [this.#waiting, this.#restart]) clearTimeout(timer);
    this.#planned = undefined;
    this.#waiting = undefined;
    this.#restart = undefined;
    this.#endWorker();
    this.#giveUp(this.#batch?.taken.map(({ packet }) => packet) ?? []);
    this.#batch = undefined;
    this.#giveUp(this.#queue.clear());
  }

  #endWorker(): void {
    clearTimeout(this.#idle);
    this.#worker?.end();
    this.#worker = undefined;
  }

  /** One that is trying keys has time to answer, which lets the time begin anew. */
  #endIdleWorker(): void {
    if (this.#batch === undefined) this.#endWorker();
  }

  /** The one that there is, or another. */
  #thread(): KeyWorker | undefined {
    if (this.#worker !== undefined || this.#restart !== undefined) return this.#worker;
    this.#startedMs = performance.now();
    try {
      this.#worker = this.#start({
        answered: (answer) => this.#answered(answer),
        died: (reason) => this.#died(reason),
      });
      this.#worker.order({ keys: this.#keys.map(ownBytes) });
      this.#idle = setTimeout(() => this.#endIdleWorker(), IDLE_MS).unref();
    } catch (error) {
      this.#died(reasonOf(error));
    }
    return this.#worker;
  }

  /** Gives the thread what may be tried now, or waits until something may. */
  #next(): void {
    if (this.#batch !== undefined || this.#queue.isEmpty) return;
    const worker = this.#thread();
    if (worker === undefined) return;
    this.#budget.pass(performance.now());
    const taken: Taken[] = [];
    while (taken.length < this.#batchMax) {
      const next = this.#queue.take(this.#budget);
      if (next === undefined) break;
      taken.push(next);
    }
    if (taken.length === 0) return this.#wait();
    this.#batch = { taken, keys: this.#keys };
    worker.order({ texts: taken.map(({ packet }) => packet.text) });
  }

  #wait(): void {
    this.#waiting ??= setTimeout(
      () => {
        this.#waiting = undefined;
        this.#next();
      },
      Math.max(1, this.#budget.waitMs),
    ).unref();
  }

  #answered({ verdicts, spentMs }: Answer): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#idle?.refresh();
    const nowMs = performance.now();
    for (const { part } of batch.taken) this.#budget.spend(part, spentMs / batch.taken.length);
    for (const [index, { packet }] of batch.taken.entries()) {
      const tried = verdicts[index];
      // A key that was taken away must not open anything, and one that is new may fit.
      if (tried === undefined || batch.keys !== this.#keys) this.#queue.add(packet)?.told({ reason: "busy" }, nowMs);
      else packet.told(openedBy(tried, batch.keys), nowMs);
    }
    this.#next();
  }

  /** What it had is not tried again: it may be what it died of. What waits goes on waiting. */
  #died(reason: string): void {
    clearTimeout(this.#idle);
    this.#worker = undefined;
    if (performance.now() - this.#startedMs >= LIVED_MS) this.#againMs = AGAIN_FIRST_MS;
    const lost = this.#batch?.taken ?? [];
    this.#batch = undefined;
    this.#log.error({ event: "packet-worker-failed", reason }, spaWords.workerFailed(reason, this.#againMs));
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.#next();
    }, this.#againMs).unref();
    this.#againMs = Math.min(2 * this.#againMs, AGAIN_LAST_MS);
    this.#giveUp(lost.map(({ packet }) => packet));
  }

  #giveUp(packets: readonly SealedPacket[]): void {
    const nowMs = performance.now();
    for (const { told } of packets) told({ reason: "busy" }, nowMs);
  }
}

/** Sent as they are, Node's small buffers would take along what stands beside them. */
function ownBytes(key: Key): Key {
  const { hmacKey } = key;
  return {
    ...key,
    key: Uint8Array.from(key.key),
    hmacKey: hmacKey === undefined ? undefined : Uint8Array.from(hmacKey),
  };
}
