// What `knockd init` says: how to knock, what a trial does, what comes next.
import type { Door } from "../core/door.ts";
import { formatPort } from "../core/port.ts";
import type { Obstacle } from "../doctor/look-ahead.ts";
import type { Host } from "../howto/howto-host.ts";
import { showKnocks } from "../howto/howto-lines.ts";
import { SSH_DOOR } from "./init-yaml.ts";

/** Enough to begin with; `knockd howto` has more. Both knock programs take the same line. */
const TOOLS = ["knock (ours)", "nc"];

const SSH_PORT = 22;

/** Lines to paste elsewhere. */
export function howToKnock(door: Door, host: Host): string[] {
  const shown = showKnocks(door, door.sequence, host).filter(({ tool }) => TOOLS.includes(tool));
  return shown.map((each) => `  ${"line" in each ? each.line : `(${each.tool} cannot: ${each.cannot})`}`);
}

export function hostWords({ text }: Host): string {
  return `(${text} is this machine; from elsewhere it may have another name or address)`;
}

export function trialWords(door: Door, host: Host, seconds: number): string[] {
  return [
    `${portsOf(door)} is hidden now, for ${seconds} s. Connections that exist go on: this session stays.`,
    "Knock NOW, from another terminal on a machine elsewhere, then connect from there:",
    ...howToKnock(door, host).slice(0, 1),
    ...sshLine(door, host),
    "Without a knock that opens it all is as before when the time is over, and at once with Ctrl-C",
    "or when this session ends.",
  ];
}

/** A shared connection would come in whether or not the door is open. */
function sshLine({ name, open }: Door, { text }: Host): string[] {
  const port = open[0]?.number;
  if (name !== SSH_DOOR || port === undefined) return [];
  return [`  ssh -o ControlPath=none ${port === SSH_PORT ? "" : `-p ${port} `}${text}`];
}

export function knockedQuestion(door: Door, ip: string): string {
  return `${ip} knocked, and ${portsOf(door)} is open for it. Are you in from there: keep it hidden? [y/N] `;
}

/** `obstacle`: what dropped it before, and does now. */
export function overWords(door: Door, obstacle: Obstacle | undefined): string {
  const before = obstacle === undefined ? "visible to everyone" : `dropped by ${obstacle.keeper}`;
  return `the trial is over: ${portsOf(door)} is as it was before, ${before}`;
}

/** Before anything is hidden: what would keep out those who knock. */
export function obstacleWords({ port, keeper, where, line, more }: Obstacle): string[] {
  const text = formatPort(port);
  return [
    `${text} is dropped on this machine by ${keeper} (${where}), so no knock could open it. Let it through:`,
    "",
    `  sudo ${line.replaceAll(" && ", " && sudo ").replaceAll(" | ", " | sudo ")}`,
    "",
    ...more.slice(0, 1).map((each) => `  ${each}.`),
  ];
}

/** Where others come in and cannot knock. */
export function deafWords(door: Door, chosen: string, deaf: readonly string[]): string {
  return `knocks are heard on ${chosen} alone, but ${portsOf(door)} is hidden on ${deaf.join(" ")}, too: --interface any hears them all`;
}

export function keptWords(door: Door, pid: number | undefined): string[] {
  return [
    `${portsOf(door)} stays hidden: process ${pid} sees to it until the service takes over, with no gap between.`,
    `Should it end before (kill ${pid}, a reboot), ${portsOf(door)} is as it was before.`,
  ];
}

export function nextSteps(file: string, usual: string, door: Door, host: Host, runs: boolean): string[] {
  const config = file === usual ? "" : ` -c ${file}`;
  // `enable --now` does nothing to a service that runs.
  const start = runs
    ? "sudo systemctl enable knockd && sudo systemctl restart knockd"
    : "sudo systemctl enable --now knockd";
  const steps = [
    [file === usual ? start : `sudo mv ${file} ${usual} && ${start}`, "hides it, now and at each boot"],
    [`sudo knockd doctor${config}`, "is everything in place?"],
    ["sudo knockd watch", "live: each knock, and what it did"],
    [`knockd howto ${door.name} --host ${host.text}${config}`, "how to knock with other tools"],
    ["knockd keygen --help; knockd enroll --help", "stronger than a sequence: signed packets, codes from a phone"],
  ];
  const width = Math.max(...steps.map(([line = ""]) => line.length));
  return [
    "Next:",
    ...steps.map(([line = "", why]) => `  ${line.padEnd(width)}   ${why}`),
    "Keep this session open until you have come in with a knock from another one.",
  ];
}

/** What was not tried may shut everybody out at the next boot. */
export function bootWarning(unitFileState: string | undefined, door: Door): string | undefined {
  if (unitFileState !== "enabled") return undefined;
  return `knockd.service is enabled: it hides ${portsOf(door)} from the next boot on; until your knock works, systemctl disable knockd`;
}

function portsOf({ open }: Door): string {
  return open.map(formatPort).join(" ");
}
