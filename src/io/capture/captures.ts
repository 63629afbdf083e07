// All captures together: one per interface, or two where signed packets are looked for, each told what the network does.
import type { AddressSet } from "../../core/address.ts";
import { Layers } from "../../core/capture/layers.ts";
import type { Frame } from "../../core/frame.ts";
import type { Search } from "../../core/watchlist.ts";
import type { CaptureKind } from "../../core/way.ts";
import { pause } from "../pause.ts";
import { runtimeDirectory } from "../state/directories.ts";
import { sweepFifos } from "./frame-fifo.ts";
import { Capture, type CaptureReport, type SnifferName } from "./interface-capture.ts";
import { ANY, defaultInterface, Network } from "./network.ts";
import type { SnifferChoice } from "./sniffer.ts";

/** How often it is looked whether they have started, which takes some 100 ms. */
const LOOK_MS = 10;

export interface CapturesReport {
  listening(name: string, again: boolean): void;
  absent(name: string, reason: string): void;
  lost(name: string, reason: string): void;
  /** An interface is there, and what looks for signed packets on it does not work, or works again. */
  packetsLost(name: string, reason: string): void;
  packetsBack(name: string): void;
  /** No interface is configured, and there is no default route yet. */
  noDefaultRoute(): void;
  /** It works, with the sniffer that comes second. */
  fallback(name: string, used: SnifferName, wanted: SnifferName, reason: string): void;
  /** Nothing will ever be captured: no privilege. */
  denied(reason: string): void;
}

/** `local` holds the addresses that the frame's interface has now. */
export type See = (frame: Frame, local: AddressSet, capture: CaptureKind) => void;

/** How one capture fares. */
export interface CaptureReading {
  readonly state: Capture["state"];
  /** Frames that passed the filter. */
  readonly received: number;
  /** Packets that the kernel dropped because we did not keep up; null: unknown. */
  readonly dropped: number | null;
}

/** The same of an interface: of its knocks, if they are looked for. */
export interface CaptureStatus extends CaptureReading {
  readonly interface: string;
  /** How often the interface was lost. */
  readonly lost: number;
  /** Of signed packets, if they are looked for beside knocks. */
  readonly packets?: CaptureReading;
}

interface Watched {
  /** In the order of the searches: the first stands for the interface. BOUNDED: by the kinds. */
  readonly captures: Map<CaptureKind, Counted>;
  lost: number;
  /** The first listens, which is told once no other is still starting: is it for the first time, or again? */
  toTell?: "first" | "again" | undefined;
}

interface Counted {
  readonly capture: Capture;
  received: number;
}

export class Captures {
  readonly #sniffer: SnifferChoice;
  readonly #report: CapturesReport;
  readonly #network: Network;
  /** BOUNDED: by the interfaces of the config. */
  readonly #watched = new Map<string, Watched>();
  #names: readonly string[] = [];
  #searches: readonly Search[] = [];
  #see: See = () => {};
  #toldNoRoute = false;
  /** Asking for the default route. */
  #asking: Promise<void> = Promise.resolve();

  constructor(sniffer: SnifferChoice, report: CapturesReport) {
    this.#sniffer = sniffer;
    this.#report = report;
    this.#network = new Network(() => this.#update());
  }

  /** Captures on `names` (none: the interface of the default route) what the searches are for; call it again to change either. */
  watch(names: readonly string[], searches: readonly Search[]): void {
    this.#names = names;
    this.#searches = searches;
    for (const [name, watched] of this.#watched) this.#look(name, watched);
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
    while (this.#all().some(({ capture }) => capture.state === "starting")) await pause(LOOK_MS);
  }

  close(): void {
    this.#network.close();
    for (const { capture } of this.#all()) capture.close();
  }

  /** What can be told at once. */
  states(): Pick<CaptureStatus, "interface" | "state">[] {
    return [...this.#watched].flatMap(([name, { captures }]) => {
      const [first] = captures.values();
      return first === undefined ? [] : [{ interface: name, state: first.capture.state }];
    });
  }

  async status(): Promise<CaptureStatus[]> {
    const each = [...this.#watched].map(async ([name, { captures, lost }]): Promise<CaptureStatus[]> => {
      const [first, second] = await Promise.all([...captures.values()].map(readingOf));
      if (first === undefined) return [];
      return [{ interface: name, ...first, lost, ...(second === undefined ? {} : { packets: second }) }];
    });
    return (await Promise.all(each)).flat();
  }

  #all(): Counted[] {
    return [...this.#watched.values()].flatMap(({ captures }) => [...captures.values()]);
  }

  #update(): void {
    if (this.#searches.length === 0) return;
    if (this.#names.length > 0) return this.#open(this.#names);
    this.#asking = this.#openDefault();
  }

  async #openDefault(): Promise<void> {
    // What cannot be asked now is asked again at the next change.
    const name = await defaultInterface().catch(() => undefined);
    if (name !== undefined) return this.#open([name]);
    if (this.#watched.size === 0 && !this.#toldNoRoute) this.#report.noDefaultRoute();
    this.#toldNoRoute = true;
  }

  #open(names: readonly string[]): void {
    for (const [name, { captures }] of this.#watched) {
      if (names.includes(name)) continue;
      for (const { capture } of captures.values()) capture.close();
      this.#watched.delete(name);
    }
    for (const name of names) {
      const watched = this.#watched.get(name) ?? { captures: new Map(), lost: 0 };
      this.#watched.set(name, watched);
      this.#look(name, watched);
      for (const { capture } of watched.captures.values()) capture.update(this.#network.get(name));
    }
  }

  /** One capture for each search. */
  #look(name: string, { captures }: Watched): void {
    const before = new Map(captures);
    captures.clear();
    for (const search of this.#searches) {
      const known = before.get(search.capture);
      known?.capture.look(search);
      captures.set(search.capture, known ?? this.#create(name, search));
      before.delete(search.capture);
    }
    for (const { capture } of before.values()) capture.close();
  }

  #create(name: string, search: Search): Counted {
    const layers = name === ANY ? new Layers() : undefined;
    const kind = search.capture;
    const frame = (each: Frame): void => {
      if (layers?.isRepeat(each) === true) return;
      counted.received++;
      const local = this.#network.get(name)?.addresses;
      if (local !== undefined) this.#see(each, local, kind);
    };
    const hears = this.#hears(name, kind);
    const denied = (reason: string): void => this.#report.denied(reason);
    const counted = { capture: new Capture(name, this.#sniffer, search, { frame, denied, ...hears }), received: 0 };
    return counted;
  }

  /** The interface's first capture reports for it; another one reports only its own faults. */
  #hears(name: string, kind: CaptureKind): Omit<CaptureReport, "frame" | "denied"> {
    const report = this.#report;
    const isFirst = (): boolean => this.#watched.get(name)?.captures.keys().next().value === kind;
    let toldLost = false;
    const packetsLost = (reason: string): void => {
      this.#tellListening(name, kind);
      if (this.#network.get(name)?.up !== true) return;
      toldLost = true;
      report.packetsLost(name, reason);
    };
    return {
      listening: (again) => {
        const watched = this.#watched.get(name);
        if (watched !== undefined && isFirst()) watched.toTell = again ? "again" : "first";
        else if (toldLost) report.packetsBack(name);
        toldLost = false;
        this.#tellListening(name, kind);
      },
      absent: (reason) => (isFirst() ? report.absent(name, reason) : packetsLost(reason)),
      lost: (reason) => {
        if (!isFirst()) return packetsLost(reason);
        const watched = this.#watched.get(name);
        if (watched !== undefined) watched.lost++;
        report.lost(name, reason);
      },
      fallback: (used, wanted, reason) => {
        if (isFirst()) report.fallback(name, used, wanted, reason);
      },
    };
  }

  /** Whoever hears that we listen may send whatever we look for. `kind` has just begun, or failed. */
  #tellListening(name: string, kind: CaptureKind): void {
    const watched = this.#watched.get(name);
    if (watched?.toTell === undefined) return;
    if ([...watched.captures].some(([other, { capture }]) => other !== kind && capture.state === "starting")) return;
    this.#report.listening(name, watched.toTell === "again");
    watched.toTell = undefined;
  }
}

async function readingOf({ capture, received }: Counted): Promise<CaptureReading> {
  return { state: capture.state, received, dropped: (await capture.dropped()) ?? null };
}
