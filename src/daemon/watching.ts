// What is looked out for: the doors of the config with the sequences that are good now, the guard ports, the filter for both.
import type { Config } from "../core/config/config.ts";
import { keyWeaknesses } from "../core/config/key-weakness.ts";
import type { Door } from "../core/door.ts";
import { type DoorGuards, type Ground, type GuardSecret, UNTOUCHED_GROUND } from "../core/guard/guard.ts";
import type { Judge } from "../core/judge.ts";
import type { Key } from "../core/spa/key.ts";
import { spaWords } from "../core/spa/packet-words.ts";
import { words } from "../core/text/words.ts";
import type { CodeSecret } from "../core/totp/code.ts";

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
  readonly watch: (interfaces: readonly string[], searches: Watchlist["searches"]) => void;
  /** Where a guard must not stand. */
  readonly ground: () => Promise<Ground>;
  readonly guardSecret: GuardSecret;
  readonly usedPackets: UsedOnes;
  readonly usedCodes: UsedOnes;
}

/** What is not in the config file itself. The secrets of codes go by the names of their doors. */
export interface Secrets {
  readonly keys: readonly Key[];
  readonly codes: ReadonlyMap<string, CodeSecret>;
}

export class Watching {
  readonly #judge: Judge;
  readonly #tools: WatchTools;
  #config: Config;
  #secrets: Secrets = { keys: [], codes: new Map() };
  #oneTime: OneTimeFiles;
  #ground: Ground = UNTOUCHED_GROUND;
  #guards: ReadonlyMap<string, DoorGuards> = new Map();
  #warned = "";

  constructor(config: Config, judge: Judge, tools: WatchTools) {
    this.#config = config;
    this.#judge = judge;
    this.#tools = tools;
    this.#oneTime = new OneTimeFiles([], tools.log);
  }

  async apply(config: Config, secrets: Secrets): Promise<void> {
    this.#config = config;
    this.#secrets = secrets;
    this.#loadUsed(secrets);
    this.#oneTime = new OneTimeFiles(config.doors, this.#tools.log);
    this.#ground = await this.#tools.ground();
    this.#watch();
  }

  /** Somebody may have begun to use a port that a guard stands on. */
  async refresh(): Promise<void> {
    const before = this.#ground.inUse;
    this.#ground = await this.#tools.ground();
    const { inUse } = this.#ground;
    const isNews = [...inUse].some((key) => !before.has(key) && this.#isGuard(key));
    // What ended leaves a hole that a guard fills again.
    if (isNews || [...before].some((key) => !inUse.has(key))) this.#watch();
  }

  /** The door was earned by its sequence. One that is good once is spent with that, and the next one is looked out for. */
  spend(door: Door): void {
    if (this.#oneTime.spend(door)) this.#watch();
  }

  /** What was used already, of what these secrets can be asked for. */
  #loadUsed({ keys, codes }: Secrets): void {
    const { log, usedPackets, usedCodes } = this.#tools;
    for (const text of keyWeaknesses(keys, Date.now())) log.warn({ event: "config-weak" }, text);
    const packets = keys.length > 0 ? usedPackets.load() : undefined;
    if (packets !== undefined) log.warn({ event: "packet-memory-failed" }, spaWords.replaysUnread(packets));
    const used = codes.size > 0 ? usedCodes.load() : undefined;
    if (used !== undefined) log.warn({ event: "code-memory-failed" }, codeWords.usedUnread(used));
  }

  #watch(): void {
    const { scanGuard, interfaces, spaPort, spaMaxAgeMs } = this.#config;
    const { keys, codes: codeSecrets } = this.#secrets;
    const doors = this.#oneTime.current(this.#config.doors);
    const packetPort = keys.length > 0 ? spaPort : undefined;
    const watchlist = watchlistFor(doors, scanGuard, this.#ground, this.#tools.guardSecret, packetPort);
    this.#guards = watchlist.guards;
    this.#judge.apply({ doors, guards: watchlist.guards, keys, spaPort, spaMaxAgeMs, codeSecrets });
    this.#tools.watch(interfaces, watchlist.searches);
    this.#warn(watchlist);
  }

  #isGuard(key: number): boolean {
    return [...this.#guards.values()].some((guards) => guards.has(key));
  }

  /** Once for each change. */
  #warn({ guards, widthClass }: Watchlist): void {
    const crowded = [...guards].filter(([, { crowded }]) => crowded > 0).map(([name]) => name);
    const texts = [
      ...(widthClass === "narrow" ? [words.narrowGuards()] : []),
      ...crowded.map((name) => words.crowdedGuards(name)),
    ];
    if (this.#warned === texts.join()) return;
    this.#warned = texts.join();
    for (const text of texts) this.#tools.log.warn({ event: "guards-incomplete" }, text);
  }
}
