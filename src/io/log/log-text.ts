// A record of the log as a line of text, in knockd's words: for the journal, a terminal, a pipe, or the log's own file.
import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import * as z from "zod";
import { printableLine } from "../../core/text/printable.ts";

const STDOUT = 1;
/** sd-daemon(3) prefixes by level. */
const PRIORITY = { debug: 7, info: 6, warn: 4, error: 3, fatal: 2 } as const;
/** Who was let in is worth a notice, as it was to the knockd in C: `journalctl -p notice` finds it. */
const NOTICE = 5;
const NOTICED: ReadonlySet<string> = new Set(["opened", "extended", "closed"]);

const recordSchema = z.object({
  level: z.enum(["debug", "info", "warn", "error", "fatal"]),
  event: z.string().optional(),
  msg: z.string(),
});
const underJournald = isJournal();
const onTerminal = isatty(STDOUT);

/** Under journald the time is the journal's, on a terminal we add ours, into a pipe go knockd's bare words. */
export function stdoutText(json: string): string {
  const { level, event = "", msg } = recordSchema.parse(JSON.parse(json));
  const priority = level === "info" && NOTICED.has(event) ? NOTICE : PRIORITY[level];
  const prefix = underJournald ? `<${priority}>` : onTerminal ? `${new Date().toLocaleString("sv")} ` : "";
  return `${prefix}${printableLine(msg)}\n`;
}

/** `[2026-11-23 09:00] 192.0.2.7: ssh: OPEN SESAME`, as knockd wrote its log file: fail2ban rules and habits match it. */
export function fileText(json: string): string {
  const { msg } = recordSchema.parse(JSON.parse(json));
  return `[${minuteOf(new Date())}] ${printableLine(msg)}\n`;
}

/** Local time, as in everything else below /var/log. */
function minuteOf(now: Date): string {
  const pad = (number: number): string => String(number).padStart(2, "0");
  const date = `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
  return `${date} ${pad(now.getHours())}:${pad(now.getMinutes())}`;
}

/** systemd tells device and inode of the journal's socket; a redirected stdout is another one (systemd.exec(5), $JOURNAL_STREAM). */
function isJournal(): boolean {
  const { dev, ino } = fstatSync(STDOUT);
  return process.env["JOURNAL_STREAM"] === `${dev}:${ino}`;
}
