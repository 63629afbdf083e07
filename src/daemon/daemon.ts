// The plot: frame -> decode -> judge -> grant -> open -> close. Only this file knows the order of the stages.
import type { AddressSet } from "../core/address.ts";
import type { Config } from "../core/config/config.ts";
import { Counters } from "../core/control/counters.ts";
import { metricsText, type Outside } from "../core/control/metrics-page.ts";
import { decode } from "../core/decode.ts";
import type { Door } from "../core/door.ts";
import { emptyKnock, type Frame } from "../core/frame.ts";
import { type Grant, Grants, type Terms } from "../core/grant.ts";
import { Judge } from "../core/judge.ts";
import type { Key, KeyRule } from "../core/spa/key.ts";
import type { Opener } from "../core/spa/opener.ts";
import { words } from "../core/text/words.ts";
import type { CodeSecret } from "../core/totp/code.ts";
import type { Observer } from "../core/verdict/verdict.ts";
import { Witness } from "../core/verdict/witness.ts";
import type { CaptureKind, Earned } from "../core/way.ts";
import { Alarm } from "../io/alarm.ts";
import { Findings } from "../io/log/finding-log.ts";
import { Doorkeeper, type DoorResult, type Tools } from "./doorkeeper.ts";
import { Hiding } from "./hiding.ts";
import { resume } from "./recovery.ts";
import { type Secrets, Watching, type WatchTools } from "./watching.ts";

/** What the daemon needs of the world; a test hands in its own. */
export interface World extends Tools, WatchTools {
  /** Hears what each knock did, and why it did not count. */
  readonly observer: Observer;
  /** Tries the keys of signed packets. */
  readonly opener: Opener;
  /** Throws a Failure for a key file that will not do. */
  readonly readKeys: (rules: readonly KeyRule[]) => readonly Key[];
  /** The same for the secrets of codes, by the names of their doors. */
  readonly readCodeSecrets: (doors: readonly Door[]) => ReadonlyMap<string, CodeSecret>;
}

/** What others may look at, and not change. */
export interface View {
  readonly config: Config;
  readonly grants: Pick<Grants, "each" | "get" | "count">;
  readonly attempts: Pick<Judge, "attempts" | "underWay">;
  /** When somebody else's flushing of our rules was last made good; monotonic. */
  readonly restoredMs: number | undefined;
}

/** How often attempts that are too old are looked for. */
const SWEEP_MS = 250;
/** How often guard ports step aside for what listens now. */
const LOOK_AROUND_MS = 2000;

export class Daemon {
  readonly #world: World;
  readonly #judge: Judge;
  readonly #watching: Watching;
  readonly #grants: Grants;
  readonly #counters = new Counters();
  readonly #doorkeeper: Doorkeeper;
  readonly #hiding: Hiding;
  readonly #closing = new Alarm(() => this.#closeDue());
  readonly #knock = emptyKnock();
  #config: Config;
  #sweep: NodeJS.Timeout | undefined;
  #lookAround: NodeJS.Timeout | undefined;

  constructor(config: Config, world: World, grants = new Grants()) {
    this.#world = world;
    this.#grants = grants;
    this.#config = config;
    const isOpen = (door: Door, ip: string): boolean => this.#grants.get(door.name, ip) !== undefined;
    const report = new Witness(new Findings(world.log, this.#counters), world.observer, isOpen);
    const { usedPackets, usedCodes, opener, guardSecret } = world;
    const tools = { report, usedPackets, usedCodes, opener, seed: guardSecret[0] };
    this.#judge = new Judge(tools, (earned) => this.#earned(earned));
    this.#watching = new Watching(config, this.#judge, world);
    this.#doorkeeper = new Doorkeeper(world, this.#counters);
    this.#hiding = new Hiding(this.#grants, this.#doorkeeper, world);
  }

  /** Hides, takes up what an earlier run left open, then listens. Rejects if the firewall cannot hide. */
  async start(): Promise<void> {
    const secrets = this.#readSecrets(this.#config);
    this.#counters.apply(this.#config.doors);
    await this.#hiding.hide(this.#config);
    await resume(this.#config, this.#grants, this.#doorkeeper, this.#world);
    this.#closeDue();
    this.#hiding.guard();
    await this.#watching.apply(this.#config, secrets);
    this.#sweep = setInterval(() => this.#judge.sweep(performance.now()), SWEEP_MS);
    this.#lookAround = setInterval(() => void this.#watching.refresh(), LOOK_AROUND_MS);
  }

  /** Takes another config. Open doors, and attempts at doors that did not change, go on. Rejects with nothing changed. */
  async reload(config: Config): Promise<void> {
    // First of all: a bad key file must change nothing.
    const secrets = this.#readSecrets(config);
    await this.#hiding.hide(config, async () => {
      this.#config = config;
      this.#counters.apply(config.doors);
      await this.#watching.apply(config, secrets);
    });
  }

  /** The path of every packet. `local` holds the addresses that its interface has now; no `capture`: there is one for all. */
  see(frame: Frame, local: AddressSet, capture?: CaptureKind): void {
    if (!decode(frame, this.#knock)) return;
    this.#counters.knocks++;
    this.#judge.see({ capture, frame, knock: this.#knock, local, nowMs: performance.now() });
  }

  /** The door is earned, or opened by hand. Resolves once it is open, or will not be: to what the log says. */
  async open(door: Door, ip: string, terms?: Terms): Promise<DoorResult> {
    const admission = this.#grants.admit(door, ip, performance.now(), terms);
    if (admission.outcome === "full") {
      this.#counters.refusals.too_many_open++;
      this.#world.log.warn({ event: "open-refused", door: door.name, ip }, words.full(ip, door.name));
      return { done: false, said: words.full(ip, door.name) };
    }
    this.#closing.set(this.#grants.nextDueMs);
    const { outcome, grant } = admission;
    if (outcome === "extended") return await this.#doorkeeper.extend(grant);
    if (outcome === "opened" && admission.givenUp !== undefined)
      void this.#doorkeeper.close(admission.givenUp).finally(() => this.#grants.left());
    const result = await this.#doorkeeper.open(grant);
    if (result.done) this.#grants.started(grant, performance.now());
    else this.#grants.remove(grant);
    return result;
  }

  /** Ahead of its time. */
  async close(grant: Grant): Promise<DoorResult> {
    return await this.#doorkeeper.close(this.#grants.remove(grant));
  }

  /** What there is to see now. */
  get view(): View {
    return { config: this.#config, grants: this.#grants, attempts: this.#judge, restoredMs: this.#hiding.restoredMs };
  }

  /** What has happened so far and what is so now, for Prometheus. */
  metrics(outside: Outside): string {
    const { attempts, forgotten } = this.#judge;
    return metricsText(this.#counters, { ...outside, attempts, forgotten, grants: this.#grants.each() });
  }

  /** What the kernel closes by itself is left to it, and what is hidden stays hidden. */
  async stop(): Promise<void> {
    this.#world.log.info({ event: "shutdown" }, words.shutdown());
    clearInterval(this.#sweep);
    clearInterval(this.#lookAround);
    this.#closing.set(undefined);
    this.#hiding.stop();
    const ours = this.#grants.all().filter(({ door, family }) => door.commands[family].stop !== undefined);
    if (this.#config.onStop === "close") {
      for (const grant of ours) void this.#doorkeeper.close(this.#grants.remove(grant));
    }
    await this.#doorkeeper.finish();
    await this.#world.firewall.release();
  }

  #readSecrets({ keys, doors }: Config): Secrets {
    return { keys: this.#world.readKeys(keys), codes: this.#world.readCodeSecrets(doors) };
  }

  #earned({ door, ip, terms, spends }: Earned): void {
    if (spends === true) this.#watching.spend(door);
    void this.open(door, ip, terms);
  }

  #closeDue(): void {
    for (const grant of this.#grants.due(performance.now())) void this.#doorkeeper.close(grant);
    this.#closing.set(this.#grants.nextDueMs);
  }
}
