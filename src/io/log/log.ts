// The log: pino, as JSON lines or as text in knockd's words, to stdout or to a file of its own.
import pino from "pino";
import type { Config } from "../../core/config/config.ts";
import { EXIT, Failure } from "../../core/exit.ts";
import { LineLimit } from "../../core/text/line-limit.ts";
import { reasonOf, words } from "../../core/text/words.ts";
import { LogFile } from "./log-file.ts";
import { fileText, stdoutText } from "./log-text.ts";

export type Log = pino.Logger;
export type LogSettings = Pick<Config, "logFormat" | "logLevel" | "logFile">;

const STDOUT = 1;
const DEBUG = 20;
const MINUTE_MS = 60_000;

/** Keeps the log where and how the config says, and in bounds. */
export class Logbook {
  readonly log: Log;
  readonly #stdout = pino.destination({ dest: STDOUT, sync: true });
  readonly #limit = new LineLimit();
  #minute: NodeJS.Timeout | undefined;
  #format: LogSettings["logFormat"];
  #file: LogFile | undefined;

  /** Throws a Failure if there is no writing to the file: an administrator who looks there must not find silence. */
  constructor({ logFormat, logLevel, logFile }: LogSettings) {
    // A log that nobody reads any more must not keep doors from closing.
    this.#stdout.on("error", () => {});
    this.#format = logFormat;
    this.#file = this.#fileAt(logFile);
    this.log = pino(
      {
        level: logLevel,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        hooks: {
          logMethod: (args, method, level) => {
            if (level <= DEBUG || this.#admits(args[0])) method.apply(this.log, args);
          },
        },
      },
      { write: (line) => this.#write(line) },
    );
    try {
      this.#file?.open();
    } catch (error) {
      throw unopened(logFile, error);
    }
  }

  /** Another config. What goes wrong with its file is said, and no reason to end. */
  apply({ logFormat, logLevel, logFile }: LogSettings): void {
    this.log.level = logLevel;
    this.#format = logFormat;
    if (logFile === this.#file?.path) return;
    this.#file?.close();
    this.#file = this.#fileAt(logFile);
    this.#file?.reopen();
  }

  /** For logrotate, which has moved the file away. */
  reopen(): void {
    if (this.#file === undefined) return;
    this.#file.reopen();
    this.log.info({ event: "log-file-reopened", file: this.#file.path }, words.logFileReopened(this.#file.path));
  }

  #fileAt(path: string | undefined): LogFile | undefined {
    if (path === undefined) return undefined;
    return new LogFile(path, {
      lost: (reason) => this.log.error({ event: "log-file-lost", file: path }, words.logFileLost(path, reason)),
      back: () => this.log.info({ event: "log-file-back", file: path }, words.logFileBack(path)),
    });
  }

  /** What the file does not take goes to stdout: rather in the wrong place than lost. */
  #write(json: string): void {
    const text = this.#format === "text";
    if (this.#file?.write(text ? fileText(json) : json)) return;
    this.#stdout.write(text ? stdoutText(json) : json);
  }

  #admits(facts: unknown): boolean {
    this.#minute ??= setTimeout(() => this.#turn(), MINUTE_MS).unref();
    return this.#limit.admit(textAt(facts, "event") ?? "", textAt(facts, "door"), textAt(facts, "ip"));
  }

  #turn(): void {
    this.#minute = undefined;
    for (const { kind, lines, addresses } of this.#limit.turn()) {
      const about = { event: "lines-suppressed", door: kind.door, lines, addresses };
      this.log.warn(about, words.leftOut(kind.event, kind.door, lines, addresses));
    }
  }
}

function textAt(facts: unknown, key: string): string | undefined {
  const text: unknown = typeof facts === "object" && facts !== null ? Reflect.get(facts, key) : undefined;
  return typeof text === "string" ? text : undefined;
}

function unopened(path: string | undefined, error: unknown): Failure {
  const denied = error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
  return new Failure(
    denied ? EXIT.NO_PERMISSION : EXIT.UNAVAILABLE,
    `cannot open log file ${JSON.stringify(path)}: ${reasonOf(error)}`,
    "the directory must exist; as a service knockd may write below /var/log/knockd",
  );
}
