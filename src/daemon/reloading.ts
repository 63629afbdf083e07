// Reading the config file again: on SIGHUP, or asked for over the control socket. One at a time; a bad file changes nothing.

import type { Config } from "../core/config/config.ts";
import { weakPoints, weakSequences } from "../core/config/weakness.ts";
import type { DoorResult } from "../core/control/requests.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { reasonOf, words } from "../core/text/words.ts";
import { exposureOf } from "../io/exposure-of.ts";
import { warnOfMachine } from "../io/firewall/machine-warnings.ts";
import type { Log } from "../io/log/log.ts";
import { loadConfig } from "../io/read-config.ts";
import { Serial } from "../io/serial.ts";
import type { Daemon } from "./daemon.ts";

/** Where the config comes from, as the command line says. */
export interface Source {
  readonly config: string;
  /** Beats the file. */
  readonly interface?: string;
}

/** Hears of it. */
export interface ReloadReport {
  reloading(): void;
  reloaded(): void;
}

/** What a running daemon cannot change. */
const FIXED = ["firewall", "sniffer"] as const;

export function configFor({ config: file, interface: name }: Source): Config {
  const config = loadConfig(file);
  return name === undefined ? config : { ...config, interfaces: [name] };
}

/** Says at start what is unwise. */
export function warnOfWeakPoints(file: string, config: Config, log: Log): void {
  // Not what makes them so, which names steps: others may read the log.
  for (const { door, cost } of weakSequences(config))
    log.warn({ event: "config-weak", door }, words.weakSequence(door, cost));
  const points = weakPoints(config).length;
  if (points > 0) log.warn({ event: "config-weak", points }, words.weak(points));
  warnOfExposure(file, log);
}

/** Others may read the file. */
function warnOfExposure(file: string, log: Log): void {
  const exposed = exposureOf(file);
  if (exposed !== undefined) log.warn({ event: "config-weak", file }, exposed);
}

export class Rereading {
  readonly #source: Source;
  readonly #atStart: Config;
  readonly #daemon: Pick<Daemon, "reload">;
  readonly #log: Log;
  readonly #taken: (config: Config) => void;
  readonly #report: ReloadReport;
  readonly #serial = new Serial();
  /** Has not begun yet. */
  #next: Promise<readonly DoorResult[]> | undefined;

  /** `taken` hears of each config that was good, once the daemon has it. */
  constructor(
    source: Source,
    atStart: Config,
    daemon: Pick<Daemon, "reload">,
    log: Log,
    report: ReloadReport,
    taken: (config: Config) => void,
  ) {
    this.#source = source;
    this.#taken = taken;
    this.#atStart = atStart;
    this.#daemon = daemon;
    this.#log = log;
    this.#report = report;
  }

  signalled(): void {
    // The log has how it went.
    this.now().catch(() => {});
  }

  /**
   * Rejects with a Failure that says what is wrong with the file, or why it could not be taken. A storm of signals or requests
   * needs one more look at the file after the present one, not one each: they share it.
   */
  now(): Promise<readonly DoorResult[]> {
    this.#next ??= this.#serial.run("reload", () => {
      this.#next = undefined;
      return this.#reread();
    });
    return this.#next;
  }

  async #reread(): Promise<readonly DoorResult[]> {
    const file = this.#source.config;
    this.#report.reloading();
    try {
      const config = configFor(this.#source);
      await this.#daemon.reload(config);
      const said = words.reloaded(file);
      this.#log.info({ event: "reloaded", file }, said);
      warnOfExposure(file, this.#log);
      await warnOfMachine(config, this.#log);
      this.#taken(config);
      const fixed = FIXED.filter((key) => config[key] !== this.#atStart[key]);
      if (fixed.length === 0) return [{ done: true, said }];
      const needsRestart = words.needsRestart(fixed);
      this.#log.warn({ event: "restart-needed" }, needsRestart);
      return [
        { done: true, said },
        { done: true, said: needsRestart },
      ];
    } catch (error) {
      const hint = error instanceof Failure && error.hint !== undefined ? ` (${error.hint})` : "";
      this.#log.error({ event: "reload-rejected", file }, words.reloadRejected(reasonOf(error) + hint));
      const code = error instanceof Failure ? error.code : EXIT.UNAVAILABLE;
      throw new Failure(code, reasonOf(error), "nothing changed: knockd goes on with the config that it has");
    } finally {
      this.#report.reloaded();
    }
  }
}
