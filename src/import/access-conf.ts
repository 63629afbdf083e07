// The text of fwknop's access.conf -> its stanzas, each with its directives and their lines.
import { quoteOf, type Say } from "./note.ts";

export interface AccessDirective {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** What SOURCE begins. */
export interface Stanza {
  readonly line: number;
  readonly source: string;
  /** By name; of a repeated one the last. */
  readonly directives: ReadonlyMap<string, AccessDirective>;
}

/** A stanza's keys in a file of their own. */
export const KEYS_ELSEWHERE = "%include_keys";
/** What fwknopd 2.6.10 knows, SOURCE aside. */
const NAMES = new Set([
  KEYS_ELSEWHERE,
  ...["DESTINATION", "OPEN_PORTS", "RESTRICT_PORTS", "KEY", "KEY_BASE64", "HMAC_KEY", "HMAC_KEY_BASE64"],
  ...["FW_ACCESS_TIMEOUT", "MAX_FW_TIMEOUT", "ENCRYPTION_MODE", "HMAC_DIGEST_TYPE", "ACCESS_EXPIRE"],
  ...["ACCESS_EXPIRE_EPOCH", "ENABLE_CMD_EXEC", "ENABLE_CMD_SUDO_EXEC", "CMD_EXEC_USER", "CMD_EXEC_GROUP"],
  ...["CMD_SUDO_EXEC_USER", "CMD_SUDO_EXEC_GROUP", "CMD_CYCLE_OPEN", "CMD_CYCLE_CLOSE", "CMD_CYCLE_TIMER", "SUDO_EXE"],
  ...["REQUIRE_USERNAME", "REQUIRE_SOURCE_ADDRESS", "REQUIRE_SOURCE", "FORCE_NAT", "FORCE_SNAT", "FORCE_MASQUERADE"],
  ...["FORWARD_ALL", "DISABLE_DNAT", "GPG_DECRYPT_ID", "GPG_DECRYPT_PW", "GPG_ALLOW_NO_PW", "GPG_REQUIRE_SIG"],
  ...[
    "GPG_DISABLE_SIG",
    "GPG_IGNORE_SIG_VERIFY_ERROR",
    "GPG_REMOTE_ID",
    "GPG_FINGERPRINT_ID",
    "GPG_HOME_DIR",
    "GPG_EXE",
  ],
]);
/** As fwknopd reads it: a word, with a colon or without, and all up to a semicolon. */
const LINE = /^(\S+?):?\s+([^;\r]+)/;
const PATH = /^\/[\w./@-]*$/;
const FILES = new Set(["%include", "%include_folder"]);

/** Not by its first line alone, since fwknopd passes over what stands before SOURCE; a knockd.conf has a section first. */
export function isAccessConf(text: string): boolean {
  const lines = text.split("\n");
  const section = lines.findIndex((line) => /^\s*\[.*\]\s*$/.test(line));
  return lines.slice(0, section === -1 ? lines.length : section).some((line) => {
    const name = LINE.exec(line.trim())?.[1] ?? "";
    return name === "SOURCE" || NAMES.has(name) || FILES.has(name);
  });
}

/** `refuse` hears what fwknopd would not start with. A secret is never quoted: no value is. */
export function readAccessConf(text: string, say: Say, refuse: Say): Stanza[] {
  const stanzas: (Stanza & { readonly directives: Map<string, AccessDirective> })[] = [];
  const includes: { readonly line: number; readonly text: string }[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = index + 1;
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const [, name = "", value = ""] = LINE.exec(trimmed) ?? [];
    const stanza = stanzas.at(-1);
    if (name === "") refuse(line, "expected NAME VALUE");
    else if (FILES.has(name))
      includes.push({ line, text: `${name}: not read, import ${quoteOf(value.trim(), PATH, "its file")} on its own` });
    else if (name === "SOURCE") {
      stanzas.push({ line, source: value.trim(), directives: new Map() });
    } else if (stanza === undefined) say(line, "passed over, as by fwknopd: it stands before the first SOURCE");
    else if (!NAMES.has(name)) say(line, "left out: fwknopd does not know this name either");
    else {
      if (stanza.directives.has(name)) say(line, `${name}: for the second time, this one counts`);
      stanza.directives.set(name, { name, value: value.trim(), line });
    }
  }
  for (const { line, text } of includes) (stanzas.length > 0 ? say : refuse)(line, text);
  if (stanzas.length === 0) refuse(0, "expected a SOURCE");
  return stanzas;
}

/** A file that import takes for none of its own: what it is, and what to do instead. Undefined: it may be one. */
export function strangeFile(text: string): string | undefined {
  if (/^[ \t]*(doors|options|keys):[ \t\r]*$/m.test(text)) return "this is a knockd.yaml already: knockd check -c FILE";
  if (/^[ \t]*(PCAP_INTF|PCAP_FILTER|ENABLE_\w*FW\w*|SYSLOG_IDENTITY|FWKNOP_RUN_DIR)[ \t]/m.test(text))
    return "this is fwknopd.conf: import access.conf, which has the keys";
  if (/^[ \t]*(SPA_SERVER|USE_HMAC|FW_TIMEOUT|ALLOW_IP)[ \t]/m.test(text))
    return "this is the .fwknoprc of a client: import access.conf of the server";
  if (/^[ \t]*(KNOCKD_OPTS|START_KNOCKD)=/m.test(text))
    return "this holds the options of the service: knockd import --defaults FILE /etc/knockd.conf";
  return undefined;
}
