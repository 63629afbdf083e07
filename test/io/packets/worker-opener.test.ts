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

  send(text: string, lane: Lane = "fresh"): void {
    const told = (verdict: { reason: string } | { key: Key }): void =>
      void this.said.push("reason" in verdict ? verdict.reason : verdict.key.name);
    this.opener.open({ text, lane, told }, performance.now());
  }

  get thread(): Thread {
    const thread = this.threads.at(-1);
    if (thread === undefined) throw new Error("no thread");
    return thread;
  }
}

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

describe("packets opened beside the path", () => {
  it("are answered later, each with the key that fits", () => {
    const bench = new Bench([key(), BOB]);
    bench.send(BOBS());
    expect(bench.said).toEqual([]);
    bench.thread.answer();
    bench.send(ALICES());
    bench.thread.answer();
    bench.send(packet({ nowS: 1, hmacKey: Buffer.alloc(64, 3) }));
    bench.thread.answer();
    expect(bench.said).toEqual(["bob", "alice", "no-key"]);
  });

  it("bring back nothing of a key but its number", () => {
    const bench = new Bench();
    let answer = "";
    const { report } = bench.thread;
    bench.send(ALICES());
    const answered = report.answered.bind(report);
    Object.assign(report, {
      answered: (each: Answer) => {
        answer = JSON.stringify(each);
        answered(each);
      },
    });
    bench.thread.answer();
    expect(bench.said).toEqual(["alice"]);
    expect(answer).toContain('"key":0');
    expect(answer).not.toMatch(/hmac|keys\/alice/);
  });

  it("wait in a short queue: of more than that, one gives its place and is told", () => {
    const bench = new Bench();
    const count = 500;
    for (let index = 0; index < count; index++) bench.send(ALICES());
    expect(bench.said).toEqual(Array(count - 1 - PLACES_MAX).fill("busy"));
    for (let round = 0; bench.said.length < count; round++) {
      expect(round).toBeLessThan(count);
      bench.thread.answer();
    }
    expect(bench.said.slice(-1 - PLACES_MAX)).toEqual(Array(1 + PLACES_MAX).fill("alice"));
  });

  it("are tried for a fifth of the time, and go on by themselves when there is time again", async () => {
    const bench = new Bench();
    for (let index = 0; index < 30; index++) bench.send(ALICES());
    let spentMs = 0;
    const spend = (): void => {
      if (bench.said.length === 30 || bench.thread.texts === before) return;
      before = bench.thread.texts;
      spentMs += 300;
      bench.thread.answer(300);
    };
    let before: readonly string[] = [];
    spend();
    expect(bench.said).toHaveLength(1);
    const beganMs = performance.now();
    while (bench.said.length < 30) {
      await pass(10);
      spend();
    }
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual((spentMs - 300 - 200) / 0.2);
  });

  it("of a known network are tried although others have used up the time", () => {
    const bench = new Bench();
    bench.send(ALICES());
    bench.thread.answer(5000);
    bench.send(ALICES());
    expect(bench.thread.orders).toHaveLength(2);
    bench.send(ALICES(), "known");
    bench.thread.answer();
    expect(bench.said).toEqual(["alice", "alice"]);
  });
});

describe("other keys", () => {
  it("are tried with what waits, and once more with what is being tried: no packet is lost, no old key opens", () => {
    const bench = new Bench();
    bench.send(ALICES());
    bench.send(BOBS());
    bench.opener.apply([BOB]);
    bench.thread.report.answered({ verdicts: [{ reason: "no-key" }], spentMs: 0 });
    expect(bench.said).toEqual([]);
    bench.thread.answer();
    expect(bench.said.sort()).toEqual(["bob", "no-key"]);
    expect(bench.threads).toHaveLength(1);
  });

  it("of which there are none end the thread, and what waited is told; the first one starts another", () => {
    const bench = new Bench();
    bench.send(ALICES());
    bench.send(ALICES());
    bench.opener.apply([]);
    expect([bench.said, bench.thread.ended]).toEqual([["busy", "busy"], true]);
    bench.opener.apply([key()]);
    bench.send(ALICES());
    bench.thread.answer();
    expect([bench.said.at(-1), bench.threads.length]).toEqual(["alice", 2]);
  });

  it("go over as bytes of their own, not with what stands beside them in memory", () => {
    const pool = Buffer.alloc(8192, 0x41);
    const bench = new Bench([key({ key: pool.subarray(100, 132), hmacKey: pool.subarray(200, 264) })]);
    const [order] = bench.thread.orders;
    if (order === undefined || !("keys" in order)) throw new Error("no keys");
    expect(order.keys[0]?.key.buffer.byteLength).toBe(32);
    expect(order.keys[0]?.hmacKey?.buffer.byteLength).toBe(64);
  });
});

describe("a thread that dies", () => {
  it("is one error line and another thread; what it had is told, what waits goes on waiting", async () => {
    const bench = new Bench();
    bench.send(BOBS());
    bench.send(ALICES());
    bench.thread.report.died("out of memory");
    expect(bench.said).toEqual(["busy"]);
    expect(bench.log.messages()).toEqual([
      "the thread that tries keys of signed packets has failed, once more in 0.1 s: out of memory",
    ]);
    bench.send(ALICES());
    await pass(100);
    bench.thread.answer();
    expect([bench.said, bench.threads.length]).toEqual([["busy", "alice", "alice"], 2]);
  });

  it("again and again is started less and less often, and at once after it has lived", async () => {
    const bench = new Bench();
    for (let second = 0; second < 3600; second++) {
      await pass(1000);
      if (!bench.thread.ended) bench.thread.report.died("no reason");
      bench.thread.ended = true;
    }
    expect(bench.threads.length).toBeLessThan(150);
    await pass(30_000);
    await pass(60_000);
    bench.thread.report.died("no reason");
    const before = bench.threads.length;
    await pass(100);
    expect(bench.threads).toHaveLength(before + 1);
  });

  it("before it has begun is the same", async () => {
    const bench = new Bench();
    bench.failure = new Error("no more threads");
    bench.thread.report.died("no reason");
    await pass(100);
    expect(bench.log.messages().at(-1)).toContain("no more threads");
    bench.failure = undefined;
    bench.send(ALICES());
    await pass(200);
    bench.thread.answer();
    expect(bench.said).toEqual(["alice"]);
  });
});
