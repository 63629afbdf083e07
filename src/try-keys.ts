// The thread that tries the keys of signed packets, beside the path of knocks, which never waits for it; nothing else.
import { getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { type Answer, type Order, tryKeys } from "./core/spa/key-trial.ts";
import { type PreparedKey, prepare } from "./core/spa/open-packet.ts";

/** A nice value: behind the path itself, where that goes ahead of ordinary programs, and still ahead of those. */
const BEHIND = -5;

let keys: readonly PreparedKey[] = [];

// Linux has a nice value for each thread.
if (getPriority() < BEHIND) setPriority(BEHIND);

parentPort?.on("message", (order: Order) => {
  if ("keys" in order) {
    keys = prepare(order.keys);
    return;
  }
  const beganMs = performance.now();
  const verdicts = order.texts.map((text) => tryKeys(text, keys));
  const answer: Answer = { verdicts, spentMs: performance.now() - beganMs };
  parentPort?.postMessage(answer);
});
