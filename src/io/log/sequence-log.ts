// Writes down and counts what becomes of attempts. At info level a stranger gets one line a minute at most: he must not fill the log.
import { type Address, formatAddress } from "../../core/address.ts";
import type { Counters } from "../../core/control/counters.ts";
import type { Door } from "../../core/door.ts";
import type { Knock } from "../../core/frame.ts";
import type { AttemptReport } from "../../core/match-report.ts";
import { formatPort } from "../../core/port.ts";
import { words } from "../../core/text/words.ts";
import type { Log } from "./log.ts";

const SUMMARY_MS = 60_000;

export class MatchLog implements AttemptReport {
  readonly #log: Log;
  readonly #drops: Counters["drops"];
  #touches = 0;
  #summary: NodeJS.Timeout | undefined;

  constructor(log: Log, { drops }: Counters) {
    this.#log = log;
    this.#drops = drops;
  }

  stage(door: Door, source: Address, stage: number): void {
    if (!this.#log.isLevelEnabled("debug")) return;
    const ip = formatAddress(source);
    this.#log.debug({ event: "stage", door: door.name, ip, stage }, words.stage(ip, door.name, stage));
  }

  timeout(door: Door, source: Address, stage: number): void {
    this.#drops.timeout++;
    if (!this.#log.isLevelEnabled("debug")) return;
    const ip = formatAddress(source);
    this.#log.debug({ event: "timeout", door: door.name, ip, stage }, words.timeout(ip, door.name, stage));
  }

  guard(door: Door, source: Address, knock: Knock): void {
    this.#drops.guard++;
    this.#touches++;
    this.#summary ??= setTimeout(() => this.#summarize(), SUMMARY_MS).unref();
    if (!this.#log.isLevelEnabled("debug")) return;
    const ip = formatAddress(source);
    const port = formatPort({ protocol: knock.protocol, number: knock.port });
    this.#log.debug({ event: "guard", door: door.name, ip, port }, words.guard(ip, door.name, port));
  }

  wrong(): void {
    this.#drops.wrong_port++;
  }

  #summarize(): void {
    this.#log.info({ event: "guard", touches: this.#touches }, words.guardSummary(this.#touches));
    this.#touches = 0;
    this.#summary = undefined;
  }
}
