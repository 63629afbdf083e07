// What is looked out for: the doors of the config with the sequences that are good now, the guard ports, the filter for both.
import type { Config } from "./core/config.ts";
import type { Door } from "./core/door.ts";
import type { GuardSecret } from "./core/guard.ts";
import type { Key } from "./core/key.ts";
import { keyWeaknesses } from "./core/key-weakness.ts";
import type { Matcher } from "./core/match.ts";
import { spaWords } from "./core/spa-words.ts";
import type { Unlocker } from "./core/unlock.ts";
import { type Watchlist, watchlistFor } from "./core/watchlist.ts";
import type { Log } from "./io/log.ts";
import { OneTimeFiles } from "./io/one-time-files.ts";
import type { ReplayFile } from "./io/replay-file.ts";

export interface Lookout {
  readonly log: Log;
  /** Where the captures look, and what they let through, from now on. */
  readonly watch: (interfaces: readonly string[], search: Pick<Watchlist, "filter" | "snapBytes">) => void;
  /** Port keys that a guard must not stand on. */
  readonly portsInUse: () => Promise<ReadonlySet<number>>;
  readonly guardSecret: GuardSecret;
  readonly replays: Pick<ReplayFile, "has" | "mayHaveForgotten" | "add" | "load">;
}

export class Watchman {
  readonly #matcher: Matcher;
  readonly #unlocker: Unlocker;
  readonly #lookout: Lookout;
  #config: Config;
  #oneTime: OneTimeFiles;
  #inUse: ReadonlySet<number> = new Set();
  #guards: ReadonlySet<number> = new Set();
  #spaPort: number | undefined;

  constructor(config: Config, matcher: Matcher, unlocker: Unlocker, lookout: Lookout) {
    this.#config = config;
    this.#matcher = matcher;
    this.#unlocker = unlocker;
    this.#lookout = lookout;
    this.#oneTime = new OneTimeFiles([], lookout.log);
  }

  async take(config: Config, keys: readonly Key[]): Promise<void> {
    this.#config = config;
    this.#takeKeys(config, keys);
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

  /** Without keys, nothing of signed packets is looked at. */
  #takeKeys(config: Config, keys: readonly Key[]): void {
    const { log, replays } = this.#lookout;
    this.#spaPort = keys.length > 0 ? config.spaPort : undefined;
    if (keys.length > 0) {
      for (const text of keyWeaknesses(keys, Date.now())) log.warn({ event: "weak" }, text);
      const problem = replays.load();
      if (problem !== undefined) log.warn({ event: "spa-memory" }, spaWords.replaysUnread(problem));
    }
    this.#unlocker.take(keys, config);
  }

  #watch(): void {
    const { doors, scanGuard, interfaces } = this.#config;
    const current = this.#oneTime.current(doors);
    const watchlist = watchlistFor(current, scanGuard, this.#inUse, this.#lookout.guardSecret, this.#spaPort);
    this.#guards = watchlist.guards;
    this.#matcher.watch(current, watchlist.guards);
    this.#lookout.watch(interfaces, watchlist);
  }
}
