// The daemon's status as a person reads it.

import type { Status } from "../core/control/status-lines.ts";
import { formatDuration } from "../core/text/duration.ts";
import { table } from "../core/text/table.ts";
import { painted } from "../io/terminal.ts";

export function statusText(status: Status, nowMs: number): string[] {
  const { version, pid, started_at, config } = status;
  return [
    `knockd ${version}, process ${pid}, up ${formatDuration(nowMs - Date.parse(started_at))}, ${config}`,
    "",
    ...grantLines(status, nowMs),
    "",
    ...attemptLines(status, nowMs),
    "",
    ...captureLines(status),
    "",
    firewallLine(status),
  ];
}

/** A line of it in colours: the heads of the tables, and what is not as it should be. */
export function statusPainted(line: string): string {
  if (/^(DOOR|ATTEMPT AT|INTERFACE) /.test(line)) return painted("heading", line);
  return line;
}

function grantLines({ grants }: Status, nowMs: number): string[] {
  if (grants.length === 0) return ["no door is open"];
  const rows = [...grants]
    .sort((a, b) => Date.parse(a.closes_at) - Date.parse(b.closes_at))
    .map((grant) => [
      grant.door,
      grant.ip,
      localTime(grant.opened_at),
      formatDuration(Date.parse(grant.closes_at) - nowMs),
      grant.key === undefined ? grant.earned_by : `${grant.earned_by}, key ${grant.key}`,
    ]);
  return table([["DOOR", "ADDRESS", "OPENED", "CLOSES IN", "EARNED BY"], ...rows]);
}

function attemptLines({ attempts: { count, newest } }: Status, nowMs: number): string[] {
  if (newest.length === 0) return ["no attempt is under way"];
  const rows = newest.map(({ door, ip, stage, steps, started_at }) => [
    door,
    ip,
    `${stage} of ${steps}`,
    `${formatDuration(nowMs - Date.parse(started_at))} ago`,
  ]);
  const more = count > newest.length ? [`and ${count - newest.length} older attempts`] : [];
  return [...table([["ATTEMPT AT", "ADDRESS", "STAGE", "BEGUN"], ...rows]), ...more];
}

function captureLines({ capture }: Status): string[] {
  if (capture.length === 0) return ["no interface to listen on"];
  const rows = capture.flatMap(({ packets, ...each }) => [
    [each.interface, ...captureCells(each), each.lost === 1 ? "once" : `${each.lost} times`],
    ...(packets === undefined ? [] : [[`${each.interface}, signed packets`, ...captureCells(packets), ""]]),
  ]);
  return table([["INTERFACE", "STATE", "RECEIVED", "DROPPED", "LOST"], ...rows]);
}

function captureCells({ state, received, dropped }: NonNullable<Status["capture"][number]["packets"]>): string[] {
  return [state, String(received), dropped === null ? "unknown" : String(dropped)];
}

function firewallLine({ firewall: { kind, hidden, restored_at } }: Status): string {
  if (kind === "none") return "firewall: none, nothing is hidden or opened";
  const what = hidden.length === 0 ? "hides nothing" : `hides ${hidden.join(" ")}`;
  const restored = restored_at === null ? "never taken away" : `taken away and put back ${localTime(restored_at)}`;
  return `firewall: ${kind}, ${what}, ${restored}`;
}

/** `2026-11-23 09:15:00`, where this command runs. */
function localTime(iso: string): string {
  return new Date(iso).toLocaleString("sv");
}
