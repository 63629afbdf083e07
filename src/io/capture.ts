// One interface's capture: starts the capture process, hands on its frames, and starts it again for as long as it takes.
import type { ChildProcess } from "node:child_process";
import type { CaptureOrder } from "../capture.ts";
import { EXIT } from "../core/exit.ts";
import { withVlan } from "../core/filter.ts";
import type { Frame } from "../core/knock.ts";
import { PcapReader } from "../core/pcap.ts";
import { takeCaptureProcess } from "./capture-process.ts";
import type { Interface } from "./network.ts";

/** Hears how the capture fares. */
export interface CaptureReport {
  frame(frame: Frame): void;
  /** The first time that it works, and each time that it works again. */
  listening(again: boolean): void;
  /** Once, if it does not work from the start. */
  absent(reason: string): void;
  /** Once for each loss. */
  lost(reason: string): void;
  /** It will never work: no privilege. */
  denied(reason: string): void;
}

const RETRY_FIRST_MS = 100;
/** The interface is back long before an administrator has typed a command. */
const RETRY_LAST_MS = 1000;
/** BOUNDED: what is kept of the capture process's last words. */
const LAST_WORDS_MAX = 1000;

/** `waiting` for the interface, `starting`, `capturing`, or `closed` for good. */
type State = "waiting" | "starting" | "capturing" | "closed";

export class Capture {
  readonly #name: string;
  readonly #report: CaptureReport;
  #filter: string;
  #state: State = "waiting";
  #interface: Interface | undefined;
  /** The newest last; an older one lives until the newest listens. BOUNDED: by the changes of the filter within one start. */
  #children: ChildProcess[] = [];
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_FIRST_MS;
  #everListened = false;
  #toldLost = false;

  /** `filter` is for any link layer. */
  constructor(name: string, filter: string, report: CaptureReport) {
    this.#name = name;
    this.#filter = filter;
    this.#report = report;
  }

  get state(): State {
    return this.#state;
  }

  /** Tells what is known of the interface now; a capture that waited for it starts. */
  update(link: Interface | undefined): void {
    this.#interface = link;
    if (this.#state !== "waiting") return;
    if (link?.up) this.#start();
    else this.#sayLost(link === undefined ? "no such device" : "it is down");
  }

  /** Make before break: the old capture ends once the new one listens, so no knock is missed. */
  setFilter(filter: string): void {
    if (filter === this.#filter) return;
    this.#filter = filter;
    if (this.#children.length > 0) this.#start();
  }

  close(): void {
    this.#state = "closed";
    clearTimeout(this.#retry);
    this.#endOlderThan(undefined);
  }

  #start(): void {
    clearTimeout(this.#retry);
    if (this.#children.length === 0) this.#state = "starting";
    const child = takeCaptureProcess();
    this.#children.push(child);
    let lastWords = "";
    const reader = new PcapReader((frame) => {
      // What is still in the pipe at the end must not open a door any more.
      if (this.#state !== "closed") this.#report.frame(frame);
    });
    child.stdout?.on("data", (chunk: Uint8Array) => {
      const started = reader.started;
      reader.push(chunk);
      if (started || !reader.started) return;
      this.#endOlderThan(child);
      this.#listening();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS_MAX);
    });
    // A child that is already gone breaks the pipe; its end is reported below.
    child.stdin?.on("error", () => {});
    child.on("error", (error) => this.#ended(child, null, error.message));
    child.on("close", (code) => this.#ended(child, code, lastWords));
    const order: CaptureOrder = {
      interface: this.#name,
      filter: this.#interface?.ethernet ? withVlan(this.#filter) : this.#filter,
    };
    child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #listening(): void {
    if (this.#state === "closed") return;
    this.#retryMs = RETRY_FIRST_MS;
    this.#toldLost = false;
    if (this.#state !== "capturing") this.#report.listening(this.#everListened);
    this.#state = "capturing";
    this.#everListened = true;
  }

  #ended(child: ChildProcess, code: number | null, lastWords: string): void {
    const wasNewest = child === this.#children.at(-1);
    this.#children = this.#children.filter((other) => other !== child);
    if (!wasNewest || this.#state === "closed") return;
    const reason = reasonOf(lastWords);
    if (code === EXIT.NO_PERMISSION || /setpriv: .*not permitted/.test(lastWords)) return this.#report.denied(reason);
    this.#retry = setTimeout(() => this.#again(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
    if (this.#children.length > 0) return;
    this.#state = "waiting";
    this.#sayLost(this.#interface === undefined ? "no such device" : reason);
  }

  #again(): void {
    if (this.#state === "waiting") this.update(this.#interface);
    else if (this.#state === "capturing") this.#start();
  }

  /** Closing its stdin ends a capture process; without a `child`, all of them. */
  #endOlderThan(child: ChildProcess | undefined): void {
    for (const other of this.#children) {
      if (other === child) return;
      other.stdin?.end();
    }
  }

  #sayLost(reason: string): void {
    if (this.#toldLost) return;
    this.#toldLost = true;
    if (this.#everListened) this.#report.lost(reason);
    else this.#report.absent(reason);
  }
}

/** cap aborts with an assertion when its interface goes down; that text helps nobody. */
function reasonOf(lastWords: string): string {
  if (lastWords.includes("Assertion")) return "it went down";
  const lines = lastWords.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Warning:"));
  return lines.at(-1)?.trim() ?? "the capture process ended";
}
