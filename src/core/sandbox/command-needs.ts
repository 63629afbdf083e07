// A door's command -> what it needs of the machine, as far as its words show.
import type { Config } from "../config/config.ts";
import type { Command, Door } from "../door.ts";
import { type Need, refusal, type Sandbox } from "./unit-needs.ts";

/** What a program is for, where no path and no address shows it. */
const NETWORK =
  /^(curl|wget|ssh|scp|sftp|rsync|ftp|lftp|nc|ncat|netcat|telnet|socat|dig|host|nslookup|mail|mailx|sendmail|msmtp|mutt|swaks|wakeonlan|wol|mosquitto_pub|nsupdate|snmpset|snmptrap|knock|fwknop|http|git|apprise|ntfy|telegram-send)$/;
const RAW_SOCKET = /^(etherwake|ether-wake|arping|hping3|nmap|nping|tcpdump|ping6?)$/;
const ROOT =
  /^(ufw|firewall-cmd|systemctl|service|invoke-rc\.d|sudo|su|doas|conntrack|docker|podman|virsh|lxc|shutdown|reboot|poweroff|halt|init|telinit|useradd|userdel|usermod|passwd|chpasswd|mount|umount|cryptsetup|modprobe|sysctl|at|crontab|fail2ban-client|wg-quick|ipsec|swanctl|openvpn|kill|pkill|killall|chown|ip6?tables-legacy)$/;
const WRITES = /^(tee|touch|mkdir|rm|rmdir|mv|cp|ln|install|chmod|truncate)$/;
/** They run what stands behind them. */
const BEFORE_PROGRAMS =
  /^(nohup|env|nice|setsid|exec|time|timeout|command|if|then|else|do|while|until|!|\d+[smh]?|-.*|\w+=.*)$/;
const URL = /\b(?!file:)[a-z][a-z0-9+.-]*:\/\/[\w%[]|\/dev\/(?:tcp|udp)\//i;
const HOME = /^(~(?:\/|$)|\$\{?HOME\b|\/home\/|\/root(?:\/|$))/;

/** One sentence for each thing that a command of the door needs and the unit does not give, with its place in the file first. */
export function sandboxHints({ name, commands }: Door, sandbox: Sandbox): string[] {
  const keys = { start: "start_command", stop: "stop_command" } as const;
  const found = (["start", "stop"] as const).flatMap((which) =>
    ([4, 6] as const).flatMap((family) => {
      const command = commands[family][which];
      // Without privileges it runs in a unit of its own, which has the network.
      return command === undefined || command.privileges === "none"
        ? []
        : refusals(command, sandbox).map((text) => ({ key: keys[which], text }));
    }),
  );
  return [...new Set(found.map(({ key, text }) => `doors.${name}.${key}: ${text}`))];
}

/** Of the files that the config names: the daemon writes to some of them. */
export function fileHints({ doors, keys, logFile, metricsFile }: Config, sandbox: Sandbox): string[] {
  const written = [
    ...doors.map(({ name, oneTimeSequences }) => ({
      place: `doors.${name}.one_time_sequences`,
      path: oneTimeSequences,
    })),
    { place: "options.log_file", path: logFile },
    { place: "options.metrics_file", path: metricsFile },
  ];
  const read = [
    ...keys.map(({ name, file }) => ({ place: `keys.${name}.file`, path: file })),
    ...doors.map(({ name, totp }) => ({ place: `doors.${name}.totp.secret_file`, path: totp?.secretFile })),
  ];
  const needs = [
    ...written.flatMap(({ place, path }) => (path === undefined ? [] : [{ place, need: writing(path) }])),
    ...[...written, ...read].flatMap(({ place, path }) =>
      path !== undefined && HOME.test(path) ? [{ place, need: { kind: "home", shown: path, path } as const }] : [],
    ),
  ];
  return needs.flatMap(({ place, need }) => {
    const text = refusal(need, sandbox);
    return text === undefined ? [] : [`${place}: ${text}`];
  });
}

export function refusals(command: Command, sandbox: Sandbox): string[] {
  return needsOf(command).flatMap((need) => refusal(need, sandbox) ?? []);
}

/** The first of each kind and path. */
export function needsOf(command: Command): Need[] {
  const parts = "argv" in command ? [command.argv] : simpleCommands(command.shell);
  const all = parts.flatMap(needsOfWords);
  const first = new Map([...all].reverse().map((need) => [`${need.kind} ${need.path ?? ""}`, need]));
  return [...first.values()].reverse();
}

/** Split at what separates commands; quotes keep their words together, and are dropped. */
function simpleCommands(text: string): string[][] {
  const words: string[][] = [[]];
  for (const [part, double, single] of text.matchAll(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|&>>?|\d?>>?&?\d?|&&|\|\|?|[;&(){}\n`]|\$\(|#.*|[^\s"'|;&(){}`>]+/g,
  )) {
    if (part.startsWith("#")) continue;
    if (/^(&&|\|\|?|[;&(){}\n`]|\$\()$/.test(part)) words.push([]);
    else words.at(-1)?.push(double ?? single ?? part);
  }
  return words.filter((each) => each.length > 0);
}

function needsOfWords(words: readonly string[]): Need[] {
  const start = words.findIndex((word) => !BEFORE_PROGRAMS.test(word));
  const program = words[start] ?? "";
  const base = program.replace(/^.*\//, "");
  const rest = words.slice(start + 1);
  if (/^(ba|da)?sh$/.test(base) && rest[0] === "-c") return simpleCommands(rest[1] ?? "").flatMap(needsOfWords);
  const needs: Need[] = [];
  const url = words.find((word) => URL.test(word));
  const isInit = /^\/etc\/init\.d\//.test(program);
  if ((NETWORK.test(base) && !isInit) || url !== undefined)
    needs.push({ kind: "network", shown: NETWORK.test(base) ? base : "a URL" });
  if (RAW_SOCKET.test(base) || (/^ip6?tables$/.test(base) && rest.includes("--match-set")))
    needs.push({ kind: "raw-socket", shown: base });
  if (ROOT.test(base) || isInit || (base === "ip" && rest[0] === "netns")) needs.push({ kind: "root", shown: base });
  const home = words.find((word) => HOME.test(word));
  if (home !== undefined) needs.push({ kind: "home", shown: home, path: home });
  const device = words.find((word) =>
    /^\/dev\/(?!null$|zero$|full$|random$|urandom$|std|fd\/|log$|tcp\/|udp\/|shm\/)/.test(word),
  );
  if (device !== undefined) needs.push({ kind: "device", shown: device, path: device });
  return [...needs, ...written(words, base, rest).map(writing)];
}

/** Behind `>`, and what a program that makes or changes files is given. */
function written(words: readonly string[], base: string, rest: readonly string[]): string[] {
  const behind = words.filter((_, index) => /^(\d?|&)>>?$/.test(words[index - 1] ?? ""));
  const redirected = new Set(behind);
  const given = rest.filter((word) => !word.startsWith("-") && !/>/.test(word) && !redirected.has(word));
  const last = /^(cp|mv|ln|install|sed)$/.test(base) ? given.slice(-1) : given.filter((word) => word.startsWith("/"));
  const changes = WRITES.test(base) || (base === "sed" && rest.some((word) => /^-\w*i/.test(word)));
  return [...behind, ...(changes ? last : [])].filter((path) => !/^\/dev\/|^&?\d$|^[$%]|^[+0-7]+$/.test(path));
}

/** A command begins in /. */
function writing(path: string): Need {
  const whole = path.startsWith("/") ? path : `/${path}`;
  return { kind: "write", shown: path, path: whole.replace(/\/[^/]*$/, "") || "/" };
}
