// fwknop's access.conf -> keys and doors of knockd.yaml; the secrets go into files of their own.

import { KEYS_MAX } from "../core/spa/key.ts";
import { readAccessConf } from "./access-conf.ts";
import type { DoorDraft } from "./draft.ts";
import { writeYaml } from "./draft-yaml.ts";
import type { Imported } from "./knockd-import.ts";
import type { Note, Say } from "./note.ts";
import { type ImportedKey, importStanza } from "./stanza.ts";

export interface FwknopImport {
  /** How the file is called in the first line of the result. */
  readonly file: string;
  /** Where key files are, or will be. */
  readonly directory: string;
  /** Whether they will be made; otherwise it is said what belongs into them. */
  readonly makesKeys: boolean;
}

export interface KeyFile {
  readonly path: string;
  readonly text: string;
}

export type FwknopImported = Imported & { readonly keyFiles?: readonly KeyFile[] };

export function importFwknop(text: string, { file, directory, makesKeys }: FwknopImport): FwknopImported {
  const notes: Note[] = [];
  const problems: Note[] = [];
  const say: Say = (line, message) => notes.push({ line, message });
  const refuse: Say = (line, message) => problems.push({ line, message });

  const stanzas = readAccessConf(text, say, refuse);
  if (stanzas.length > KEYS_MAX) refuse(stanzas[KEYS_MAX]?.line ?? 0, `expected at most ${KEYS_MAX} keys`);
  const all = stanzas.slice(0, KEYS_MAX).map((stanza, index) => {
    return importStanza(stanza, `fwknop-${index + 1}`, directory, say, refuse);
  });
  if (problems.length > 0) return { problems: inOrder(problems) };

  const { keys, doors } = shareDoors(all);
  const keyFiles = keys.flatMap(({ name, shut, secrets, line }) => {
    if (secrets === undefined || shut.length > 0) return [];
    const path = `${directory}/${name}`;
    const values = secrets.lines.map((part) => `${part.name} of line ${part.line}`).join(" and ");
    if (!makesKeys) say(line, `key ${name}: put ${values} into ${path}, mode 0600, or let --keys DIR do so`);
    return [{ path, text: secrets.text }];
  });
  const yaml = writeYaml({
    head: [
      ` Imported from ${file}, without its comments, since old keys may stand there.`,
      " fwknopd.conf is not read. In the options here, what it has as PCAP_INTF is interface, UDPSERV_PORT or the port in",
      " PCAP_FILTER (62201 unless it says so) is spa_port, MAX_SPA_PACKET_AGE (120) is spa_max_age.",
    ],
    options: [],
    aboveOptions: [],
    keys: keys.map((key) => ({ ...key, above: [], after: [] })),
    doors,
    end: [],
    shutLead: "not imported",
  });
  return { yaml, notes: inOrder(notes), keyFiles };
}

/** Stanzas that open the same in the same way share a door; others of its name get a number. */
function shareDoors(all: readonly ImportedKey[]): { keys: ImportedKey[]; doors: DoorDraft[] } {
  const byMeaning = new Map<string, DoorDraft>();
  const names = new Set<string>();
  const keys = all.map((key) => {
    const meaning = JSON.stringify([key.door.keys.map(({ key: name, value }) => [name, value]), key.shut]);
    const door = byMeaning.get(meaning) ?? { ...key.door, name: unique(key.door.name, names) };
    byMeaning.set(meaning, door);
    const renamed = key.keys.map((draft) =>
      draft.key === "doors" ? { ...draft, value: { argv: [door.name] } } : draft,
    );
    return { ...key, keys: renamed };
  });
  return { keys, doors: [...byMeaning.values()] };
}

function unique(name: string, given: Set<string>): string {
  let free = name;
  for (let number = 2; given.has(free); number++) free = `${name}-${number}`;
  given.add(free);
  return free;
}

function inOrder(notes: readonly Note[]): Note[] {
  return [...notes].sort((a, b) => a.line - b.line);
}
