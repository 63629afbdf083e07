// Writes down and counts what the judge finds. Everything at debug level; at info what an administrator must learn, and of what
// a stranger can cause again and again no more than a line a minute.
import { type Address, formatAddress } from "../../core/address.ts";
import type { Counters } from "../../core/control/counters.ts";
import type { Knock } from "../../core/frame.ts";
import { formatPort } from "../../core/port.ts";
import type { DropReason, SequenceFinding, TimedOut } from "../../core/report.ts";
import type { PacketFinding } from "../../core/spa/packet-finding.ts";
import { spaWords } from "../../core/spa/packet-words.ts";
import type { Refusal } from "../../core/spa/refusal.ts";
import { words } from "../../core/text/words.ts";
import type { CodeFinding } from "../../core/totp/code-finding.ts";
import { type CodeTrouble, codeWords } from "../../core/totp/code-words.ts";
import { FAILURES_MAX, type WrongCode } from "../../core/totp/suspicion.ts";
import type { Finding, FindingLog } from "../../core/verdict/verdict.ts";
import { FirstOfMinute, type More } from "./first-of-minute.ts";
import type { Log } from "./log.ts";

const MINUTE_MS = 60_000;
/** From here on wrong codes within a minute are no longer somebody's typing errors. */
const STORM_CODES = 25;

interface CodeKind {
  readonly door: string;
  readonly trouble: CodeTrouble;
}

export class Findings implements FindingLog {
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #refusals = new FirstOfMinute<Refusal>((refusal, more) => this.#morePackets(refusal, more));
  readonly #troubles = new FirstOfMinute<CodeKind>((kind, more) => this.#moreCodes(kind, more));
  #touches = 0;

  constructor(log: Log, counters: Counters) {
    this.#log = log;
    this.#counters = counters;
  }

  get wantsAll(): boolean {
    return this.#log.isLevelEnabled("debug");
  }

  found(finding: Finding, knock: Knock): void {
    if (finding.way === "packet") this.#packet(finding, knock);
    else if (finding.way === "code") this.#code(finding, knock);
    else this.#sequence(finding, knock);
  }

  dropped(reason: DropReason): void {
    this.#counters.drops[reason]++;
    if (reason === "guard" && this.#touches++ === 0) setTimeout(() => this.#guardSummary(), MINUTE_MS).unref();
  }

  timedOut({ door: { name: door }, source, stage }: TimedOut): void {
    this.#counters.drops.timeout++;
    if (!this.wantsAll) return;
    const ip = formatAddress(source);
    this.#log.debug({ event: "timeout", door, ip, stage }, words.timeout(ip, door, stage));
  }

  #sequence(finding: SequenceFinding, knock: Knock): void {
    if (finding.what === "stage") return this.#stage(finding.door.name, knock, finding.stage);
    if (finding.what !== "guard" || !this.wantsAll) return;
    const door = finding.door.name;
    const ip = formatAddress(knock.source);
    const port = formatPort({ protocol: knock.protocol, number: knock.port });
    this.#log.debug({ event: "guard", door, ip, port }, words.guard(ip, door, port));
  }

  #stage(door: string, { source }: Knock, stage: number): void {
    if (!this.wantsAll) return;
    const ip = formatAddress(source);
    this.#log.debug({ event: "stage", door, ip, stage }, words.stage(ip, door, stage));
  }

  #guardSummary(): void {
    this.#log.info({ event: "guard", touches: this.#touches }, words.guardSummary(this.#touches));
    this.#touches = 0;
  }

  #packet(finding: PacketFinding, { source }: Knock): void {
    if (finding.what === "refused") return this.#packetRefused(finding.refusal, source);
    const sender = formatAddress(source);
    const { key, earned } = finding;
    this.#counters.packetsAccepted++;
    const [ip] = earned.map((each) => each.ip);
    const doors = earned.map(({ door }) => door.name);
    this.#log.info({ event: "packet-accepted", key, ip, sender, doors }, spaWords.accepted(sender, key, earned));
  }

  #packetRefused(refusal: Refusal, source: Address): void {
    this.#counters.packetsRefused[refusal.reason]++;
    const kind = "key" in refusal ? `${refusal.key} ${refusal.reason}` : refusal.reason;
    const level = this.#refusals.note(kind, refusal) ? "info" : "debug";
    if (level === "debug" && !this.wantsAll) return;
    const ip = formatAddress(source);
    this.#log[level]({ event: "packet-refused", ip, ...about(refusal) }, spaWords.refused(ip, refusal));
  }

  #morePackets(refusal: Refusal, { count }: More): void {
    this.#log.info({ event: "packet-refused", ...about(refusal), count }, spaWords.refusedMore(count, refusal));
  }

  #code(finding: CodeFinding, knock: Knock): void {
    const door = finding.door.name;
    const { failure } = { failure: undefined, ...finding };
    switch (finding.what) {
      case "stage":
        return this.#stage(door, knock, finding.stage);
      case "wrong":
        return this.#codeFailed({ door, trouble: "dropped" }, codeWords.dropped(), knock, failure);
      case "accepted": {
        this.#counters.codes.accepted++;
        const ip = formatAddress(knock.source);
        return this.#log.info({ event: "code-accepted", door, ip }, codeWords.accepted(ip, door));
      }
      case "refused": {
        const { trouble, reason } = codeWords.refusal(finding.refusal);
        this.#counters.codes[trouble]++;
        if (failure === undefined) return this.#codeTrouble({ door, trouble }, reason, knock, true);
        return this.#codeFailed({ door, trouble }, reason, knock, failure);
      }
      default:
    }
  }

  #codeFailed(kind: CodeKind, reason: string, knock: Knock, failure: WrongCode | undefined): void {
    if (failure === undefined) return;
    this.#codeTrouble(kind, reason, knock, failure.kind !== "again" && failure.first);
    if (failure.kind === "again" || failure.failures !== FAILURES_MAX) return;
    this.#counters.codes.suspected++;
    this.#codeTrouble({ ...kind, trouble: "suspected" }, codeWords.suspected(), knock, true);
  }

  #codeTrouble(kind: CodeKind, reason: string, { source }: Knock, isNewAddress: boolean): void {
    const { door, trouble } = kind;
    const level = this.#troubles.note(`${door} ${trouble}`, kind, isNewAddress) ? "info" : "debug";
    if (level === "debug" && !this.wantsAll) return;
    const ip = formatAddress(source);
    this.#log[level]({ event: "code-refused", door, ip, reason: trouble }, codeWords.refused(ip, door, reason));
  }

  #moreCodes({ door, trouble }: CodeKind, { count, addresses }: More): void {
    const about = { door, reason: trouble, count, addresses };
    const text = codeWords.more(door, trouble, count, addresses);
    if (trouble !== "wrong" || count < STORM_CODES) return this.#log.info({ event: "code-refused", ...about }, text);
    this.#log.warn({ event: "code-guessing", ...about }, codeWords.storm(text));
  }
}

function about(refusal: Refusal): { reason: string; key?: string } {
  return "key" in refusal ? { reason: refusal.reason, key: refusal.key } : { reason: refusal.reason };
}
