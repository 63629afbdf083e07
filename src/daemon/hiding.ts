// Keeps hidden what the doors open: at start, at each reload, and again whenever somebody else has flushed the firewall.
import type { Config } from "../core/config/config.ts";
import type { Grants } from "../core/grant.ts";
import { words } from "../core/text/words.ts";
import { Alarm } from "../io/alarm.ts";
import { Serial } from "../io/serial.ts";
import type { Doorkeeper, Tools } from "./doorkeeper.ts";
import { closeUnknown, letInAgain } from "./recovery.ts";

/** How soon to try again to put back what somebody took out of the firewall. */
const AGAIN_MS = 400;

export class Hiding {
  readonly #grants: Grants;
  readonly #doorkeeper: Doorkeeper;
  readonly #tools: Tools;
  readonly #again = new Alarm(() => this.#hideAgain());
  /** Configs are taken, and rules put back, one after the other. */
  readonly #serial = new Serial();
  #config: Config | undefined;
  /** Somebody flushed the firewall, and not all who were in are in again. */
  #wereFlushed = false;
  #restoredMs: number | undefined;

  constructor(grants: Grants, doorkeeper: Doorkeeper, tools: Tools) {
    this.#grants = grants;
    this.#doorkeeper = doorkeeper;
    this.#tools = tools;
  }

  /** Monotonic time at which our rules were last put back, if they ever had to be. */
  get restoredMs(): number | undefined {
    return this.#restoredMs;
  }

  /** Hides what this config opens, then does the rest of what taking it means. Rejects, with nothing changed, if it cannot hide. */
  hide(config: Config, andThen: () => Promise<void> = async () => {}): Promise<void> {
    return this.#serial.run("firewall", async () => {
      await this.#hide(config);
      this.#config = config;
      await andThen();
    });
  }

  /** From now on, whatever somebody takes away is put back. */
  guard(): void {
    const { firewall, log } = this.#tools;
    firewall.guard(() => this.#hideAgain());
    if (firewall.slow !== undefined) log.warn({ event: "firewall-slow" }, words.firewallSlow(firewall.slow));
  }

  stop(): void {
    this.#again.set(undefined);
  }

  async #hide(config: Config): Promise<void> {
    if (await this.#tools.firewall.hide(config)) this.#wereFlushed = true;
    if (!this.#wereFlushed) return;
    await closeUnknown(config, this.#grants, this.#tools);
    this.#wereFlushed = !(await letInAgain(config, this.#grants, this.#doorkeeper, this.#tools.log));
    this.#restoredMs = performance.now();
    if (this.#wereFlushed) this.#again.set(this.#restoredMs + AGAIN_MS);
  }

  /** Somebody else took our rules out of the firewall. */
  #hideAgain(): void {
    void this.#serial.run("firewall", async () => {
      if (this.#config === undefined) return;
      try {
        await this.#hide(this.#config);
      } catch (error) {
        this.#tools.log.error({ event: "firewall-lost" }, words.firewallNotRestored(error));
        this.#again.set(performance.now() + AGAIN_MS);
      }
    });
  }
}
