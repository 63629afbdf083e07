// The log: pino, as JSON lines or as text in knockd's words; under journald each text line carries its priority.
import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import pino from "pino";
import * as z from "zod";
import type { Config } from "../core/config.ts";

export type Log = pino.Logger;

/** sd-daemon(3) prefixes by pino level. */
const PRIORITY: Record<number, number> = { 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };
const STDOUT = 1;

export function openLog({ logFormat, logLevel }: Pick<Config, "logFormat" | "logLevel">): Log {
  const stdout = pino.destination({ dest: STDOUT, sync: true });
  // A log that nobody reads any more must not keep doors from closing.
  stdout.on("error", () => {});
  const options = { level: logLevel, base: null };
  if (logFormat === "text") return pino(options, { write: (line) => stdout.write(textOf(line)) });
  return pino(
    { ...options, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    stdout,
  );
}

const recordSchema = z.object({ level: z.number(), msg: z.string() });
const underJournald = isJournal();
const onTerminal = isatty(STDOUT);

/** Under journald the time is the journal's, on a terminal we add ours, into a file or pipe go knockd's bare words. */
function textOf(line: string): string {
  const { level, msg } = recordSchema.parse(JSON.parse(line));
  const prefix = underJournald ? `<${PRIORITY[level] ?? 6}>` : onTerminal ? `${new Date().toLocaleString("sv")} ` : "";
  // What has several lines (a command's output) stays one record.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a command's output may hold them, and terminals obey them.
  return `${prefix}${msg.replaceAll("\n", " | ").replace(/[\u0000-\u001f\u007f-\u009f]/g, "?")}\n`;
}

/** systemd tells device and inode of the journal's socket; a redirected stdout is another one (systemd.exec(5), $JOURNAL_STREAM). */
function isJournal(): boolean {
  const { dev, ino } = fstatSync(STDOUT);
  return process.env["JOURNAL_STREAM"] === `${dev}:${ino}`;
}
