// The secrets of a stanza of access.conf, and how its packets are made. No secret is ever quoted.

import { CIPHER_MODES, DIGEST_KINDS } from "../core/spa/crypto.ts";
import type { KeySecrets } from "../core/spa/key.ts";
import { formatKeyFile, parseKeyFile } from "../core/spa/key-file.ts";
import { dayNumber, dayText } from "../core/text/civil-day.ts";
import { type AccessDirective, KEYS_ELSEWHERE, type Stanza } from "./access-conf.ts";
import type { KeyDraft, Value } from "./draft.ts";
import { quoteOf, type Say } from "./note.ts";

type Close = (directive: { name: string; line: number }, reason: string) => void;

export interface Secrets {
  /** The text of a key file. */
  readonly text: string;
  /** The lines of access.conf that it comes from. */
  readonly lines: readonly { readonly name: string; readonly line: number }[];
}

const PAIRS = [
  ["KEY_BASE64", "KEY"],
  ["HMAC_KEY_BASE64", "HMAC_KEY"],
] as const;
/** What the sample file has in the place of keys. */
const PLACEHOLDER = "__CHANGEME__";
const DAY_S = 86_400;
const DAY = /^[\d/.-]{1,20}$/;
/** As short words are quoted anyway. */
const WORD = /^$/;

/** Undefined: there is nothing to make a key file of, and that has been said. */
export function secretsOf(stanza: Stanza, say: Say, refuse: Say, close: Close): Secrets | undefined {
  const found = PAIRS.flatMap(([base64, plain]) => stanza.directives.get(base64) ?? stanza.directives.get(plain) ?? []);
  const key = found.find(({ name }) => name.startsWith("KEY"));
  if (key === undefined) {
    const gpg = [...stanza.directives.keys()].some((name) => name.startsWith("GPG_"));
    const elsewhere = stanza.directives.get(KEYS_ELSEWHERE);
    if (elsewhere !== undefined) close(elsewhere, "the keys of another file are not read: copy its lines to here");
    else if (gpg)
      close({ name: "KEY", line: stanza.line }, "not there, and packets made with GnuPG are not known here");
    else refuse(stanza.line, "expected a KEY or KEY_BASE64 for this SOURCE");
    return undefined;
  }
  const unset = found.find(({ value }) => value.toUpperCase() === PLACEHOLDER);
  if (unset !== undefined) {
    refuse(unset.line, `${unset.name}: still the placeholder of the sample file`);
    return undefined;
  }
  const secrets = keysOf(found);
  if ("reason" in secrets) {
    close(secrets.at ?? key, secrets.reason);
    return undefined;
  }
  if (secrets.hmacKey === undefined)
    say(key.line, `${key.name}: without an HMAC_KEY, packets can be changed on their way`);
  return { text: formatKeyFile(secrets), lines: found.map(({ name, line }) => ({ name, line })) };
}

/** The reason names the directive that it is about. */
function keysOf(
  found: readonly AccessDirective[],
): KeySecrets | { readonly reason: string; readonly at: AccessDirective | undefined } {
  try {
    return parseKeyFile(found.map(({ name, value }) => `${name}: ${value}`).join("\n"), ["no-hmac"]);
  } catch (error) {
    const said = error instanceof RangeError ? error.message : "cannot be read";
    // Its lines are ours, not those of access.conf.
    const [, line, reason = said] = /^line (\d+): (.*)$/s.exec(said) ?? [];
    const kind = /^(HMAC_KEY|KEY) /.exec(reason)?.[1];
    const at =
      line === undefined ? found.find(({ name }) => name.replace("_BASE64", "") === kind) : found[Number(line) - 1];
    return { reason: at === undefined ? reason : reason.replace(`${at.name} `, ""), at };
  }
}

/** How packets are made, and until when they count. */
export function keyTerms({ directives }: Stanza, say: Say, close: Close): KeyDraft[] {
  const keys: KeyDraft[] = [];
  const add = (key: string, value: Value, line: number) => keys.push({ key, value, line, above: [] });
  const expire = directives.get("ACCESS_EXPIRE") ?? directives.get("ACCESS_EXPIRE_EPOCH");
  if (expire !== undefined) {
    const last = expire.name === "ACCESS_EXPIRE" ? dayBefore(expire.value) : wholeDayBefore(expire.value);
    if (last === undefined) close(expire, `expected a day, got ${quoteOf(expire.value, DAY)}`);
    else {
      say(expire.line, `${expire.name} ${expire.value}: fwknopd ends there, so the last whole day is ${last}`);
      add("expires", last, expire.line);
    }
  }
  const digest = directives.get("HMAC_DIGEST_TYPE");
  if (digest !== undefined) {
    const kind = DIGEST_KINDS.find((name) => name === digest.value.toLowerCase().replace("_", "-"));
    if (kind === undefined)
      close(digest, `expected one of ${DIGEST_KINDS.join(" ")}, got ${quoteOf(digest.value, WORD)}`);
    else if (kind !== "sha256") add("hmac", kind, digest.line);
  }
  const written = directives.get("ENCRYPTION_MODE");
  const old = written?.value.toLowerCase() === "legacy";
  const mode = CIPHER_MODES.find((name) => name === (written?.value ?? "cbc").toLowerCase());
  if (written !== undefined && mode === undefined && !old)
    close(written, `expected one of ${CIPHER_MODES.join(" ")} legacy, got ${quoteOf(written.value, WORD)}`);
  else if (written !== undefined && mode !== undefined && mode !== "cbc") add("mode", mode, written.line);
  const signed = directives.has("HMAC_KEY") || directives.has("HMAC_KEY_BASE64");
  if (old && written !== undefined && signed)
    close(written, "clients of that age do not sign, but there is an HMAC_KEY");
  else if (!signed) add("legacy", { argv: old ? ["legacy-iv", "no-hmac"] : ["no-hmac"] }, written?.line ?? 0);
  return keys;
}

/** `12/31/2026` is the moment at which that day begins. */
function dayBefore(text: string): string | undefined {
  const [, month, day, year] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? [];
  const number = dayNumber(Number(year), Number(month), Number(day));
  return number === undefined ? undefined : dayText(number - 1);
}

/** A second of the epoch; that day is not whole. */
function wholeDayBefore(text: string): string | undefined {
  const days = /^\d{1,11}$/.test(text) ? Math.floor(Number(text) / DAY_S) - 1 : -1;
  return days < 0 ? undefined : dayText(days);
}
