// All captures together: one per interface, each told what the network does.
import type { AddressSet } from "../../core/address.ts";
import { Layers } from "../../core/capture/layers.ts";
import type { Frame } from "../../core/frame.ts";
import { pause } from "../pause.ts";
import { runtimeDirectory } from "../state/directories.ts";
import { sweepFifos } from "./frame-fifo.ts";
import { Capture, type Search, type SnifferName } from "./interface-capture.ts";
import { ANY, defaultInterface, Network } from "./network.ts";
import type { SnifferChoice } from "./sniffer.ts";

/** How often it is looked whether they have started, which takes some 100 ms. */
const LOOK_MS = 10;

export interface CapturesReport {
  listening(name: string, again: boolean): void;
  absent(name: string, reason: string): void;
  lost(name: string, reason: string): void;
  /** No interface is configured, and there is no default route yet. */
  noDefaultRoute(): void;
  /** It works, with the sniffer that comes second. */
  fallback(name: string, used: SnifferName, wanted: SnifferName, reason: string): void;
  /** Nothing will ever be captured: no privilege. */
  denied(reason: string): void;
}

/** `local` holds the addresses that the frame's interface has now. */
export type See = (frame: Frame, local: AddressSet) => void;

/** How one interface's capture fares. */
export interface CaptureStatus {
  readonly interface: string;
  readonly state: Capture["state"];
  /** Frames that passed the filter. */
  readonly received: number;
  /** Packets that the kernel dropped because we did not keep up; null: unknown. */
  readonly dropped: number | null;
  /** How often the interface was lost. */
  readonly lost: number;
}

interface Watched {
  readonly capture: Capture;
  readonly counts: { received: number; lost: number };
}

export class Captures {
  readonly #sniffer: SnifferChoice;
  readonly #report: CapturesReport;
  readonly #network: Network;
  /** BOUNDED: by the interfaces of the config. */
  readonly #captures = new Map<string, Watched>();
  #names: readonly string[] = [];
  #search: Search | undefined;
  #see: See = () => {};
  #toldNoRoute = false;
  /** Asking for the default route. */
  #asking: Promise<void> = Promise.resolve();

  constructor(sniffer: SnifferChoice, report: CapturesReport) {
    this.#sniffer = sniffer;
    this.#report = report;
    this.#network = new Network(() => this.#update());
  }

  /** Captures on `names` (none: the interface of the default route) what the search is for; call it again to change either. */
  watch(names: readonly string[], search: Search): void {
    this.#names = names;
    this.#search = search;
    for (const { capture } of this.#captures.values()) capture.look(search);
    this.#update();
  }

  /** Begins with what takes its time; optional. */
  prepare(): Promise<void> {
    return this.#network.ask();
  }

  /** Everything that is captured goes to `see`. */
  async start(see: See): Promise<void> {
    this.#see = see;
    sweepFifos(runtimeDirectory());
    await this.#network.start();
  }

  /** Resolves once each of them listens, or waits for its interface. */
  async settled(): Promise<void> {
    await this.#asking;
    while (this.states().some(({ state }) => state === "starting")) await pause(LOOK_MS);
  }

  close(): void {
    this.#network.close();
    for (const { capture } of this.#captures.values()) capture.close();
  }

  /** What can be told at once. */
  states(): Pick<CaptureStatus, "interface" | "state">[] {
    return [...this.#captures].map(([name, { capture }]) => ({ interface: name, state: capture.state }));
  }

  status(): Promise<CaptureStatus[]> {
    const each = [...this.#captures].map(async ([name, { capture, counts }]) => {
      const dropped = (await capture.dropped()) ?? null;
      return { interface: name, state: capture.state, ...counts, dropped };
    });
    return Promise.all(each);
  }

  #update(): void {
    const search = this.#search;
    if (search === undefined) return;
    if (this.#names.length > 0) return this.#open(this.#names, search);
    this.#asking = this.#openDefault(search);
  }

  async #openDefault(search: Search): Promise<void> {
    // What cannot be asked now is asked again at the next change.
    const name = await defaultInterface().catch(() => undefined);
    if (name !== undefined) return this.#open([name], search);
    if (this.#captures.size === 0 && !this.#toldNoRoute) this.#report.noDefaultRoute();
    this.#toldNoRoute = true;
  }

  #open(names: readonly string[], search: Search): void {
    for (const [name, { capture }] of this.#captures) {
      if (names.includes(name)) continue;
      capture.close();
      this.#captures.delete(name);
    }
    for (const name of names) {
      const watched = this.#captures.get(name) ?? this.#create(name, search);
      this.#captures.set(name, watched);
      watched.capture.update(this.#network.get(name));
    }
  }

  #create(name: string, search: Search): Watched {
    const counts = { received: 0, lost: 0 };
    const layers = name === ANY ? new Layers() : undefined;
    const capture = new Capture(name, this.#sniffer, search, {
      frame: (frame) => {
        if (layers?.isRepeat(frame) === true) return;
        counts.received++;
        const local = this.#network.get(name)?.addresses;
        if (local !== undefined) this.#see(frame, local);
      },
      listening: (again) => this.#report.listening(name, again),
      absent: (reason) => this.#report.absent(name, reason),
      lost: (reason) => {
        counts.lost++;
        this.#report.lost(name, reason);
      },
      fallback: (used, wanted, reason) => this.#report.fallback(name, used, wanted, reason),
      denied: (reason) => this.#report.denied(reason),
    });
    return { capture, counts };
  }
}
