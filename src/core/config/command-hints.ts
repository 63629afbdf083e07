// What an administrator would want to be told of a door's commands: said by check and import. Each sentence has its place first.
import { familyOf } from "../address.ts";
import { type Command, type Door, hasClose } from "../door.ts";
import { ownTimeMs } from "../own-time.ts";
import { ruleHints } from "./rule-hints.ts";

/** How long a command may take before it is ended. */
const LIMIT_S = 60;
const UNIT_S: Record<string, number> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };
/** What a shell does not wait for. */
const BACKGROUND = /(?:\([^()]*\)\s*|[^;&|]*(?:&&[^;&|]*)*)(?<!&)&(?!&)/g;
/** What works for addresses of one family alone. */
const ONLY_4 =
  /(?:^|[\s;&|(/])(?:iptables(?:-nft|-legacy)?|arptables)\s|\bip s?d?addr %IP%|\bip daddr %IP%|\belement (?:ip )?(?!inet |ip6 )\w[\w-]* [\w-]+ \\?\{? ?%IP%|family=.?ipv4|\bip -4 /;
const ONLY_6 = /(?:^|[\s;&|(/])ip6tables(?:-nft|-legacy)?\s|\bip6 [sd]addr %IP%|\belement ip6 |family=.?ipv6|\bip -6 /;

export function commandHints(door: Door): string[] {
  return [...textHints(door), ...familyHints(door)];
}

/** Without what is as it was with the old knockd. */
export function textHints(door: Door): string[] {
  const { name, commands } = door;
  const texts = new Map<string, string>();
  for (const [key, command] of [
    ["start_command", commands[4].start],
    ["stop_command", commands[4].stop],
    ["start_command_6", commands[6].start],
    ["stop_command_6", commands[6].stop],
  ] as const) {
    const text = command === undefined ? undefined : textOf(command);
    if (text !== undefined && ![...texts.values()].includes(text)) texts.set(key, text);
  }
  const each = [...texts].flatMap(([key, text]) => wordHints(text).map((said) => `doors.${name}.${key}: ${said}`));
  return [...each, ...listHints(door), ...timeHints(door), ...ruleHints(door)];
}

/** Signs that mean something to a shell alone. */
const SHELL_SIGN = /^(&&|\|\|?|;|&|\d?>>?|\d?>&\d|<)$/;

function listHints({ name, commands }: Door): string[] {
  const found = (["start", "stop"] as const).flatMap((which) =>
    [commands[4][which], commands[6][which]].flatMap((command) => {
      const sign =
        command === undefined || "shell" in command ? undefined : command.argv.find((word) => SHELL_SIGN.test(word));
      return sign === undefined
        ? []
        : [
            `doors.${name}.${which}_command: ${sign} is a word like any other in a list, which runs without a shell: without the brackets it is a shell's`,
          ];
    }),
  );
  return [...new Set(found)];
}

export function textOf(command: Command): string {
  return "shell" in command ? command.shell : command.argv.join(" ");
}

/** What the environment of a command holds anyway; the rest of it begins with KNOCKD_. */
const ENVIRONMENT = /^(PATH|LC_ALL|PWD|OLDPWD|IFS|PPID|PS[124]|OPTIND|KNOCKD_\w+)$/;

/** Variables that nothing sets, as a script leaves them that writes a config and does not fill them in. */
function emptyVariables(text: string): string[] {
  const plain = text.replace(/'[^']*'/g, "");
  const used = [...plain.matchAll(/(?<!\\)\$\{?([A-Za-z_]\w*)\}?/g)].map(([, name = ""]) => name);
  const isSet = (name: string): boolean =>
    ENVIRONMENT.test(name) || new RegExp(`\\b${name}=|\\b(for|read( -r)?) ${name}\\b|\\$\\{${name}:?[-=+?]`).test(text);
  return [...new Set(used)].filter((name) => !isSet(name));
}

function wordHints(text: string): string[] {
  const found: string[] = [];
  const odd = [...text.matchAll(/%([A-Za-z_]{2,16})%|[<{]IP[>}]|%IP\b(?!%)|(?<!%)\bIP%/g)].map(([word]) => word);
  for (const word of new Set(odd.filter((each) => each !== "%IP%")))
    found.push(`${word} is left as it is, did you mean %IP%?`);
  for (const name of emptyVariables(text)) {
    const isAddress = /^(IP|SRC|SRCIP|KNOCK_IP|CLIENT_IP)$/i.test(name);
    found.push(`$${name} is empty, ${isAddress ? "did you mean %IP%, or $KNOCKD_IP in a script?" : "nothing sets it"}`);
  }
  const waits = [...text.replace(BACKGROUND, "").matchAll(/\bsleep (\d+)([smhd]?)\b/g)];
  const seconds = waits.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_S[unit] ?? 1), 0);
  if (seconds >= LIMIT_S)
    found.push(
      `sleeps ${seconds} s, but is ended after ${LIMIT_S} s: what comes later belongs into stop_command, with cmd_timeout`,
    );
  return found;
}

/** The client knocks at both addresses of a name, and half of its knocks would fail. */
function familyHints({ name, target, commands }: Door): string[] {
  const hears = target === undefined ? undefined : familyOf(target);
  const found = (["start", "stop"] as const).flatMap((which) => {
    const command = commands[4][which];
    const other = commands[6][which];
    if (command === undefined || other === undefined) return [];
    const text = textOf(command);
    if (text !== textOf(other)) return [];
    if (!text.includes("%IP%")) return [];
    const key = `${which}_command`;
    const place = `doors.${name}.${key}`;
    if (ONLY_4.test(text) && !ONLY_6.test(text) && hears !== 4)
      return [`${place}: takes no IPv6 address, so it fails for IPv6 knockers: set ${key}_6, "" if nothing shall run`];
    if (ONLY_6.test(text) && !ONLY_4.test(text) && hears !== 6)
      return [`${place}: takes no IPv4 address, so it fails for IPv4 knockers: it belongs into ${key}_6`];
    return [];
  });
  // What is true of both is said once.
  return found.slice(0, 1);
}

/** A grant ends with cmd_timeout, and what the command opened when it says. */
function timeHints(door: Door): string[] {
  const ownMs = ownTimeMs(door.commands[4].start) ?? ownTimeMs(door.commands[6].start);
  if (ownMs === undefined || !hasClose(door, 4) || ownMs === door.grantMs) return [];
  const own = ownMs / 1000;
  return [
    `doors.${door.name}.start_command: ends by itself after ${own} s, and the door after ${door.grantMs / 1000} s: let both be equal`,
  ];
}
