// A command that fetches something over the network, which may fail and is well the next time.

import { setTimeout as delay } from "node:timers/promises";
import { succeed } from "./running.ts";

const TRIES = 3;
const AGAIN_MS = 5000;

/** Its stdout; it must succeed in the end. Each try has the whole time. */
export async function fetched(limitMs: number, ...argv: string[]): Promise<string> {
  for (let tries = 1; tries < TRIES; tries++) {
    try {
      return await succeed(limitMs, ...argv);
    } catch (error) {
      process.stderr.write(`\ntrying again: ${error instanceof Error ? error.message : String(error)}\n`);
      await delay(AGAIN_MS);
    }
  }
  return await succeed(limitMs, ...argv);
}
