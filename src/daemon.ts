// The plot: frame -> decode -> match -> grant -> open -> close. Only this file knows the order of the stages.
import { type AddressSet, formatAddress } from "./core/address.ts";
import type { Config } from "./core/config.ts";
import { decode } from "./core/decode.ts";
import type { Door } from "./core/door.ts";
import { type Grant, Grants } from "./core/grant.ts";
import type { GuardSecret } from "./core/guard.ts";
import { emptyKnock, type Frame } from "./core/knock.ts";
import { Matcher } from "./core/match.ts";
import { watchlistFor } from "./core/watchlist.ts";
import { words } from "./core/words.ts";
import { Doorkeeper, type RunCommand } from "./doorkeeper.ts";
import { Alarm } from "./io/alarm.ts";
import type { Firewall } from "./io/firewall.ts";
import type { Log } from "./io/log.ts";
import { MatchLog } from "./io/match-log.ts";
import { OneTimeFiles } from "./io/one-time-files.ts";

/** What the daemon needs of the world; a test hands in its own. */
export interface World {
  readonly log: Log;
  readonly firewall: Firewall;
  readonly runCommand: RunCommand;
  /** Where the captures look, and what they let through, from now on. */
  readonly watch: (interfaces: readonly string[], filter: string) => void;
  /** Port keys that a guard must not stand on. */
  readonly portsInUse: () => Promise<ReadonlySet<number>>;
  readonly guardSecret: GuardSecret;
}

/** How often attempts that are too old are looked for. */
const SWEEP_MS = 250;

export class Daemon {
  readonly #world: World;
  readonly #matcher: Matcher;
  readonly #grants = new Grants();
  readonly #doorkeeper: Doorkeeper;
  readonly #closing = new Alarm(() => this.#closeDue());
  readonly #knock = emptyKnock();
  #config: Config;
  #oneTime: OneTimeFiles;
  #inUse: ReadonlySet<number> = new Set();
  #sweep: NodeJS.Timeout | undefined;

  constructor(config: Config, world: World) {
    this.#world = world;
    this.#config = config;
    this.#oneTime = new OneTimeFiles([], world.log);
    this.#matcher = new Matcher({ report: new MatchLog(world.log), seed: world.guardSecret[0] });
    this.#doorkeeper = new Doorkeeper(world.firewall, world.runCommand, world.log);
  }

  /** Hides, then listens. Rejects if the firewall cannot hide. */
  async start(): Promise<void> {
    await this.#take(this.#config);
    this.#sweep = setInterval(() => this.#matcher.sweep(performance.now()), SWEEP_MS);
  }

  /** Takes another config. Open doors, and attempts at doors that did not change, go on. */
  async reload(config: Config): Promise<void> {
    await this.#take(config);
  }

  /** The path of every packet. `local` holds the addresses that its interface has now. */
  see(frame: Frame, local: AddressSet): void {
    if (!decode(frame, this.#knock)) return;
    for (const door of this.#matcher.accept(this.#knock, local, performance.now()))
      this.#earned(door, formatAddress(this.#knock.source));
  }

  /** Runs the stop commands of open doors. What the kernel closes by itself is left to it, and what is hidden stays hidden. */
  async stop(): Promise<void> {
    this.#world.log.info({ event: "shutdown" }, words.shutdown());
    clearInterval(this.#sweep);
    this.#closing.set(undefined);
    const toStop = this.#grants.all().filter(({ door, family }) => door.commands[family].stop !== undefined);
    for (const grant of toStop) void this.#doorkeeper.close(this.#grants.remove(grant));
    await this.#doorkeeper.idle();
    this.#world.firewall.release();
  }

  #earned(door: Door, ip: string): void {
    if (this.#oneTime.spend(door)) this.#watch();
    const admission = this.#grants.admit(door, ip, performance.now());
    if (admission.outcome === "full")
      return this.#world.log.warn({ event: "full", door: door.name, ip }, words.full(ip, door.name));
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

  async #take(config: Config): Promise<void> {
    await this.#world.firewall.hide(config);
    this.#config = config;
    this.#oneTime = new OneTimeFiles(config.doors, this.#world.log);
    this.#inUse = await this.#world.portsInUse();
    this.#watch();
  }

  #watch(): void {
    const { doors, scanGuard, interfaces } = this.#config;
    const { filter, ...watched } = watchlistFor(
      this.#oneTime.current(doors),
      scanGuard,
      this.#inUse,
      this.#world.guardSecret,
    );
    this.#matcher.watch(watched.doors, watched.guards);
    this.#world.watch(interfaces, filter);
  }
}
