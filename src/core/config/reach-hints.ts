// Doors that nobody can knock at, although their keys are right: said by check and import.
import { familyOf, formatAddress } from "../address.ts";
import type { Door } from "../door.ts";
import { formatRule, SYN } from "../tcp-flags.ts";

/** Where no knock can go to, or comes from outside. */
const NOWHERE = /^(0\.|127\.|22[4-9]\.|23\d\.|255\.255\.255\.255$|::1?$|ff)/;

export function reachHints(door: Door): string[] {
  return [...flagHints(door), ...targetHints(door), ...familyHints(door)];
}

/** What every client sends first is a SYN alone. */
function flagHints({ name, sequence, tcpflags: { mask, value } }: Door): string[] {
  if (!sequence.some(({ protocol }) => protocol === "tcp") || (SYN & mask) === value) return [];
  const rule = formatRule({ mask, value });
  return [
    `doors.${name}.tcpflags: no client begins a connection with ${rule}, only tools such as nmap --scanflags do: expected syn,!ack or any`,
  ];
}

function targetHints({ name, target }: Door): string[] {
  const text = target === undefined ? "" : formatAddress(target);
  return NOWHERE.test(text) ? [`doors.${name}.target: no knock from outside goes to ${text}`] : [];
}

/** An address of one family, and nothing that opens for it. */
function familyHints({ name, target, open, sets, commands }: Door): string[] {
  if (target === undefined || open.length > 0) return [];
  const family = familyOf(target);
  const other = family === 4 ? 6 : 4;
  if (sets[family] !== undefined || commands[family].start !== undefined) return [];
  const what = sets[other] === undefined ? commands[other].start && "start_command" : "set";
  if (what === undefined) return [];
  return [`doors.${name}.target: only IPv${family} knocks go there, and the door's ${what} is for IPv${other}`];
}
