// A section of a knockd.conf -> a door of knockd.yaml that means the same.

import { isDoorKey, ourKey, readPart } from "./directive-keys.ts";
import type { DoorDraft, KeyDraft } from "./draft.ts";
import { type Directive, isHalfSection, type Section } from "./knockd-conf.ts";
import { readSequence } from "./knockd-values.ts";
import { directiveText, KEY_NAME, quote, quoteOf, type Say, saySyslog } from "./note.ts";

const OPTION_KEYS = new Set(["interface", "logfile", "pidfile", "allowduplicates"]);
/** Of these two the one that comes later is in force. */
const EARNED = new Set(["sequence", "one_time_sequences"]);

export function importDoor(section: Section, name: string, say: Say, refuse: Say): DoorDraft {
  const shut: string[] = [];
  const keys: KeyDraft[] = [];
  const { winners, carried, flags } = pick(section, say, refuse);
  let above = carried;
  for (const directive of winners) {
    const key = ourKey(directive);
    // What is wrong with the value is said twice: now on stderr, and for good above the key.
    const told: string[] = [];
    const tell = (message: string): void => {
      say(directive.line, `${directive.name}: ${message}`);
      told.push(` ${message}`);
    };
    const part = readPart({ key, directive, flags, winners }, tell, (reason) => shut.push(reason), refuse);
    above = [...above, ...directive.comments];
    if (part === undefined) continue;
    keys.push({ key, line: directive.line, ...part, above: [...above, ...(part.above ?? []), ...told] });
    above = [];
  }
  if (!winners.some(({ key }) => EARNED.has(key))) refuse(section.line, `door ${quote(section.name)} has no sequence`);
  const after = [...above, ...section.after];
  return { name, line: section.line, above: section.comments, keys: withFlags(keys), after, shut };
}

/** The directives in force, and the comments of the others. */
function pick(section: Section, say: Say, refuse: Say) {
  const last = new Map<string, Directive>();
  const carried: string[] = [];
  const flags: string[] = [];
  for (const directive of section.directives) {
    const { key, name, line, value, comments } = directive;
    const slot = EARNED.has(key) ? "earned" : ourKey(directive);
    if (key === "usesyslog") {
      saySyslog(directive, say);
      carried.push(...comments);
    } else if (!isDoorKey(key)) {
      refuse(line, strangerText(directive, section.directives));
    } else if (value === undefined) {
      refuse(line, `expected ${name} = VALUE, got ${quoteOf(name, KEY_NAME)}`);
    } else {
      const earlier = last.get(slot);
      if (earlier?.key === "sequence") readInVain(earlier, refuse);
      if (key === "tcpflags") flags.push(value);
      else if (earlier !== undefined) say(earlier.line, `${earlier.name}: without effect, line ${line} says it again`);
      carried.push(...(earlier?.comments ?? []));
      last.set(slot, directive);
    }
  }
  return { winners: [...last.values()].sort((a, b) => a.line - b.line), carried, flags };
}

/** Why a line is no directive of a door. */
function strangerText(directive: Directive, all: readonly Directive[]): string {
  const { key, name, line, value } = directive;
  if (OPTION_KEYS.has(key)) return `${name} belongs to [options], not to a door`;
  const before = all.find((other) => other.line === line - 1);
  if (before?.value?.endsWith("\\") === true)
    return `continues line ${before.line}, and knockd knows no continuation lines: write it in one line`;
  if (value === undefined && isHalfSection(name))
    return `a section is written [${name.replace(/[[\]]/g, "")}], with both brackets`;
  const hint = name.startsWith("[") && value === undefined ? ": nothing may stand behind the ] of a section" : "";
  return `expected a key of a door and its value, got ${directiveText(directive)}${hint}`;
}

/** knockd refuses a bad sequence even where a later one takes its place. */
function readInVain({ name, value = "", line }: Directive, refuse: Say): void {
  try {
    readSequence(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(line, `${name}: ${error.message}`);
  }
}

/** knockd's default is that flags do not matter, ours is the first packet of a connection. */
function withFlags(keys: readonly KeyDraft[]): KeyDraft[] {
  if (keys.some(({ key }) => key === "tcpflags")) return [...keys];
  const comment = " as in knockd; syn,!ack is safer";
  const flags = { key: "tcpflags", value: "any", line: 0, above: [], comment };
  const place = keys.findIndex(({ key }) => EARNED.has(key)) + 1;
  return [...keys.slice(0, place), flags, ...keys.slice(place)];
}
