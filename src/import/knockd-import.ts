// knockd.conf -> knockd.yaml that means the same, and what has to be said about it; or why knockd itself would not take it.

import { isDoorKey } from "./directive-keys.ts";
import { DoorNames } from "./door-names.ts";
import type { DoorDraft, KeyDraft } from "./draft.ts";
import { writeYaml } from "./draft-yaml.ts";
import { needsRoot } from "./firewall-commands.ts";
import { type KnockdConf, readKnockdConf, type Section } from "./knockd-conf.ts";
import { modernise, offer } from "./modern.ts";
import { type Note, quote, type Say, saySyslog } from "./note.ts";
import { importDoor } from "./section-door.ts";

export interface KnockdImport {
  /** How the file is called in the first line of the result. */
  readonly file: string;
  /** `open:` instead of commands that do the same. */
  readonly modern?: boolean;
  /** What knockd's own command line says; it beats the file. */
  readonly listenOn?: string;
}

export type Imported =
  | { readonly yaml: string; readonly notes: readonly Note[] }
  | { readonly problems: readonly Note[] };

/** BOUNDED: bytes of a knockd.conf; what comes out is up to ten times as long, and still no longer than a knockd.yaml may be. */
export const KNOCKD_CONF_BYTES_MAX = 256 * 1024;

/** The kernel's limit. */
const INTERFACE = /^[^\s/]{1,15}$/;

export function importKnockd(bytes: Uint8Array, { file, modern = false, listenOn }: KnockdImport): Imported {
  const notes: Note[] = [];
  const problems: Note[] = [];
  const say: Say = (line, message) => notes.push({ line, message });
  const refuse: Say = (line, message) => problems.push({ line, message });

  const conf = readKnockdConf(bytes, say, refuse);
  const options = importOptions(conf, listenOn, say, refuse);
  const names = new DoorNames(say);
  const doors = conf.sections
    .filter((section) => !isOptions(section))
    .map((section) => importDoor(section, names.nameFor(section), say, refuse));
  if (problems.length > 0) return { problems: inOrder(problems) };

  for (const { line, shut } of doors) for (const reason of shut) say(line, `written as a comment: ${reason}`);
  const written = modern ? modernise(doors, say) : { doors: offer(doors), options: [] };
  for (const door of written.doors) sayNeedsRoot(door, say);
  const head = [` Imported from ${file}. Whoever reads this file can knock: keep it root:knockd, mode 0640.`];
  const yaml = writeYaml({
    head: [...head, ...(conf.head.length > 0 ? ["", ...conf.head] : [])],
    options: [...options.keys, ...written.options],
    aboveOptions: options.comments,
    doors: written.doors,
    end: conf.end,
    shutLead: "nobody could open this door",
  });
  return { yaml, notes: inOrder(notes) };
}

function importOptions({ sections }: KnockdConf, listenOn: string | undefined, say: Say, refuse: Say) {
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
        const got = quote(value === undefined ? name : `${name} = ${value}`);
        refuse(line, `expected UseSyslog, LogFile, PidFile or Interface, got ${got}`);
      }
    }
    comments.push(...section.after);
  }
  return interfaceFor(found, listenOn, above, comments, say);
}

function interfaceFor(
  found: { name: string; line: number } | undefined,
  listenOn: string | undefined,
  above: readonly string[],
  comments: readonly string[],
  say: Say,
): { keys: KeyDraft[]; comments: string[] } {
  if (found !== undefined && listenOn !== undefined && found.name !== listenOn)
    say(found.line, `Interface = ${found.name}: without effect, KNOCKD_OPTS says -i ${listenOn}`);
  const line = listenOn === undefined ? (found?.line ?? 0) : 0;
  const [name = ""] = (listenOn ?? found?.name ?? "").split(/\s/);
  if (INTERFACE.test(name)) {
    if (listenOn === undefined && name !== found?.name)
      say(line, `Interface: knockd finds no ${quote(found?.name ?? "")}, written as ${name}`);
    if (name === "any") say(line, "Interface = any: knockd hears only doors with a Target there, here all are heard");
    return { keys: [{ key: "interface", value: name, line, above }], comments: [...comments] };
  }
  if (found !== undefined || listenOn !== undefined)
    say(
      line,
      `Interface: expected a name of 1 to 15 characters, got ${quote(listenOn ?? found?.name ?? "")}; left out`,
    );
  const where = " interface: none was named, which meant eth0; now it is that of the default route";
  return { keys: [], comments: [...comments, ...above, where] };
}

/** knockd wants exactly [options]; another spelling is a door only if it can be earned. */
function isOptions({ name, directives }: Section): boolean {
  if (name === "options") return true;
  return name.trim().toLowerCase() === "options" && !directives.some(({ key }) => isDoorKey(key));
}

/** Under systemd knockd is not root any more. */
function sayNeedsRoot(door: DoorDraft, say: Say): void {
  for (const { key, value, line } of door.keys) {
    const tool = typeof value === "string" && key.includes("_command") ? needsRoot(value) : undefined;
    if (tool === undefined || line === 0) continue;
    say(
      line,
      `${key}: ${tool} needs root, and the service runs as user knockd: knockd.service says how to change that`,
    );
  }
}

function inOrder(notes: readonly Note[]): Note[] {
  return [...notes].sort((a, b) => a.line - b.line);
}
