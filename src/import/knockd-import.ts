// knockd.conf -> knockd.yaml that means the same, and what has to be said about it; or why knockd itself would not take it.

import { textHints } from "../core/config/command-hints.ts";
import { parseConfig } from "../core/config/config.ts";
import { reachHints } from "../core/config/reach-hints.ts";
import { sandboxHints } from "../core/sandbox/command-needs.ts";
import type { Sandbox } from "../core/sandbox/unit-needs.ts";
import { oddText } from "../core/text/odd-characters.ts";
import { isDoorKey } from "./directive-keys.ts";
import { DoorNames } from "./door-names.ts";
import type { DoorDraft, KeyDraft } from "./draft.ts";
import { writeYaml } from "./draft-yaml.ts";
import { type AddressesOf, type InterfaceOption, interfaceOption } from "./interface-option.ts";
import { type KnockdConf, readKnockdConf, type Section } from "./knockd-conf.ts";
import { knockdLines } from "./knockd-lines.ts";
import { modernise, offer } from "./modern.ts";
import { directiveText, type Note, type Say, saySyslog } from "./note.ts";
import { importDoor } from "./section-door.ts";

export interface KnockdImport {
  /** How the file is called in the first line of the result. */
  readonly file: string;
  /** `open:` instead of commands that do the same. */
  readonly modern?: boolean;
  /** What knockd's own command line says; it beats the file. */
  readonly listenOn?: string;
  /** What this machine knows of an address label. */
  readonly addressesOf?: AddressesOf;
  /** What the service allows the commands. */
  readonly sandbox?: Sandbox;
}

export type Imported =
  | { readonly yaml: string; readonly notes: readonly Note[] }
  | { readonly problems: readonly Note[] };

/** BOUNDED: bytes of a knockd.conf; what comes out is up to ten times as long, and still no longer than a knockd.yaml may be. */
export const KNOCKD_CONF_BYTES_MAX = 256 * 1024;

export function importKnockd(
  bytes: Uint8Array,
  { file, modern = false, listenOn, addressesOf = () => [], sandbox }: KnockdImport,
): Imported {
  const notes: Note[] = [];
  const problems: Note[] = [];
  const say: Say = (line, message) => notes.push({ line, message });
  const refuse: Say = (line, message) => problems.push({ line, message });

  const conf = readKnockdConf(bytes, say, refuse);
  const options = importOptions(conf, listenOn, addressesOf, say, refuse);
  const names = new DoorNames(say);
  const doors = conf.sections
    .filter((section) => !isOptions(section))
    .map((section) => withTarget(importDoor(section, names.nameFor(section), say, refuse), options.target));
  const odd = oddNotes(bytes);
  if (problems.length > 0) return { problems: inOrder([...problems, ...odd]) };

  for (const { line, shut } of doors) for (const reason of shut) say(line, `written as a comment: ${reason}`);
  const written = modern ? modernise(doors, say) : { doors: offer(doors), options: [] };
  const head = [` Imported from ${file}. Whoever reads this file can knock: keep it root:knockd, mode 0640.`];
  const yaml = writeYaml({
    head: [...head, ...(conf.head.length > 0 ? ["", ...conf.head] : [])],
    options: [...options.keys, ...written.options],
    aboveOptions: options.comments,
    doors: written.doors,
    end: conf.end,
    shutLead: "nobody could open this door",
  });
  sayHints(yaml, written.doors, sandbox, say);
  return { yaml, notes: inOrder([...notes, ...odd]) };
}

function importOptions(
  { sections }: KnockdConf,
  listenOn: string | undefined,
  addressesOf: AddressesOf,
  say: Say,
  refuse: Say,
): InterfaceOption {
  const comments: string[] = [];
  const above: string[] = [];
  let found: { name: string; line: number } | undefined;
  for (const section of sections.filter(isOptions)) {
    if (section.name !== "options") say(section.line, `knockd takes [${section.name}] for a door, taken for [options]`);
    comments.push(...section.comments);
    for (const { name, key, value, line, comments: own } of section.directives) {
      above.push(...own);
      if (key === "interface" && value !== undefined) {
        if (found !== undefined) say(found.line, `Interface: without effect, line ${line} says it again`);
        found = { name: value, line };
        continue;
      }
      comments.push(...above.splice(0));
      if (key === "usesyslog") {
        saySyslog({ value, line }, say);
        comments.push(` ${name}: not needed, the journal has the log`);
      } else if ((key === "logfile" || key === "pidfile") && value !== undefined) {
        const why = key === "pidfile" ? "not needed, systemd knows the process" : "not needed, the journal has the log";
        say(line, `${name} = ${value}: ${why}`);
        comments.push(` ${name} = ${value}: ${why}`);
      } else if (key === "allowduplicates") {
        comments.push(` ${name}: always so here`);
      } else if (isDoorKey(key)) {
        refuse(line, `${name} belongs to a door, not to [options]`);
      } else {
        refuse(line, `expected UseSyslog, LogFile, PidFile or Interface, got ${directiveText({ name, value })}`);
      }
    }
    comments.push(...section.after);
  }
  if (found !== undefined && listenOn !== undefined && found.name !== listenOn)
    say(found.line, `Interface = ${found.name}: without effect, KNOCKD_OPTS says -i ${listenOn}`);
  const named = listenOn === undefined ? found : { name: listenOn, line: 0 };
  const option = interfaceOption(named, above, addressesOf, say);
  return { ...option, comments: [...comments, ...option.comments] };
}

/** knockd wants exactly [options]; another spelling is a door only if it can be earned. */
function isOptions({ name, directives }: Section): boolean {
  if (name === "options") return true;
  return name.trim().toLowerCase() === "options" && !directives.some(({ key }) => isDoorKey(key));
}

function withTarget(door: DoorDraft, target: string | undefined): DoorDraft {
  if (target === undefined || door.keys.some(({ key }) => key === "target")) return door;
  const key: KeyDraft = {
    key: "target",
    value: target,
    line: 0,
    above: [],
    comment: " the address of the old Interface",
  };
  return { ...door, keys: [...door.keys, key] };
}

/** BOUNDED: characters of a file that is read once more for hints; check has them all. */
const HINTED_MAX = 256 * 1024;

/** Of the doors as they will be: what nobody can open, what a command says in vain, what the service does not allow. */
function sayHints(yaml: string, drafts: readonly DoorDraft[], sandbox: Sandbox | undefined, say: Say): void {
  if (yaml.length > HINTED_MAX) return;
  const parsed = parseConfig(yaml);
  if (!("config" in parsed)) return;
  const hints = parsed.config.doors.flatMap((door) => [
    ...reachHints(door),
    ...textHints(door),
    ...(sandbox === undefined ? [] : sandboxHints(door, sandbox)),
  ]);
  for (const hint of hints) {
    const [, name, key, text = hint] = /^doors\.([\w.-]+)\.(\w+): (.*)$/s.exec(hint) ?? [];
    const draft = drafts.find((door) => door.name === name);
    const line = draft?.keys.find((each) => each.key === key)?.line;
    say(line === undefined || line === 0 ? (draft?.line ?? 0) : line, `${key}: ${text}`);
  }
}

/** Characters that look like others, in what is no comment. BOUNDED: by the lines of the file. */
function oddNotes(bytes: Uint8Array): Note[] {
  return knockdLines(bytes, () => {}).flatMap(({ line, text }) => {
    const message = /^\s*[#;]/.test(text) ? undefined : oddText(text.replace(/\0/g, ""));
    return message === undefined ? [] : [{ line, message }];
  });
}

function inOrder(notes: readonly Note[]): Note[] {
  return [...notes].sort((a, b) => a.line - b.line);
}
