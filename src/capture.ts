#!/usr/bin/env node
// The capture process: cap (libpcap) -> BPF -> frames -> a pcap stream on stdout; nothing else. It is a process of its own
// because cap aborts when its interface goes, and does not return to the event loop while packets keep coming.
import "./no-debugger.ts";
import { writeSync } from "node:fs";
import type { Cap } from "cap";
import { capProblem } from "./core/capture/cap-problem.ts";
import { fileHeader, LINKTYPE, RECORD_HEADER_BYTES, SNAP_BYTES, writeRecordHeader } from "./core/capture/pcap.ts";
import { EXIT } from "./core/exit.ts";

/** What the daemon says on stdin, as one line of JSON. cap chooses its own snap length. */
interface Order {
  readonly interface: string;
  readonly filter: string;
  readonly snapBytes: number;
}

/**
 * cap asks for frames of 65,535 bytes, so where offloads are on one slot of the kernel's ring takes 64 KiB, and a little more
 * with its header: libpcap then spends 128 KiB on each. 32 MiB become 511 slots in 64 MiB. With fewer, a flood loses knocks.
 */
const RING_BYTES = 32 * 1024 * 1024;
/** Where signed packets are looked for, which come whole: fewer of them are tried than come in a flood. */
const RING_BYTES_OF_PACKETS = 8 * 1024 * 1024;
const BATCH_BYTES = 64 * 1024;
/** So many writes in so long go out at once: all steps of a hasty knock. More is a flood, which comes in batches. */
const PROMPT_WRITES = 8;
const PROMPT_MS = 10;
/** How long frames of a flood wait for a write; the daemon wakes up for each. */
const COALESCE_MS = 1;
/** How long they collect in the ring: waking up for every few costs more than they do. Longer would overflow the ring. */
const REST_MS = 0.2;
/** A wire length for frames cut at our buffer: cap does not tell the true one. */
const UNKNOWN_WIRE_BYTES = 65_535;
const STDOUT = 1;

const batch = Buffer.alloc(BATCH_BYTES);
const batchView = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
let filled = 0;
let flushPlanned = false;
let promptUntilMs = 0;
let promptWrites = 0;
let writeAtMs = 0;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

await main();

async function main(): Promise<void> {
  // Ctrl-C reaches the whole group; the daemon decides when the capture ends, by closing our stdin.
  process.on("SIGINT", () => {});
  const order = await readOrder();
  try {
    const { default: library } = await import("cap");
    start(new library.Cap(), order);
  } catch (error) {
    const reason = capProblem(error instanceof Error ? error.message : String(error));
    process.stderr.write(`${reason}\n`);
    process.exit(/permi(ssion|tted)/i.test(reason) ? EXIT.NO_PERMISSION : EXIT.UNAVAILABLE);
  }
}

function start(cap: Cap, order: Order): void {
  const frame = Buffer.alloc(SNAP_BYTES);
  cap.on("packet", (length: number, truncated: boolean) => add(frame, length, truncated));
  const ringBytes = order.snapBytes < SNAP_BYTES ? RING_BYTES : RING_BYTES_OF_PACKETS;
  const link = cap.open(order.interface, order.filter, ringBytes, frame);
  writeAll(fileHeader(linkTypeOf(link)), 24);
}

function add(frame: Buffer, length: number, truncated: boolean): void {
  if (filled + RECORD_HEADER_BYTES + length > BATCH_BYTES) write();
  writeRecordHeader(batchView, filled, Date.now(), length, truncated ? UNKNOWN_WIRE_BYTES : length);
  frame.copy(batch, filled + RECORD_HEADER_BYTES, 0, length);
  filled += RECORD_HEADER_BYTES + length;
  if (flushPlanned) return;
  flushPlanned = true;
  // cap hands over all it has before the loop turns: a lone knock goes out at once, a busy link in batches.
  const nowMs = performance.now();
  writeAtMs = nowMs + COALESCE_MS;
  setImmediate(isFlood(nowMs) ? rest : flush);
}

function isFlood(nowMs: number): boolean {
  if (nowMs >= promptUntilMs) {
    promptUntilMs = nowMs + PROMPT_MS;
    promptWrites = 0;
  }
  return ++promptWrites > PROMPT_WRITES;
}

/** Sleeps; cap hands over what has come since when the loop turns. */
function rest(): void {
  Atomics.wait(sleeper, 0, 0, REST_MS);
  setImmediate(performance.now() < writeAtMs ? rest : flush);
}

function flush(): void {
  flushPlanned = false;
  write();
}

function write(): void {
  writeAll(batch, filled);
  filled = 0;
}

/** Synchronous, so that nothing piles up in this process: what the daemon cannot take stays in the kernel's ring. */
function writeAll(bytes: Uint8Array, length: number): void {
  try {
    for (let written = 0; written < length; ) written += writeSync(STDOUT, bytes, written, length - written);
  } catch {
    // The daemon is gone (EPIPE); there is nobody left to capture for.
    process.exit(EXIT.OK);
  }
}

function linkTypeOf(link: string): number {
  const known: Record<string, number> = {
    ETHERNET: LINKTYPE.ETHERNET,
    NULL: LINKTYPE.NULL,
    RAW: LINKTYPE.RAW,
    LINKTYPE_LINUX_SLL: LINKTYPE.LINUX_SLL,
  };
  const [, number] = /^Unknown linktype (\d+)$/.exec(link) ?? [];
  return known[link] ?? Number(number ?? LINKTYPE.NULL);
}

/** The first line of stdin. Its end, at any time, means that the daemon is gone. */
function readOrder(): Promise<Order> {
  return new Promise((resolve) => {
    let text = "";
    process.stdin.setEncoding("utf8");
    process.stdin.on("end", () => process.exit(EXIT.OK));
    process.stdin.on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("\n")) resolve(JSON.parse(text));
    });
  });
}
