// What is looked out for: the doors of the config with the sequences that are good now, the guard ports, the filter for both.
import type { Config } from "../core/config/config.ts";
import { keyWeaknesses } from "../core/config/key-weakness.ts";
import type { Door } from "../core/door.ts";
import type { GuardSecret } from "../core/guard.ts";
import type { Matcher } from "../core/match.ts";
import type { Key } from "../core/spa/key.ts";
import type { PacketMatcher } from "../core/spa/packet-matcher.ts";
import { spaWords } from "../core/spa/packet-words.ts";
import type { CodeSecret } from "../core/totp/code.ts";
import type { CodeMatcher } from "../core/totp/code-matcher.ts";
import { codeWords } from "../core/totp/code-words.ts";
import { type Watchlist, watchlistFor } from "../core/watchlist.ts";
import type { Log } from "../io/log/log.ts";
import type { OnceFile } from "../io/state/once-file.ts";
import { OneTimeFiles } from "../io/state/one-time-files.ts";

/** Signed packets, or codes, each good once. */
type UsedOnes = Pick<OnceFile, "has" | "mayHaveForgotten" | "add" | "load">;

export interface WatchTools {
  readonly log: Log;
  /** Where the captures look, and what they let through, from now on. */
  readonly watch: (interfaces: readonly string[], search: Pick<Watchlist, "filter" | "snapBytes">) => void;
  /** Port keys that a guard must not stand on. */
  readonly portsInUse: () => Promise<ReadonlySet<number>>;
  readonly guardSecret: GuardSecret;
  readonly replays: UsedOnes;
  readonly usedCodes: UsedOnes;
}

/** The ways to earn a door. */
export interface Ways {
  readonly matcher: Matcher;
  readonly packets: PacketMatcher;
  readonly codes: CodeMatcher;
}

/** What is not in the config file itself. The secrets of codes go by the names of their doors. */
export interface Secrets {
  readonly keys: readonly Key[];
  readonly codes: ReadonlyMap<string, CodeSecret>;
}

export class Watching {
  readonly #ways: Ways;
  readonly #tools: WatchTools;
  #config: Config;
  #oneTime: OneTimeFiles;
  #inUse: ReadonlySet<number> = new Set();
  #guards: ReadonlySet<number> = new Set();
  #spaPort: number | undefined;

  constructor(config: Config, ways: Ways, tools: WatchTools) {
    this.#config = config;
    this.#ways = ways;
    this.#tools = tools;
    this.#oneTime = new OneTimeFiles([], tools.log);
  }

  async apply(config: Config, { keys, codes }: Secrets): Promise<void> {
    this.#config = config;
    this.#takeKeys(config, keys);
    this.#takeCodes(config, codes);
    this.#oneTime = new OneTimeFiles(config.doors, this.#tools.log);
    this.#inUse = await this.#tools.portsInUse();
    this.#watch();
  }

  /** Somebody may have begun to use a port that a guard stands on. */
  async refresh(): Promise<void> {
    this.#inUse = await this.#tools.portsInUse();
    if ([...this.#inUse].some((key) => this.#guards.has(key))) this.#watch();
  }

  /** The door was earned. A one-time sequence is spent with that, and the next one is looked out for. */
  earned(door: Door): void {
    if (this.#oneTime.spend(door)) this.#watch();
  }

  /** Without keys, nothing of signed packets is looked at. */
  #takeKeys(config: Config, keys: readonly Key[]): void {
    const { log, replays } = this.#tools;
    this.#spaPort = keys.length > 0 ? config.spaPort : undefined;
    if (keys.length > 0) {
      for (const text of keyWeaknesses(keys, Date.now())) log.warn({ event: "weak" }, text);
      const problem = replays.load();
      if (problem !== undefined) log.warn({ event: "spa-memory" }, spaWords.replaysUnread(problem));
    }
    this.#ways.packets.apply(keys, config);
  }

  #takeCodes({ doors }: Config, secrets: ReadonlyMap<string, CodeSecret>): void {
    const problem = secrets.size > 0 ? this.#tools.usedCodes.load() : undefined;
    if (problem !== undefined) this.#tools.log.warn({ event: "code-memory" }, codeWords.usedUnread(problem));
    this.#ways.codes.watch(doors, secrets);
  }

  #watch(): void {
    const { doors, scanGuard, interfaces } = this.#config;
    const current = this.#oneTime.current(doors);
    const watchlist = watchlistFor(current, scanGuard, this.#inUse, this.#tools.guardSecret, this.#spaPort);
    this.#guards = watchlist.guards;
    this.#ways.matcher.watch(current, watchlist.guards);
    this.#tools.watch(interfaces, watchlist);
  }
}
