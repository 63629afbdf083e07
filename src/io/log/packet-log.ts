// Writes down and counts what becomes of signed packets. Each is told at debug level; at info, of refusals for one reason the first of a
// minute at once and the others by their number: a stranger, or an overheard packet sent again and again, fills no log.
import { formatAddress } from "../../core/address.ts";
import type { Counters } from "../../core/control/counters.ts";
import type { Knock } from "../../core/frame.ts";
import type { Opened } from "../../core/spa/open-packet.ts";
import type { PacketReport } from "../../core/spa/packet-matcher.ts";
import { spaWords } from "../../core/spa/packet-words.ts";
import type { Earned } from "../../core/spa/policy.ts";
import type { Refusal } from "../../core/spa/refusal.ts";
import type { Log } from "./log.ts";

const SUMMARY_MS = 60_000;

export class PacketLog implements PacketReport {
  readonly #log: Log;
  readonly #counters: Counters;
  /** How many came after the first, by key and reason. BOUNDED: by the keys, times the reasons. */
  readonly #more = new Map<string, number>();

  constructor(log: Log, counters: Counters) {
    this.#log = log;
    this.#counters = counters;
  }

  accepted({ key }: Opened, earned: readonly Earned[], { source: sender }: Knock): void {
    this.#counters.packetsAccepted++;
    const [ip] = earned.map(({ ip }) => ip);
    const doors = earned.map(({ door }) => door.name);
    const text = spaWords.accepted(formatAddress(sender), key.name, earned);
    this.#log.info({ event: "spa", key: key.name, ip, sender: formatAddress(sender), doors }, text);
  }

  refused(refusal: Refusal, { source: sender }: Knock): void {
    this.#counters.packetsRefused[refusal.reason]++;
    const kind = "key" in refusal ? `${refusal.key} ${refusal.reason}` : refusal.reason;
    const before = this.#more.get(kind);
    this.#more.set(kind, before === undefined ? 0 : before + 1);
    if (before !== undefined && !this.#log.isLevelEnabled("debug")) return;
    const ip = formatAddress(sender);
    this.#log[before === undefined ? "info" : "debug"](
      { event: "spa-refused", ip, ...about(refusal) },
      spaWords.refused(ip, refusal),
    );
    if (before === undefined) setTimeout(() => this.#summarize(kind, refusal), SUMMARY_MS).unref();
  }

  #summarize(kind: string, refusal: Refusal): void {
    const count = this.#more.get(kind) ?? 0;
    this.#more.delete(kind);
    if (count === 0) return;
    this.#log.info({ event: "spa-refused", ...about(refusal), count }, spaWords.refusedMore(count, refusal));
  }
}

function about(refusal: Refusal): { reason: string; key?: string } {
  return "key" in refusal ? { reason: refusal.reason, key: refusal.key } : { reason: refusal.reason };
}
