// The thread beside the path, as the path sees it: orders go in, answers come out, and it may end.
import { Worker } from "node:worker_threads";
import type { Answer, Order } from "../../core/spa/key-trial.ts";
import { reasonOf } from "../../core/text/words.ts";

export interface KeyWorker {
  order(order: Order): void;
  end(): void;
}

export interface KeyWorkerReport {
  answered(answer: Answer): void;
  /** Once, if nobody has ended it. */
  died(reason: string): void;
}

/** Seen from the bundle, whose parts stand in chunks/. */
const PROGRAM = new URL("../try-keys.js", import.meta.url);
/** What it holds is keys, and some packets at a time. Megabytes. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

/** Throws what node:worker_threads throws. */
export function startKeyWorker({ answered, died }: KeyWorkerReport): KeyWorker {
  const worker = new Worker(PROGRAM, { resourceLimits: LIMITS, execArgv: [], env: {} });
  // The daemon ends when its captures do.
  worker.unref();
  let over = false;
  const ended = (reason: string): void => {
    if (over) return;
    over = true;
    died(reason);
  };
  worker.on("message", (answer: Answer) => {
    if (!over) answered(answer);
  });
  worker.on("error", (error) => ended(reasonOf(error)));
  worker.on("exit", (code) => ended(`it ended with ${code}`));
  return {
    order: (order) => worker.postMessage(order),
    end: () => {
      over = true;
      void worker.terminate();
    },
  };
}
