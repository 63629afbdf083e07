// The attack: packets of the right length and with the right first characters, which cost whoever sends them nothing and us a try of every
// key. With 64 keys 6,000 a second shut out two of three honest packets, and honest sequences with them.
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, type Order, tryKeys } from "../../src/core/spa/key-trial.ts";
import { type PreparedKey, prepare } from "../../src/core/spa/open-packet.ts";
import type { KeyWorkerReport } from "../../src/io/packets/key-worker.ts";
import { WorkerOpener } from "../../src/io/packets/worker-opener.ts";
import { configOf } from "../support/doors.ts";
import { datagram } from "../support/frames.ts";
import { memoryLog } from "../support/memory-log.ts";
import { pass, Rig, stopClock } from "../support/rig.ts";
import { packet } from "../support/spa-packets.ts";

const OWN = "198.51.100.1";
const KEYS = 64;
const CHARACTERS = 204;
/** What one packet costs with 64 keys of 2 us. */
const PACKET_MS = 0.128;
/** Packets a millisecond: 15,000 a second. */
const NOISE = 15;
const TRIES = 20;
/** Until the flood has used up what was saved. */
const FILL_MS = 400;
const INFO = 30;

const rows = Array.from({ length: KEYS }, (_, index) => `  k${index}: { file: /k/${index}, doors: ssh }`);
const CONFIG = `
keys:
${rows.join("\n")}
doors:
  ssh: { spa: true, open: 22/tcp, for: 1h }
  web: { sequence: "7000,8000,9000", open: 443/tcp, for: 1h }`;

/** A thread whose trials take their time on the clock that is moved by hand, and of that one only: noise fits no key. */
class SlowThread {
  readonly #report: KeyWorkerReport;
  #keys: readonly PreparedKey[] = [];

  constructor(report: KeyWorkerReport) {
    this.#report = report;
  }

  order(order: Order): void {
    if ("keys" in order) this.#keys = prepare(order.keys.slice(-1));
    else {
      const spentMs = order.texts.length * PACKET_MS;
      const verdicts = order.texts.map((text) => tryKeys(text, this.#keys));
      const answer: Answer = { verdicts, spentMs };
      setTimeout(() => this.#report.answered(answer), spentMs);
    }
  }

  end(): void {}
}

const noise = (): string => `8${randomBytes(CHARACTERS).toString("base64").replace(/=/g, "A").slice(1, CHARACTERS)}`;

let sources = 0;
const anySource = (): string => `11.${++sources >> 16}.${(sources >> 8) & 255}.${sources & 255}`;

function send(rig: Rig, from: string, text: string): void {
  rig.see(datagram({ from, to: OWN, port: 62_201, payload: Buffer.from(text) }));
}

const honest = (rig: Rig, from: string): void =>
  send(rig, from, packet({ nowS: Date.now() / 1000, message: `${from},tcp/22` }));

async function flood(rig: Rig, ms: number, noises = NOISE): Promise<void> {
  for (let at = 0; at < ms; at++) {
    for (let count = 0; count < noises; count++) send(rig, anySource(), noise());
    await new Promise((resolve) => setImmediate(resolve));
    await pass(1);
  }
}

const quiet = (rig: Rig, ms: number): Promise<void> => flood(rig, ms, 0);

const opened = (rig: Rig, door: string): number =>
  rig.firewall.letThrough().filter((text) => text.startsWith(`${door} `)).length;

describe("a flood of packets that only look signed, with 64 keys", () => {
  beforeEach(stopClock);
  afterEach(() => vi.useRealTimers());

  async function start(): Promise<Rig> {
    const log = memoryLog();
    const opener = new WorkerOpener(log.log, (report) => new SlowThread(report));
    const rig = new Rig(configOf(CONFIG), undefined, undefined, log, undefined, opener);
    await rig.daemon.start();
    return rig;
  }

  it("keeps no sequence out, nor any packet of a network that has opened a door before", async () => {
    const rig = await start();
    for (let number = 0; number < TRIES; number++) honest(rig, `192.0.${number}.1`);
    await quiet(rig, 10);
    await flood(rig, FILL_MS);
    expect(opened(rig, "ssh")).toBe(TRIES);
    for (let number = 0; number < TRIES; number++) {
      honest(rig, `192.0.${number}.2`);
      for (const step of ["S7000", "S8000", "S9000"]) rig.seeFrom(`10.9.0.${number + 1}`, step);
      await flood(rig, 10);
    }
    expect([opened(rig, "ssh"), opened(rig, "web")]).toEqual([2 * TRIES, TRIES]);
    expect(rig.reading('knockd_packets_refused_total{reason="busy"}')).toBeGreaterThan(3000);
    // A newcomer who sends again and again gets in, too.
    for (let again = 0; again < 200 && opened(rig, "ssh") === 2 * TRIES; again++) {
      honest(rig, "203.0.113.7");
      await flood(rig, 10);
    }
    expect(opened(rig, "ssh")).toBe(2 * TRIES + 1);
    await rig.daemon.stop();
  });

  it("shuts nobody out whose address it forges: sources that failed come last, but come", async () => {
    const rig = await start();
    send(rig, "203.0.113.7", noise());
    await quiet(rig, 10);
    await flood(rig, FILL_MS);
    honest(rig, "203.0.113.7");
    await flood(rig, 100);
    expect(opened(rig, "ssh")).toBe(1);
    await rig.daemon.stop();
  });

  it("is a few lines in the log, which say what it was", async () => {
    const rig = await start();
    await flood(rig, FILL_MS);
    await pass(60_000);
    const lines = rig.log.lines.flatMap(({ level, msg }) => (level >= INFO ? [msg] : []));
    expect(lines.length).toBeLessThanOrEqual(4);
    expect(lines.join("\n")).toMatch(/signed packet refused: it was not tried, since too many packets wait/);
    expect(lines.join("\n")).toMatch(/signed packets: \d+ more refused in the last minute: it was not tried/);
    await rig.daemon.stop();
  });
});
