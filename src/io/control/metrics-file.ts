// Writes the metrics to a file for node_exporter's textfile collector, whole at every moment.
import { closeSync, constants, fchmodSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { words } from "../../core/text/words.ts";
import type { Log } from "../log/log.ts";

/** As often as Prometheus usually looks. */
const INTERVAL_MS = 15_000;
/** Everybody may read it, whatever the umask says: node_exporter runs as another user. */
const MODE = 0o644;
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

export class MetricsFile {
  readonly #text: () => Promise<string>;
  readonly #log: Log;
  #path: string | undefined;
  #interval: NodeJS.Timeout | undefined;
  #lost = false;

  constructor(text: () => Promise<string>, log: Log) {
    this.#text = text;
    this.#log = log;
  }

  /** Writes here from now on; undefined: nowhere. What is no longer kept must not be taken for the present. */
  apply(path: string | undefined): void {
    if (path === this.#path) return;
    clearInterval(this.#interval);
    if (this.#path !== undefined) this.#remove(this.#path);
    this.#path = path;
    this.#lost = false;
    if (path === undefined) return;
    void this.#write(path);
    this.#interval = setInterval(() => void this.#write(path), INTERVAL_MS).unref();
  }

  /** For the last time. */
  async close(): Promise<void> {
    clearInterval(this.#interval);
    if (this.#path !== undefined) await this.#write(this.#path);
  }

  async #write(path: string): Promise<void> {
    try {
      const text = await this.#text();
      // A reload may have moved it meanwhile.
      if (path !== this.#path) return;
      replace(path, text);
    } catch (error) {
      return this.#fail(path, error);
    }
    if (this.#lost) this.#log.info({ event: "metrics-file-back", file: path }, words.metricsFileBack(path));
    this.#lost = false;
  }

  #remove(path: string): void {
    try {
      rmSync(path, { force: true });
    } catch (error) {
      this.#fail(path, error);
    }
  }

  /** Told once, not every fifteen seconds. */
  #fail(path: string, error: unknown): void {
    if (!this.#lost) this.#log.warn({ event: "metrics-file-lost", file: path }, words.metricsFileLost(path, error));
    this.#lost = true;
  }
}

/** The collector looks at *.prom only, so it never reads the draft. A link that somebody put in its place is not followed. */
function replace(path: string, text: string): void {
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  const file = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, MODE);
  try {
    fchmodSync(file, MODE);
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
