// Firewall commands of a door that open too much, or do not take back what they gave: said by check and import.
import type { Command, Door } from "../door.ts";

const OPENS_ALL = [
  /\bip6?tables\b(?!.*(?:-s|--source|--src|%IP%)).*\s(?:-I|-A|--insert|--append)\s.*\s(?:-j|--jump) ACCEPT\b/,
  /\bufw\s+(?:--force\s+)?allow\b(?!.*%IP%)/,
  /\bfirewall-cmd\b(?!.*%IP%).*--add-(?:service|port)\b/,
  /\bip6?tables\b(?!.*%IP%).*(?:\s-F\b|\s--flush\b|\s-P INPUT ACCEPT\b)/,
];
/** Names that one command has and another has the number of. */
const SERVICES: Readonly<Record<string, string>> = {
  ssh: "22",
  http: "80",
  https: "443",
  domain: "53",
  smtp: "25",
  ftp: "21",
};

/** What iptables refuses whatever the address, by what it would have to be. */
const REFUSED: readonly { readonly form: RegExp; readonly say: (found: string) => string }[] = [
  {
    form: /\s-[IAD] (input|output|forward|prerouting|postrouting)\b/,
    say: (chain) => `iptables knows no chain ${chain}, did you mean ${chain.toUpperCase()}?`,
  },
  {
    form: /\s(?:-j|--jump) (accept|drop|reject|return)\b/,
    say: (target) => `iptables knows no target ${target}, did you mean ${target.toUpperCase()}?`,
  },
  {
    form: /^(?!.*\s(?:-p|--proto\w*)[ =]).*\s(--(?:[ds]port|destination-port|source-port))\b/,
    say: (option) => `iptables takes ${option} only after -p tcp or -p udp`,
  },
  {
    form: /\s--(?:[ds]port|destination-port|source-port)[ =](6553[6-9]|655[4-9]\d|65[6-9]\d\d|6[6-9]\d{3}|[7-9]\d{4}|\d{6,})\b/,
    say: (port) => `there is no port ${port}`,
  },
];

export function ruleHints({ name, commands: { 4: commands, 6: commands6 } }: Door): string[] {
  const start = textOf(commands.start);
  const stop = textOf(commands.stop);
  const found = [
    ...[start, textOf(commands6.start)].flatMap((text) => refused(text, `doors.${name}.start_command`)),
    ...[stop, textOf(commands6.stop)].flatMap((text) => refused(text, `doors.${name}.stop_command`)),
  ].filter((each, index, all) => all.indexOf(each) === index);
  if (OPENS_ALL.some((form) => form.test(start)))
    found.push(`doors.${name}.start_command: has no %IP%, so what it opens it opens for everybody`);
  if (/\bip6?tables\b.*\s(?:-D|--delete)\s+\S+\s+\d+\s*(?:$|[;&|])/.test(stop))
    found.push(
      `doors.${name}.stop_command: deletes a rule by its number, which may be another one by then: repeat the rule of start_command`,
    );
  else if (given(start) !== undefined && taken(stop) !== undefined && given(start) !== taken(stop))
    found.push(`doors.${name}.stop_command: takes back another rule than start_command gives, which stays for ever`);
  return found;
}

function refused(text: string, place: string): string[] {
  const parts = text.split(/[;&|\n]/).filter((part) => /(?:^|[\s/])ip6?tables\s/.test(part));
  return parts.flatMap((part) =>
    REFUSED.flatMap(({ form, say }) => {
      const word = form.exec(part)?.[1];
      return word === undefined ? [] : [`${place}: ${say(word)}`];
    }),
  );
}

function textOf(command: Command | undefined): string {
  if (command === undefined) return "";
  return ("shell" in command ? command.shell : command.argv.join(" ")).replace(/\s+/g, " ");
}

/** One rule alone, with its words in order; undefined: something else. */
function given(text: string): string | undefined {
  const iptables = /\bip6?tables(?: -w(?: \d+)?)? (?:(-t \w+) )?(?:-I|-A|--insert|--append) (\S+)(?: \d+)? (.*)$/.exec(
    text,
  );
  if (iptables !== null) return wordsOf(iptables.slice(1));
  const ufw = /\bufw (?:--force )?(?:insert \d+ |prepend )?(allow .*)$/.exec(text);
  return ufw === null ? undefined : wordsOf(ufw.slice(1));
}

function taken(text: string): string | undefined {
  const iptables = /\bip6?tables(?: -w(?: \d+)?)? (?:(-t \w+) )?(?:-D|--delete) (\S+) (.*)$/.exec(text);
  if (iptables !== null) return wordsOf(iptables.slice(1));
  const ufw = /\bufw (?:--force )?delete (allow .*)$/.exec(text);
  return ufw === null ? undefined : wordsOf(ufw.slice(1));
}

/** Undefined where there is more than one rule. */
function wordsOf(parts: readonly (string | undefined)[]): string | undefined {
  const text = parts
    .join(" ")
    .replace(/ comment .*$| --comment (?:"[^"]*"|'[^']*'|\S+)| -m comment\b| -w(?: \d+)?(?= |$)/g, "");
  if (/[;&|]/.test(text)) return undefined;
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => SERVICES[word] ?? word)
    .sort()
    .join(" ");
}
