// What is looked out for: the doors of the config with the sequences that are good now, the guard ports, the filter for both.
import type { Config } from "./core/config.ts";
import type { Door } from "./core/door.ts";
import type { GuardSecret } from "./core/guard.ts";
import type { Matcher } from "./core/match.ts";
import { type Watchlist, watchlistFor } from "./core/watchlist.ts";
import type { Log } from "./io/log.ts";
import { OneTimeFiles } from "./io/one-time-files.ts";

export interface Lookout {
  readonly log: Log;
  /** Where the captures look, and what they let through, from now on. */
  readonly watch: (interfaces: readonly string[], search: Pick<Watchlist, "filter" | "snapBytes">) => void;
  /** Port keys that a guard must not stand on. */
  readonly portsInUse: () => Promise<ReadonlySet<number>>;
  readonly guardSecret: GuardSecret;
}

export class Watchman {
  readonly #matcher: Matcher;
  readonly #lookout: Lookout;
  #config: Config;
  #oneTime: OneTimeFiles;
  #inUse: ReadonlySet<number> = new Set();
  #guards: ReadonlySet<number> = new Set();

  constructor(config: Config, matcher: Matcher, lookout: Lookout) {
    this.#config = config;
    this.#matcher = matcher;
    this.#lookout = lookout;
    this.#oneTime = new OneTimeFiles([], lookout.log);
  }

  async take(config: Config): Promise<void> {
    this.#config = config;
    this.#oneTime = new OneTimeFiles(config.doors, this.#lookout.log);
    this.#inUse = await this.#lookout.portsInUse();
    this.#watch();
  }

  /** Somebody may have begun to use a port that a guard stands on. */
  async refresh(): Promise<void> {
    this.#inUse = await this.#lookout.portsInUse();
    if ([...this.#inUse].some((key) => this.#guards.has(key))) this.#watch();
  }

  /** The door was earned. A one-time sequence is spent with that, and the next one is looked out for. */
  earned(door: Door): void {
    if (this.#oneTime.spend(door)) this.#watch();
  }

  #watch(): void {
    const { doors, scanGuard, interfaces } = this.#config;
    const current = this.#oneTime.current(doors);
    const watchlist = watchlistFor(current, scanGuard, this.#inUse, this.#lookout.guardSecret);
    this.#guards = watchlist.guards;
    this.#matcher.watch(current, watchlist.guards);
    this.#lookout.watch(interfaces, watchlist);
  }
}
