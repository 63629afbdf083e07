// Writes down and counts what becomes of codes. Of each kind of trouble at a door the first of a minute is told at once, the
// others by their number: a storm of wrong codes from thousands of addresses is one line a minute.
import { type Address, formatAddress } from "../../core/address.ts";
import type { Counters } from "../../core/control/counters.ts";
import type { Door } from "../../core/door.ts";
import type { Knock } from "../../core/frame.ts";
import { words } from "../../core/text/words.ts";
import type { CodeReport } from "../../core/totp/code-report.ts";
import type { CodeRefusal } from "../../core/totp/code-verdict.ts";
import { type CodeTrouble, codeWords } from "../../core/totp/code-words.ts";
import type { Failure } from "../../core/totp/lockout.ts";
import type { Log } from "./log.ts";

const SUMMARY_MS = 60_000;
/** From here on it is no longer somebody's typing errors. */
const STORM_CODES = 25;

/** What has come since the first one of a minute. */
interface More {
  count: number;
  addresses: number;
}

export class CodeLog implements CodeReport {
  readonly #log: Log;
  readonly #counters: Pick<Counters, "drops" | "codes">;
  /** By door and trouble. BOUNDED: by the doors, times the kinds of trouble. */
  readonly #more = new Map<string, More>();

  constructor(log: Log, counters: Pick<Counters, "drops" | "codes">) {
    this.#log = log;
    this.#counters = counters;
  }

  stage(door: Door, knock: Knock, stage: number): void {
    if (!this.#log.isLevelEnabled("debug")) return;
    const ip = formatAddress(knock.source);
    this.#log.debug({ event: "stage", door: door.name, ip, stage }, words.stage(ip, door.name, stage));
  }

  wrong(door: Door, { source }: Knock, _stage: number, failure: Failure | undefined): void {
    this.#counters.drops.wrong_port++;
    if (failure !== undefined) this.#failed(door, source, "dropped", codeWords.dropped(), failure);
  }

  timeout(door: Door, source: Address, stage: number): void {
    this.#counters.drops.timeout++;
    if (!this.#log.isLevelEnabled("debug")) return;
    const ip = formatAddress(source);
    this.#log.debug({ event: "timeout", door: door.name, ip, stage }, words.timeout(ip, door.name, stage));
  }

  accepted({ name }: Door, { source }: Knock): void {
    this.#counters.codes.accepted++;
    const ip = formatAddress(source);
    this.#log.info({ event: "code", door: name, ip }, codeWords.accepted(ip, name));
  }

  refused(door: Door, { source }: Knock, refusal: CodeRefusal, failure: Failure | undefined): void {
    const { trouble, reason } = codeWords.refusal(refusal);
    this.#counters.codes[trouble]++;
    if (failure === undefined) this.#tell(door, source, trouble, reason, true);
    else this.#failed(door, source, trouble, reason, failure);
  }

  repeat(): void {}
  astray(): void {}
  locked(): void {}
  deaf(): void {}

  #failed(door: Door, source: Address, trouble: CodeTrouble, reason: string, failure: Failure): void {
    this.#tell(door, source, trouble, reason, failure.kind !== "again" && failure.first);
    if (failure.kind !== "locked") return;
    this.#counters.codes.locked_out++;
    this.#tell(door, source, "locked_out", codeWords.lockedOut(), true);
  }

  #tell({ name: door }: Door, source: Address, trouble: CodeTrouble, reason: string, isNew: boolean): void {
    const kind = `${door} ${trouble}`;
    const more = this.#more.get(kind);
    if (more !== undefined) more.count++;
    if (more !== undefined && isNew) more.addresses++;
    if (more !== undefined && !this.#log.isLevelEnabled("debug")) return;
    const ip = formatAddress(source);
    const level = more === undefined ? "info" : "debug";
    this.#log[level]({ event: "code-refused", door, ip, reason: trouble }, codeWords.refused(ip, door, reason));
    if (more !== undefined) return;
    const begun = { count: 0, addresses: 0 };
    this.#more.set(kind, begun);
    setTimeout(() => this.#summarize(door, trouble, begun), SUMMARY_MS).unref();
  }

  #summarize(door: string, trouble: CodeTrouble, { count, addresses }: More): void {
    this.#more.delete(`${door} ${trouble}`);
    if (count === 0) return;
    const about = { door, reason: trouble, count, addresses };
    const text = codeWords.more(door, trouble, count, addresses);
    if (trouble !== "wrong" || count < STORM_CODES) return this.#log.info({ event: "code-refused", ...about }, text);
    this.#log.warn({ event: "code-storm", ...about }, codeWords.storm(text));
  }
}
