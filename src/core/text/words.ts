// Every word a person reads in the log or on stderr. The log lines are knockd's own: fail2ban rules and habits match them.
import type { Command } from "../door.ts";

export const words = {
  listening: (name: string) => `starting up, listening on ${name}`,
  stage: (ip: string, door: string, stage: number) => `${ip}: ${door}: Stage ${stage}`,
  opened: (ip: string, door: string) => `${ip}: ${door}: OPEN SESAME`,
  extended: (ip: string, door: string, until: string) => `${ip}: ${door}: open again until ${until}`,
  full: (ip: string, door: string) => `${ip}: ${door}: not opened, too many doors are open`,
  openFailed: (ip: string, door: string, error: unknown) => `${ip}: ${door}: not opened: ${reasonOf(error)}`,
  closeFailed: (ip: string, door: string, error: unknown) =>
    `${ip}: ${door}: the firewall could not close: ${reasonOf(error)}`,
  command: (door: string, command: string) => `${door}: running command: ${command}`,
  commandStatus: (door: string, status: number) => `${door}: command returned non-zero status code (${status})`,
  commandOverdue: (door: string, limitMs: number) =>
    `${door}: command ended after ${limitMs / 1000} seconds, its limit`,
  commandUnstarted: (door: string, reason: string) => `${door}: cannot run command: ${reason}`,
  commandOutput: (line: string, output: string) => (output === "" ? line : `${line}: ${output}`),
  commandTimeout: (ip: string, door: string) => `${ip}: ${door}: command timeout`,
  closed: (ip: string, door: string) => `${ip}: ${door}: closed`,
  timeout: (ip: string, door: string, stage: number) => `${ip}: ${door}: sequence timeout (stage ${stage})`,
  guard: (ip: string, door: string, port: string) => `${ip}: ${door}: guard port ${port} touched, attempt dropped`,
  guardSummary: (touches: number) => `guard ports: ${touches} attempts dropped in the last minute`,
  reloaded: (file: string) => `re-reading config file: ${file}`,
  captureAbsent: (name: string, reason: string) => `cannot open interface "${name}": ${reason}`,
  captureLost: (name: string, reason: string) => `lost interface "${name}": ${reason}`,
  captureBack: (name: string) => `interface "${name}" is back, listening`,
  packetCaptureLost: (name: string, reason: string) => `cannot capture signed packets on "${name}": ${reason}`,
  packetCaptureBack: (name: string) => `capturing signed packets on "${name}" again`,
  captureFallback: (name: string, used: string, wanted: string, reason: string) =>
    `capturing on ${name} with ${used}, since ${wanted} does not work: ${reason}`,
  noSetpriv: () => "no setpriv: the process that captures keeps all of the daemon's privileges",
  noDefaultRoute: () => "no default route: waiting for one, or set options.interface",
  oneTimeLeft: (door: string, left: number) => `${door}: one-time sequence used, ${left} left`,
  oneTimeEmpty: (door: string) => `${door}: no one-time sequence left, the door is disabled`,
  oneTimeUnreadable: (door: string, lines: number) =>
    `${door}: ${lines} unreadable lines in the file of one-time sequences`,
  oneTimeNotStruck: (door: string, error: unknown) =>
    `${door}: cannot strike out the used one-time sequence, it will work again after a restart: ${reasonOf(error)}`,
  oneTimeUnusable: (door: string, path: string, error: unknown) =>
    `${door}: cannot read ${JSON.stringify(path)}, the door is disabled: ${reasonOf(error)}`,
  needsRestart: (keys: readonly string[]) => `changed in the file, but only a restart takes it up: ${keys.join(", ")}`,
  logFileReopened: (path: string) => `re-opening log file: ${path}`,
  logFileLost: (path: string, error: unknown) =>
    `cannot write log file ${JSON.stringify(path)}, what it misses goes to stdout: ${reasonOf(error)}`,
  logFileBack: (path: string) => `log file ${JSON.stringify(path)} can be written again`,
  metricsFileLost: (path: string, error: unknown) =>
    `cannot write metrics file ${JSON.stringify(path)}: ${reasonOf(error)}`,
  metricsFileBack: (path: string) => `metrics file ${JSON.stringify(path)} can be written again`,
  leftOut: (event: string, door: string | undefined, lines: number, addresses: readonly string[] = []) =>
    `${door === undefined ? "" : `${door}: `}${lines} more lines of "${event}" in the last minute left out${
      addresses.length === 0 ? "" : `, about ${addresses.join(" ")}`
    }`,
  weakSequence: (door: string, cost: string) => `${door}: weak sequence, ${cost}; knockd check says why`,
  weak: (count: number) =>
    `config: ${count} weak ${count === 1 ? "point" : "points"}, knockd check lists ${count === 1 ? "it" : "them"}`,
  exposed: (file: string, how: string) =>
    `${file} is ${how}, and whoever reads it can knock: chown root:knockd ${file}; chmod 640 ${file}`,
  narrowGuards: () =>
    "so many steps in all that each has a quarter of its guard ports: docs/odds.md says what that is worth",
  crowdedGuards: (door: string) =>
    `${door}: more programs listen on its guard ports than guards step aside for; using those services during a knock ends it`,
  reloadRejected: (reason: string) => `config not changed: ${reason}`,
  secretNotKept: (reason: string) => `cannot keep the guard ports over a restart: ${reason}`,
  notNoted: (ip: string, door: string, error: unknown) =>
    `${ip}: ${door}: not opened, a restart would not know to close it: ${reasonOf(error)}`,
  notNotedButOpen: (ip: string, door: string, error: unknown) =>
    `${ip}: ${door}: a restart will not know of this opening, but the kernel closes it: ${reasonOf(error)}`,
  resumed: (ip: string, door: string, until: string) => `${ip}: ${door}: still open until ${until}`,
  ledgerDamaged: (lines: number) => `ledger: ${lines} damaged lines dropped`,
  ledgerUnread: (error: unknown) =>
    `ledger: cannot read it, openings of an earlier run are unknown: ${reasonOf(error)}`,
  unknownOpening: (ip: string, door: string) =>
    `${ip}: ${door}: closed, the firewall let it through but no ledger knows it`,
  firewallRestored: (ports: number, open: number, all: number) =>
    `firewall: our rules were taken away, put back: ${ports} hidden ports, ${open === all ? all : `${open} of ${all}`} open doors`,
  firewallNotRestored: (error: unknown) =>
    `firewall: our rules were taken away and cannot be put back yet: ${reasonOf(error)}`,
  firewallSlow: (reason: string) =>
    `firewall: each opening starts nft, which takes some 10 ms longer than talking to the kernel: ${reason}`,
  stillHidden: (what: string) => `the ${what} of an earlier run still hides ports, whoever knocks: run knockd flush`,
  mayBeLeft: (reason: string) => `something may be left: ${reason}`,
  openingByHand: (ip: string, door: string) => `${ip}: ${door}: opening by hand`,
  closingByHand: (ip: string, door: string) => `${ip}: ${door}: closing by hand`,
  unknownDoor: (name: string, meant: string | undefined, known: readonly string[]) =>
    `unknown door ${JSON.stringify(name)}, ${meant === undefined ? `expected one of ${known.join(" ")}` : `did you mean ${meant}?`}`,
  notOpen: (ip: string, door: string) => `${ip}: ${door}: is not open`,
  noControl: (error: unknown) =>
    `control socket: cannot offer it, knockd status and the like will not work: ${reasonOf(error)}`,
  notForwarding: (name: string) =>
    `doors lead to hosts behind this one, but it forwards nothing: set ${name} = 1 (sysctl -w ${name}=1)`,
  setMissing: (door: string, set: string) =>
    `${door}: the set ${set} does not exist, so nobody can come in by it: knockd doctor tells how to make one that lasts`,
  stopUnfinished: () => "some stop commands have not ended; the next start runs them again",
  kept: () => "trial confirmed: hidden until another knockd takes over, or this one ends",
  notNotified: (reason: string) => `systemd: cannot tell it how we fare: ${reason}`,
  /** For `systemctl status`. */
  standing: (open: number, captures: readonly { interface: string; state: string }[]) => {
    const listening = captures.filter(({ state }) => state === "capturing").map(({ interface: name }) => name);
    const waiting = captures.filter(({ state }) => state !== "capturing").map(({ interface: name }) => name);
    const parts = [
      `${open} ${open === 1 ? "door" : "doors"} open`,
      listening.length > 0 ? `listening on ${listening.join(" ")}` : "listening nowhere",
      ...(waiting.length > 0 ? [`waiting for ${waiting.join(" ")}`] : []),
    ];
    return parts.join(", ");
  },
  shutdown: () => "shutting down",
};

/** A command as the administrator wrote it, for the log. */
export function commandText(command: Command): string {
  return "shell" in command
    ? command.shell
    : command.argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
}

/** What an error says, for the end of a sentence: of `ENOENT: no such file or directory, open '/x'`, the middle. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^E[A-Z0-9]+: (.+?), \w+(?: '.*')?$/s.exec(message)?.[1] ?? message;
}
