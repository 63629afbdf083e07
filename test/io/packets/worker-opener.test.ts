import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Key } from "../../../src/core/spa/key.ts";
import { type Answer, type Order, tryKeys } from "../../../src/core/spa/key-trial.ts";
import { prepare } from "../../../src/core/spa/open-packet.ts";
import type { Lane } from "../../../src/core/spa/opener.ts";
import { PLACES_MAX } from "../../../src/core/spa/packet-queue.ts";
import type { KeyWorkerReport } from "../../../src/io/packets/key-worker.ts";
import { WorkerOpener } from "../../../src/io/packets/worker-opener.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { pass, stopClock } from "../../support/rig.ts";
import { key, packet } from "../../support/spa-packets.ts";

/** A thread that answers when it is told to. */
class Thread {
  readonly orders: Order[] = [];
  ended = false;
  readonly report: KeyWorkerReport;

  constructor(report: KeyWorkerReport) {
    this.report = report;
  }

  order(order: Order): void {
    this.orders.push(structuredClone(order));
  }

  end(): void {
    this.ended = true;
  }

  /** Those that it has now. */
  get texts(): readonly string[] {
    const order = this.orders.at(-1);
    return order !== undefined && "texts" in order ? order.texts : [];
  }

  answer(spentMs = 0): void {
    const keys = this.orders.flatMap((order) => ("keys" in order ? [order.keys] : [])).at(-1) ?? [];
    const prepared = prepare(keys);
    const answer: Answer = { verdicts: this.texts.map((text) => tryKeys(text, prepared)), spentMs };
    this.report.answered(structuredClone(answer));
  }
}

/** Of so many one packet at a time is tried. */
const MANY = Array(1024).fill(key());
const COUNT = 20;
const BOB = key({ name: "bob", hmacKey: Buffer.alloc(64, 9) });
const ALICES = (): string => packet({ nowS: 1_800_000_000 });
const BOBS = (): string => packet({ nowS: 1_800_000_000, hmacKey: Buffer.alloc(64, 9) });

class Bench {
  readonly threads: Thread[] = [];
  readonly log = memoryLog();
  readonly said: string[] = [];
  failure: Error | undefined;
  readonly opener = new WorkerOpener(this.log.log, (report) => {
    if (this.failure !== undefined) throw this.failure;
    const thread = new Thread(report);
    this.threads.push(thread);
    return thread;
  });

  constructor(keys: readonly Key[] = [key()]) {
    this.opener.apply(keys);
  }

  /** All at once, and lets what they set off come to its end. */
  async send(texts: string | readonly string[], lane: Lane = "fresh"): Promise<void> {
    const told = (verdict: { reason: string } | { key: Key }): void =>
      void this.said.push("reason" in verdict ? verdict.reason : verdict.key.name);
    for (const text of [texts].flat()) this.opener.open({ text, lane, told }, performance.now());
    await turn();
  }

  get thread(): Thread {
    const thread = this.threads.at(-1);
    if (thread === undefined) throw new Error("no thread");
    return thread;
  }
}

/** The loop turns: that is no matter of the clock. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

describe("packets opened beside the path", () => {
  it("are answered later, each with the key that fits", async () => {
    const bench = new Bench([key(), BOB]);
    await bench.send(BOBS());
    expect(bench.said).toEqual([]);
    bench.thread.answer();
    await bench.send(ALICES());
    bench.thread.answer();
    await bench.send(packet({ nowS: 1, hmacKey: Buffer.alloc(64, 3) }));
    bench.thread.answer();
    expect(bench.said).toEqual(["bob", "alice", "no-key"]);
    expect(bench.threads).toHaveLength(1);
  });

  it("that come together go together", async () => {
    const bench = new Bench();
    await bench.send([ALICES(), ALICES(), ALICES()]);
    expect(bench.thread.texts).toHaveLength(3);
  });

  it("bring back nothing of a key but its number", async () => {
    const bench = new Bench();
    await bench.send(ALICES());
    const { report } = bench.thread;
    const answers: string[] = [];
    const answered = report.answered.bind(report);
    Object.assign(report, {
      answered: (answer: Answer) => {
        answers.push(JSON.stringify(answer));
        answered(answer);
      },
    });
    bench.thread.answer();
    expect(bench.said).toEqual(["alice"]);
    expect(answers.join()).toContain('"key":0');
    expect(answers.join()).not.toMatch(/hmac|keys\/alice/);
  });

  it("wait in a short queue: of more than that, one gives its place and is told", async () => {
    const bench = new Bench();
    const lost = 100;
    await bench.send(Array.from({ length: PLACES_MAX + lost }, ALICES));
    expect(bench.said).toEqual(Array(lost).fill("busy"));
    bench.thread.answer();
    expect(bench.said.slice(lost)).toEqual(Array(PLACES_MAX).fill("alice"));
  });

  it("are tried for a fifth of the time, and go on by themselves when there is time again", async () => {
    const bench = new Bench(MANY);
    await bench.send(Array.from({ length: COUNT }, ALICES));
    const beganMs = performance.now();
    const answered = new Set<Order>();
    let spentMs = 0;
    for (let look = 0; bench.said.length < COUNT; look++) {
      expect(look).toBeLessThan(10_000);
      const order = bench.thread.orders.at(-1);
      if (order !== undefined && "texts" in order && !answered.has(order)) {
        answered.add(order);
        spentMs += 300;
        bench.thread.answer(300);
      }
      await pass(10);
    }
    expect(answered.size).toBeGreaterThan(2);
    // What was saved up, and the last one, which is paid for afterwards.
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual((spentMs - 200 - 300) / 0.2);
  });

  it("of a known network are tried although others have used up the time", async () => {
    const bench = new Bench();
    await bench.send(ALICES());
    bench.thread.answer(5000);
    await bench.send(ALICES());
    expect(bench.thread.orders).toHaveLength(2);
    await bench.send(ALICES(), "known");
    bench.thread.answer();
    expect(bench.said).toEqual(["alice", "alice"]);
  });

  it("need no thread until the first of them, and none long after the last", async () => {
    const bench = new Bench();
    expect(bench.threads).toEqual([]);
    await bench.send(ALICES());
    await pass(9 * 60_000);
    bench.thread.answer();
    await pass(9 * 60_000);
    expect(bench.thread.ended).toBe(false);
    await pass(60_000);
    expect(bench.thread.ended).toBe(true);
    await bench.send(ALICES());
    bench.thread.answer();
    expect([bench.said, bench.threads.length]).toEqual([["alice", "alice"], 2]);
    expect(bench.log.messages()).toEqual([]);
  });

  it("keep their thread however long they are tried: the last one is answered, too", async () => {
    const bench = new Bench();
    await bench.send(ALICES());
    await pass(11 * 60_000);
    bench.thread.answer();
    expect(bench.said).toEqual(["alice"]);
    await bench.send(ALICES());
    bench.thread.answer();
    expect(bench.said).toEqual(["alice", "alice"]);
    await pass(11 * 60_000);
    expect(bench.threads.map(({ ended }) => ended)).toEqual([true]);
  });
});

describe("other keys", () => {
  it("are tried with what waits, and once more with what is being tried: no packet is lost, no old key opens", async () => {
    const bench = new Bench();
    await bench.send([ALICES(), BOBS()]);
    await bench.send(BOBS());
    bench.opener.apply([BOB]);
    bench.thread.report.answered({ verdicts: [{ reason: "no-key" }, { reason: "no-key" }], spentMs: 0 });
    expect(bench.said).toEqual([]);
    bench.thread.answer();
    expect(bench.said.sort()).toEqual(["bob", "bob", "no-key"]);
    expect(bench.threads).toHaveLength(1);
  });

  it("of which there are none end the thread, and what waited is told; the first one starts another", async () => {
    const bench = new Bench();
    await bench.send(ALICES());
    await bench.send(ALICES());
    bench.opener.apply([]);
    expect([bench.said, bench.thread.ended]).toEqual([["busy", "busy"], true]);
    bench.opener.apply([key()]);
    await bench.send(ALICES());
    bench.thread.answer();
    expect([bench.said.at(-1), bench.threads.length]).toEqual(["alice", 2]);
  });

  it("go over as bytes of their own, not with what stands beside them in memory", async () => {
    const pool = Buffer.alloc(8192, 0x41);
    const bench = new Bench([key({ key: pool.subarray(100, 132), hmacKey: pool.subarray(200, 264) })]);
    await bench.send(ALICES());
    const [order] = bench.thread.orders;
    if (order === undefined || !("keys" in order)) throw new Error("no keys");
    expect(order.keys[0]?.key.buffer.byteLength).toBe(32);
    expect(order.keys[0]?.hmacKey?.buffer.byteLength).toBe(64);
  });
});

describe("a thread that dies", () => {
  it("is one error line and another thread; what it had is told, what waits goes on waiting", async () => {
    const bench = new Bench();
    await bench.send(BOBS());
    await bench.send(ALICES());
    bench.thread.report.died("out of memory");
    expect(bench.said).toEqual(["busy"]);
    expect(bench.log.messages()).toEqual([
      "the thread that tries keys of signed packets has failed, once more in 0.1 s: out of memory",
    ]);
    await bench.send(ALICES());
    expect(bench.threads).toHaveLength(1);
    await pass(100);
    bench.thread.answer();
    expect([bench.said, bench.threads.length]).toEqual([["busy", "alice", "alice"], 2]);
  });

  it("again and again is started less and less often, and at once after it has lived", async () => {
    const bench = new Bench();
    const die = (): void => {
      if (!bench.thread.ended) bench.thread.report.died("no reason");
      bench.thread.ended = true;
    };
    for (let second = 0; second < 3600; second++) {
      await bench.send(ALICES());
      die();
      await pass(1000);
    }
    expect(bench.threads.length).toBeLessThan(150);
    expect(bench.log.lines).toHaveLength(bench.threads.length);
    await pass(31_000);
    await bench.send(ALICES());
    await pass(61_000);
    const before = bench.threads.length;
    die();
    await bench.send(ALICES());
    await pass(100);
    expect(bench.threads).toHaveLength(before + 1);
  });

  it("before it has begun is the same", async () => {
    const bench = new Bench();
    bench.failure = new Error("no more threads");
    await bench.send(ALICES());
    expect(bench.log.messages()).toHaveLength(1);
    expect(bench.log.messages().at(-1)).toContain("no more threads");
    bench.failure = undefined;
    await pass(100);
    bench.thread.answer();
    expect(bench.said).toEqual(["alice"]);
  });
});
