// The clocks. Everything inside counts monotonic milliseconds (`performance.now()`); only the ledger knows others.
import { readFileSync } from "node:fs";
import type { Moment } from "../core/ledger.ts";

/** Both other clocks at the monotonic time `atMs`, past or future, as they stand now. */
export function momentOf(atMs: number): Moment {
  const fromNowMs = atMs - performance.now();
  return { wallMs: Date.now() + fromNowMs, upMs: Number(process.hrtime.bigint()) / 1e6 + fromNowMs };
}

/** Another text after each boot (random(4)). */
export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
