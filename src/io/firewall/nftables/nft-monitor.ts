// Tells when somebody changes nftables rules of ours: `nft flush ruleset`, a reload of nftables.service, a deleted table, a saved
// copy of it that is loaded.
import type { ChildProcess } from "node:child_process";
import { followNews } from "../../netlink/netlink-news.ts";
import { endOf, spawnWatcher } from "../../tool.ts";
import { NETLINK_NETFILTER, NFTABLES_NEWS, setNameOf, tellsOfRules } from "./nft-wire.ts";

const RESTART_MS = 500;
/** What goes in one transaction comes as many lines. */
const SETTLE_MS = 10;

/** Says `changed` when rules in `table` were made or destroyed, by us or by others, and whenever it may have missed that. */
export class NftMonitor {
  readonly #table: string;
  readonly #changed: () => void;
  #unfollow: () => void = () => {};
  #child: ChildProcess | undefined;
  #settling: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(table: string, changed: () => void) {
    this.#table = table;
    this.#changed = changed;
  }

  /** Resolves once it hears everything. */
  async start(): Promise<void> {
    const table = setNameOf(this.#table);
    const unfollow = await followNews(NETLINK_NETFILTER, NFTABLES_NEWS, (news, missed) => {
      // Opening and closing are news, too, and leave the rules alone.
      if (missed || (table !== undefined && news.some((message) => tellsOfRules(message, table)))) this.#settle();
    });
    if (this.#ended) unfollow?.();
    else if (unfollow === undefined) this.#spawn();
    else this.#unfollow = unfollow;
  }

  /** Resolves once it has ended. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#unfollow();
    clearTimeout(this.#restart);
    clearTimeout(this.#settling);
    const child = this.#child;
    if (child === undefined) return;
    child.kill();
    await endOf(child);
  }

  /** A program that listens for us, where we cannot. */
  #spawn(): void {
    // Deleting a table or flushing everything destroys the rules first; opening and closing concern none.
    const child = spawnWatcher(["nft", "monitor", "rules"]);
    this.#child = child;
    // BOUNDED: each chunk is looked at and dropped. A name cut in two is found again in the rules that follow.
    child.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.includes(` ${this.#table} `)) this.#settle();
    });
    // It ends when the kernel had more to tell than it could hold; a look shows what it missed.
    const again = (): void => {
      if (this.#ended || child !== this.#child) return;
      this.#child = undefined;
      this.#restart = setTimeout(() => {
        this.#spawn();
        this.#settle();
      }, RESTART_MS);
    };
    child.on("error", again);
    child.on("close", again);
  }

  #settle(): void {
    if (this.#ended) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#changed();
    }, SETTLE_MS);
  }
}
