// The log's own file: opened anew when logrotate has moved it away, and tried again while there is no writing to it.
import { closeSync, constants, openSync, writeSync } from "node:fs";

/** Hears of the file's state when that changes, not of each line. */
export interface LogFileReport {
  lost(reason: unknown): void;
  back(): void;
}

const { O_WRONLY, O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK } = constants;
/** O_NONBLOCK: a fifo that nobody reads must not hold up the doors. */
const FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK;
/** The process's umask takes from this. */
const MODE = 0o640;
/** How soon to try again after a failure; what a line costs then must not depend on a broken disk. */
const AGAIN_MS = 1000;

export class LogFile {
  readonly path: string;
  readonly #report: LogFileReport;
  #file: number | undefined;
  #againMs = 0;
  #lost = false;
  /** Half a line is in the file (disk full). */
  #torn = false;

  constructor(path: string, report: LogFileReport) {
    this.path = path;
    this.#report = report;
  }

  /** Opens what has the name now, and leaves what it had before. Throws what node:fs says; then no file is open. */
  open(): void {
    this.close();
    this.#file = openSync(this.path, FLAGS, MODE);
  }

  /** The same, but what goes wrong is reported, and tried again with later lines. */
  reopen(): void {
    try {
      this.open();
      this.#found();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** False if the file does not take the line, which is then the caller's. */
  write(line: string): boolean {
    if (this.#lost && performance.now() < this.#againMs) return false;
    try {
      if (this.#file === undefined) this.open();
      this.#append(line);
    } catch (error) {
      this.#fail(error);
      return false;
    }
    this.#found();
    return true;
  }

  close(): void {
    const file = this.#file;
    this.#file = undefined;
    this.#torn = false;
    if (file === undefined) return;
    try {
      closeSync(file);
    } catch {
      // A network disk may tell only now that it is gone. The descriptor is free all the same.
    }
  }

  #append(line: string): void {
    if (this.#file === undefined) return;
    const bytes = Buffer.from(this.#torn ? `\n${line}` : line);
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#file, bytes, written);
      this.#torn = written < bytes.length;
    }
  }

  #fail(error: unknown): void {
    this.#againMs = performance.now() + AGAIN_MS;
    if (this.#lost) return;
    this.#lost = true;
    this.#report.lost(error);
  }

  #found(): void {
    if (!this.#lost) return;
    this.#lost = false;
    this.#report.back();
  }
}
