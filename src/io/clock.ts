// The clocks. Everything inside counts monotonic milliseconds (`performance.now()`); only the ledger knows others.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Moment } from "../core/ledger.ts";

/** Both other clocks at the monotonic time `atMs`, past or future, as they stand now. */
export function momentOf(atMs: number): Moment {
  const fromNowMs = atMs - performance.now();
  const upMs = Number(process.hrtime.bigint()) / 1e6;
  return { wallMs: Math.round(Date.now() + fromNowMs), upMs: Math.round(upMs + fromNowMs) };
}

/** The monotonic time `atMs` on the wall clock, ISO 8601 in UTC. */
export function wallTime(atMs: number): string {
  return new Date(momentOf(atMs).wallMs).toISOString();
}

/** Another text after each boot (random(4)). Where /proc is hidden, another one at each call: then the wall clock counts. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return `unknown-${randomUUID()}`;
  }
}
