// One capture of an interface: starts a sniffer, hands on its frames, and starts it again for as long as it takes.

import { withVlan } from "../../core/capture/filter.ts";
import { PcapReader } from "../../core/capture/pcap.ts";
import { EXIT } from "../../core/exit.ts";
import type { Frame } from "../../core/frame.ts";
import type { Search } from "../../core/watchlist.ts";
import { sniffWithCap } from "./cap-sniffer.ts";
import { DropCounter } from "./drop-counter.ts";
import type { Interface } from "./network.ts";
import type { Sniffer, SnifferChoice } from "./sniffer.ts";
import { sniffWithTcpdump } from "./tcpdump-sniffer.ts";

/** Hears how the capture fares. */
export interface CaptureReport {
  frame(frame: Frame): void;
  /** The first time that it works, and each time that it works again. */
  listening(again: boolean): void;
  /** Once, if it does not work from the start. */
  absent(reason: string): void;
  /** Once for each loss. */
  lost(reason: string): void;
  /** It works, with the sniffer that comes second. */
  fallback(used: SnifferName, wanted: SnifferName, reason: string): void;
  /** It will never work: no privilege. */
  denied(reason: string): void;
}

export type SnifferName = "tcpdump" | "cap";

const SNIFFERS = { tcpdump: sniffWithTcpdump, cap: sniffWithCap } as const;

/** A sniffer that has not begun its stream after so long never will: AppArmor may have taken its output away. */
const START_LIMIT_MS = 5000;
const RETRY_FIRST_MS = 100;
/** The interface is back long before an administrator has typed a command. */
const RETRY_LAST_MS = 1000;
/** BOUNDED: what is kept of a sniffer's last words. */
const LAST_WORDS_MAX = 1000;

/** `waiting` for the interface, `starting`, `capturing`, or `closed` for good. */
type State = "waiting" | "starting" | "capturing" | "closed";

export class Capture {
  readonly #name: string;
  readonly #report: CaptureReport;
  #search: Search;
  /** The sniffers in the order of preference, and which is tried next. */
  readonly #sniffers: readonly [SnifferName, SnifferName];
  #next: 0 | 1 = 0;
  /** Why the first sniffer did not work. */
  #firstReason = "";
  #state: State = "waiting";
  #interface: Interface | undefined;
  /** The newest last; an older one lives until the newest listens. BOUNDED: by the changes of the filter within one start. */
  #running: Sniffer[] = [];
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_FIRST_MS;
  #everListened = false;
  #toldLost = false;
  readonly #drops = new DropCounter();
  /** Monotonic time since when the newest sniffer listens. */
  #listeningMs = 0;

  constructor(name: string, sniffer: SnifferChoice, search: Search, report: CaptureReport) {
    this.#name = name;
    this.#sniffers = sniffer === "cap" ? ["cap", "tcpdump"] : ["tcpdump", "cap"];
    this.#search = search;
    this.#report = report;
  }

  get state(): State {
    return this.#state;
  }

  /** How many packets the kernel dropped because we did not keep up, as far as that is known. */
  dropped(): Promise<number | undefined> {
    return this.#drops.read(this.#state === "capturing" ? this.#running.at(-1) : undefined, this.#listeningMs);
  }

  /** Tells what is known of the interface now; a capture that waited for it starts. */
  update(link: Interface | undefined): void {
    this.#interface = link;
    // tcpdump would stay on an interface that is down, and nobody would be told.
    if (this.#state === "capturing" && !link?.up) return this.#endAll();
    if (this.#state !== "waiting") return;
    if (link?.up) this.#start();
    else this.#sayLost(link === undefined ? "no such device" : "it is down");
  }

  /** Make before break: the old sniffer ends once the new one listens, so no knock is missed. */
  look(search: Search): void {
    if (search.filter === this.#search.filter && search.snapBytes === this.#search.snapBytes) return;
    this.#search = search;
    if (this.#running.length > 0) this.#start();
  }

  close(): void {
    this.#state = "closed";
    clearTimeout(this.#retry);
    this.#endAll();
  }

  #start(): void {
    clearTimeout(this.#retry);
    if (this.#running.length === 0) this.#state = "starting";
    const { filter, snapBytes } = this.#search;
    const order = { interface: this.#name, filter: this.#interface?.ethernet ? withVlan(filter) : filter, snapBytes };
    try {
      this.#follow(SNIFFERS[this.#sniffers[this.#next]](order));
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  #follow(sniffer: Sniffer): void {
    this.#running.push(sniffer);
    let lastWords = "";
    const hearDrops = this.#drops.follow();
    const reader = new PcapReader((frame) => {
      // What is still in the pipe at the end must not open a door any more.
      if (this.#state !== "closed") this.#report.frame(frame);
    });
    const limit = setTimeout(() => sniffer.end(), START_LIMIT_MS);
    sniffer.read((chunk) => {
      const started = reader.started;
      reader.push(chunk);
      if (started || !reader.started) return;
      clearTimeout(limit);
      this.#endOlderThan(sniffer);
      this.#listening();
    });
    sniffer.onWords((words) => {
      lastWords = (lastWords + words).slice(-LAST_WORDS_MAX);
      hearDrops(lastWords);
    });
    sniffer.onEnd((code, problem) => {
      clearTimeout(limit);
      this.#ended(sniffer, reader.started, code, problem ?? lastWords);
    });
  }

  #listening(): void {
    if (this.#state === "closed") return;
    this.#listeningMs = performance.now();
    this.#retryMs = RETRY_FIRST_MS;
    this.#toldLost = false;
    if (this.#state !== "capturing") {
      const [wanted, used] = this.#sniffers;
      if (this.#next === 1) this.#report.fallback(used, wanted, this.#firstReason);
      this.#report.listening(this.#everListened);
    }
    this.#state = "capturing";
    this.#everListened = true;
  }

  #ended(sniffer: Sniffer, started: boolean, code: number | null, lastWords: string): void {
    const wasNewest = sniffer === this.#running.at(-1);
    this.#running = this.#running.filter((other) => other !== sniffer);
    if (!wasNewest || this.#state === "closed") return;
    const reason = reasonOf(lastWords);
    const denied = code === EXIT.NO_PERMISSION || /not permitted|permission/i.test(reason);
    if ((!started || denied) && this.#next === 0) return this.#trySecond(reason);
    if (denied) return this.#report.denied(reason);
    this.#failed(reason);
  }

  #trySecond(reason: string): void {
    this.#next = 1;
    this.#firstReason = reason;
    this.#start();
  }

  #failed(reason: string): void {
    this.#next = 0;
    this.#retry = setTimeout(() => this.#again(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
    if (this.#running.length > 0) return;
    this.#state = "waiting";
    if (this.#interface === undefined) this.#sayLost("no such device");
    else this.#sayLost(this.#interface.up ? reason : "it went down");
  }

  #again(): void {
    if (this.#state === "waiting") this.update(this.#interface);
    else if (this.#state === "capturing") this.#start();
  }

  #endAll(): void {
    for (const sniffer of this.#running) sniffer.end();
  }

  #endOlderThan(sniffer: Sniffer): void {
    for (const other of this.#running) {
      if (other === sniffer) return;
      other.end();
    }
  }

  #sayLost(reason: string): void {
    if (this.#toldLost) return;
    this.#toldLost = true;
    if (this.#everListened) this.#report.lost(reason);
    else this.#report.absent(reason);
  }
}

/** What says nothing of why a sniffer ended: libpcap's warnings, tcpdump's greeting and counters. */
const SMALL_TALK = /^Warning:|listening on|^(tcpdump: )?\d+ packets? |^$/;

/** cap aborts with an assertion when its interface goes down; that text helps nobody. */
function reasonOf(lastWords: string): string {
  if (lastWords.includes("Assertion")) return "it went down";
  const lines = lastWords
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => !SMALL_TALK.test(line));
  return lines.at(-1)?.replace(/^tcpdump: (pcap_loop: )?/, "") ?? "the sniffer ended";
}
