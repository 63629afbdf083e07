// The text of fwknop's access.conf -> its stanzas, each with its directives and their lines.
import { quote, type Say } from "./note.ts";

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

/** What fwknopd 2.6.10 knows, SOURCE aside. */
const NAMES = new Set([
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
const INCLUDES = new Set(["%include", "%include_folder", "%include_keys"]);

/** By its first line that says something, since files are called as people like. */
export function isAccessConf(text: string): boolean {
  const first = text.split("\n").find((line) => !/^\s*(#|$)/.test(line)) ?? "";
  const name = /^\s*(\S+?):?\s+\S/.exec(first)?.[1] ?? "";
  return name === "SOURCE" || NAMES.has(name) || INCLUDES.has(name);
}

/** `refuse` hears what fwknopd would not start with. A secret is never quoted: no value is. */
export function readAccessConf(text: string, say: Say, refuse: Say): Stanza[] {
  const stanzas: (Stanza & { readonly directives: Map<string, AccessDirective> })[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = index + 1;
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    // As fwknopd reads it: a word, with a colon or without, and all up to a semicolon.
    const [, name = "", value = ""] = /^(\S+?):?\s+([^;\r]+)/.exec(trimmed) ?? [];
    const stanza = stanzas.at(-1);
    if (name === "") refuse(line, "expected NAME VALUE");
    else if (INCLUDES.has(name)) say(line, `${name}: not read, import ${quote(value.trim())} on its own`);
    else if (name === "SOURCE") {
      stanzas.push({ line, source: value.trim(), directives: new Map() });
    } else if (stanza === undefined) refuse(line, "expected SOURCE before all else");
    else if (!NAMES.has(name)) say(line, "left out: fwknopd does not know this name either");
    else {
      if (stanza.directives.has(name)) say(line, `${name}: for the second time, this one counts`);
      stanza.directives.set(name, { name, value: value.trim(), line });
    }
  }
  if (stanzas.length === 0) refuse(0, "expected a SOURCE");
  return stanzas;
}
