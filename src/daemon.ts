// The plot: frame -> decode -> match -> grant -> open -> close. Only this file knows the order of the stages.
import { type AddressSet, formatAddress } from "./core/address.ts";
import type { Config } from "./core/config.ts";
import { decode } from "./core/decode.ts";
import type { Door } from "./core/door.ts";
import { type Grant, Grants } from "./core/grant.ts";
import { emptyKnock, type Frame } from "./core/knock.ts";
import { Matcher } from "./core/match.ts";
import { words } from "./core/words.ts";
import { Doorkeeper, type Tools } from "./doorkeeper.ts";
import { Alarm } from "./io/alarm.ts";
import { MatchLog } from "./io/match-log.ts";
import { Serial } from "./io/serial.ts";
import { letInAgain, resume } from "./recovery.ts";
import { type Lookout, Watchman } from "./watchman.ts";

/** What the daemon needs of the world; a test hands in its own. */
export interface World extends Tools, Lookout {}

/** How often attempts that are too old are looked for. */
const SWEEP_MS = 250;
/** How often guard ports step aside for what listens now. */
const LOOK_AROUND_MS = 60_000;
/** How soon to try again to put back what somebody took out of the firewall. */
const HIDE_AGAIN_MS = 400;

export class Daemon {
  readonly #world: World;
  readonly #matcher: Matcher;
  readonly #watchman: Watchman;
  readonly #grants = new Grants();
  readonly #doorkeeper: Doorkeeper;
  readonly #closing = new Alarm(() => this.#closeDue());
  readonly #hidingAgain = new Alarm(() => this.#hideAgain());
  /** Configs are taken, and rules put back, one after the other. */
  readonly #serial = new Serial();
  readonly #knock = emptyKnock();
  #config: Config;
  #sweep: NodeJS.Timeout | undefined;
  #lookAround: NodeJS.Timeout | undefined;
  /** Somebody flushed the firewall, and not all who were in are in again. */
  #wereFlushed = false;

  constructor(config: Config, world: World) {
    this.#world = world;
    this.#config = config;
    this.#matcher = new Matcher({ report: new MatchLog(world.log), seed: world.guardSecret[0] });
    this.#watchman = new Watchman(config, this.#matcher, world);
    this.#doorkeeper = new Doorkeeper(world);
  }

  /** Hides, takes up what an earlier run left open, then listens. Rejects if the firewall cannot hide. */
  async start(): Promise<void> {
    await this.#hide(this.#config);
    await resume(this.#config, this.#grants, this.#doorkeeper, this.#world);
    this.#closeDue();
    this.#world.firewall.guard(() => this.#hideAgain());
    await this.#watchman.take(this.#config);
    this.#sweep = setInterval(() => this.#matcher.sweep(performance.now()), SWEEP_MS);
    this.#lookAround = setInterval(() => void this.#watchman.refresh(), LOOK_AROUND_MS);
  }

  /** Takes another config. Open doors, and attempts at doors that did not change, go on. Rejects with nothing changed. */
  reload(config: Config): Promise<void> {
    return this.#serial.run("firewall", async () => {
      await this.#hide(config);
      this.#config = config;
      await this.#watchman.take(config);
    });
  }

  /** The path of every packet. `local` holds the addresses that its interface has now. */
  see(frame: Frame, local: AddressSet): void {
    if (!decode(frame, this.#knock)) return;
    for (const door of this.#matcher.accept(this.#knock, local, performance.now())) {
      this.#earned(door, formatAddress(this.#knock.source));
    }
  }

  /** What the kernel closes by itself is left to it, and what is hidden stays hidden. */
  async stop(): Promise<void> {
    this.#world.log.info({ event: "shutdown" }, words.shutdown());
    clearInterval(this.#sweep);
    clearInterval(this.#lookAround);
    this.#closing.set(undefined);
    this.#hidingAgain.set(undefined);
    const ours = this.#grants.all().filter(({ door, family }) => door.commands[family].stop !== undefined);
    if (this.#config.onStop === "close") {
      for (const grant of ours) void this.#doorkeeper.close(this.#grants.remove(grant));
    }
    await this.#doorkeeper.finish();
    this.#world.firewall.release();
  }

  #earned(door: Door, ip: string): void {
    this.#watchman.earned(door);
    const admission = this.#grants.admit(door, ip, performance.now());
    if (admission.outcome === "full") {
      return this.#world.log.warn({ event: "full", door: door.name, ip }, words.full(ip, door.name));
    }
    if (admission.outcome === "extended") void this.#doorkeeper.extend(admission.grant);
    else void this.#open(admission.grant);
    this.#closing.set(this.#grants.nextDueMs);
  }

  async #open(grant: Grant): Promise<void> {
    const opened = await this.#doorkeeper.open(grant);
    if (opened) this.#grants.started(grant, performance.now());
    else this.#grants.remove(grant);
  }

  #closeDue(): void {
    for (const grant of this.#grants.due(performance.now())) void this.#doorkeeper.close(grant);
    this.#closing.set(this.#grants.nextDueMs);
  }

  async #hide(config: Config): Promise<void> {
    if (await this.#world.firewall.hide(config)) this.#wereFlushed = true;
    if (!this.#wereFlushed) return;
    this.#wereFlushed = !(await letInAgain(config, this.#grants, this.#doorkeeper, this.#world.log));
    if (this.#wereFlushed) this.#hidingAgain.set(performance.now() + HIDE_AGAIN_MS);
  }

  /** Somebody else took our rules out of the firewall. */
  #hideAgain(): void {
    void this.#serial.run("firewall", async () => {
      try {
        await this.#hide(this.#config);
      } catch (error) {
        this.#world.log.error({ event: "firewall-lost" }, words.firewallNotRestored(error));
        this.#hidingAgain.set(performance.now() + HIDE_AGAIN_MS);
      }
    });
  }
}
