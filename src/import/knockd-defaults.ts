// /etc/default/knockd -> where the old knockd was told to listen, and what of its command line has to go.
import { type Note, quote } from "./note.ts";

export interface Defaults {
  /** `-i` of KNOCKD_OPTS. */
  readonly listenOn?: string;
  readonly notes: readonly Note[];
}

/** BOUNDED: bytes of such a file. */
export const DEFAULTS_BYTES_MAX = 64 * 1024;

const WITH_VALUE = new Map([
  ["i", "interface"],
  ["c", "config"],
  ["p", "pidfile"],
  ["g", "logfile"],
]);
const BARE = new Map([
  ["d", "daemon"],
  ["D", "debug"],
  ["v", "verbose"],
  ["l", "lookup"],
  ["4", "only-ip-v4"],
  ["h", "help"],
  ["V", "version"],
]);
/** Blogs turn the quotes of a shell into those of a book; systemd would pass them on. */
const BOOK_QUOTES = /[\u201c\u201d\u201e\u2033]/g;

export function readDefaults(text: string): Defaults {
  const notes: Note[] = [];
  let listenOn: string | undefined;
  for (const [index, raw] of text.split("\n").entries()) {
    const assigned = /^(?:export\s+)?(?:KNOCKD_OPTS|OPTIONS)\s*=(.*)$/.exec(raw.trim())?.[1];
    if (assigned === undefined) continue;
    // The last assignment counts, for systemd as for a shell.
    listenOn = undefined;
    for (const { option, value } of optionsOf(unquote(assigned.trim()))) {
      const line = index + 1;
      if (option === "i" && value !== undefined && value !== "") listenOn = value;
      else notes.push({ line, message: `KNOCKD_OPTS: ${whyNot(option, value)}` });
    }
  }
  return { ...(listenOn === undefined ? {} : { listenOn }), notes };
}

/** The unit of ours passes KNOCKD_OPTS to `knockd run`, which does not take these. */
function whyNot(option: string, value: string | undefined): string {
  const written = `${option.length === 1 ? "-" : ""}${option}`;
  const out = "take it out, or the service does not start";
  if (option === "c") return `${written} ${value ?? ""} names the old file; ${out}`;
  if (option === "4") return `${written} cannot be kept, IPv6 knocks count as well; ${out}`;
  if (option === "p") return `${written} is not needed, systemd knows the process; ${out}`;
  if (option === "g") return `${written} is not needed, the journal has the log; ${out}`;
  if (option === "l") return `${written} cannot be kept, the log shows addresses; ${out}`;
  return BARE.has(option) ? `${written} is not needed; ${out}` : `${quote(written)} is no option of knockd; ${out}`;
}

/** As getopt reads them: `-i eth0`, `-ieth0`, `-di eth0`, `--interface=eth0`, `--int eth0`. */
function optionsOf(words: string[]): { option: string; value: string | undefined }[] {
  const found: { option: string; value: string | undefined }[] = [];
  while (words.length > 0) {
    const word = words.shift() ?? "";
    const [, name, behind] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? [];
    if (name !== undefined) {
      const valued = [...WITH_VALUE].find(([, long]) => long.startsWith(name))?.[0];
      const option = valued ?? [...BARE].find(([, long]) => long.startsWith(name))?.[0] ?? `--${name}`;
      found.push({ option, value: valued === undefined ? undefined : (behind ?? words.shift()) });
    } else if (/^-./.test(word)) {
      found.push(...cluster(word.slice(1), words));
    }
  }
  return found;
}

/** `-di eth0`: letters without a value, and perhaps one with. */
function cluster(letters: string, words: string[]): { option: string; value: string | undefined }[] {
  const bare = /^[^icpg]*/.exec(letters)?.[0] ?? "";
  const found = [...bare].map((option) => ({ option, value: undefined }));
  if (bare === letters) return found;
  const value = letters.slice(bare.length + 1);
  return [...found, { option: letters.charAt(bare.length), value: value === "" ? words.shift() : value }];
}

/** A shell's words, as far as such a file needs them. */
function unquote(text: string): string[] {
  const plain = text
    .replace(BOOK_QUOTES, '"')
    .replace(/^(["'])(.*?)\1.*$/, "$2")
    .replace(/(^|\s)#.*$/, "");
  return plain.split(/\s+/).filter((word) => word !== "");
}
