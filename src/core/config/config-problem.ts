// What the schema finds wrong -> a sentence that helps: the place, what was expected, what was found.
import type * as z from "zod";
import { masked } from "../text/masked.ts";
import { nearest } from "./nearest.ts";
import { formatPath, type Problem } from "./problem.ts";
import type { YamlFile } from "./yaml-file.ts";

/** BOUNDED: how much of a wrong value or key is quoted. */
const QUOTE_MAX = 80;
const MESSAGE_MAX = 300;
/** Issues whose message says what was expected; the others' messages name it only. */
const SENTENCES = new Set(["custom", "too_small", "too_big", "invalid_format", "not_multiple_of"]);

/** The keys that may stand at a path. */
export type KnownKeys = (path: readonly PropertyKey[]) => readonly string[];

export function problemsOf(issue: z.core.$ZodIssue, file: YamlFile, knownKeys: KnownKeys): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const message = `unknown key${suggestion(key, knownKeys(issue.path))}`;
      return { path: quotedPath(path), ...file.placeOfKey(path), message };
    });
  }
  const closest = issue.code === "invalid_union" ? closestBranch(issue.errors) : undefined;
  if (closest !== undefined) {
    const inPlace = closest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
    return inPlace.flatMap((inner) => problemsOf(inner, file, knownKeys));
  }
  const message = mayBeSecret(issue.path)
    ? cut(withoutValue(issue, valueAt(file.value, issue.path)))
    : cut(masked(sentence(issue, file.value)));
  return [{ path: quotedPath(issue.path), ...file.place(issue.path), message }];
}

/** Of the forms that a value may have, the one that was meant: it fails inside, or for another reason than its type. */
function closestBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const isInside = ({ path, code }: z.core.$ZodIssue): boolean => path.length > 0 || code === "unrecognized_keys";
  return branches.find((issues) => issues.every((issue) => isInside(issue) || SENTENCES.has(issue.code)));
}

/** Where people put a secret itself in the place of its file. */
function mayBeSecret([block, , key, inner]: readonly PropertyKey[]): boolean {
  if (block === "keys") return key === "file";
  return (key === "totp" && inner === "secret_file") || (key === "spa" && (inner === "key" || inner === "hmac_key"));
}

/** What was expected; of what was found only what looks like the path of a file. */
function withoutValue(issue: z.core.$ZodIssue, found: unknown): string {
  const { message } = issue;
  if (issue.code === "custom" && issue.params?.["complete"] === true) return message;
  const expected = message.replace(/, got .*$/s, "");
  const isPath = typeof found === "string" && /^[\w./-]{1,80}$/.test(found) && /^.{1,10}$|[./]/.test(found);
  const shown = found === undefined || found === null || isPath ? quoted(found) : "something else";
  return `${/^(expected|a signed|the range|only) /.test(expected) ? "" : "expected "}${expected}, got ${shown}`;
}

export function quotedPath(path: readonly PropertyKey[]): string {
  return formatPath(path.map((key) => (typeof key === "string" ? shortened(masked(key)) : key)));
}

/** A value as it can be read in an error. */
export function quoted(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "number") return String(value);
  return shortened(masked(JSON.stringify(value) ?? String(value)));
}

/** The readers of values quote them whole. */
function cut(message: string): string {
  return message.length > MESSAGE_MAX ? `${message.slice(0, MESSAGE_MAX)}...` : message;
}

function shortened(text: string): string {
  return text.length > QUOTE_MAX ? `${text.slice(0, QUOTE_MAX)}...` : text;
}

function sentence(issue: z.core.$ZodIssue, root: unknown): string {
  const { code, message } = issue;
  if (message.includes(", got ") || (code === "custom" && issue.params?.["complete"] === true)) return message;
  const found = quoted(valueAt(root, issue.path));
  if (SENTENCES.has(code)) return `${message}, got ${found}`;
  // zod's own words for a mapping that is none.
  return `expected ${message.startsWith("Invalid input") ? "a mapping of keys to values" : message}, got ${found}`;
}

/** What the old knockd, its forks and other programs call our keys. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  command: "start_command",
  command_6: "start_command_6",
  on_open: "start_command",
  on_close: "stop_command",
  timeout: "seq_timeout",
  cooldown: "seq_cooldown",
  seq_interval: "seq_timeout",
  port: "open",
  ports: "open",
  logfile: "log_file",
  usesyslog: "log_format",
  loglevel: "log_level",
  interfaces: "interface",
  fw_access_timeout: "for",
  max_fw_timeout: "max_for",
  duration: "for",
};

function suggestion(key: string, known: readonly string[]): string {
  const plain = key.replaceAll("-", "_").toLowerCase();
  const alias = OTHER_NAMES[plain];
  const meant = alias !== undefined && known.includes(alias) ? alias : nearest(plain, known);
  return meant === undefined ? `, expected one of ${known.join(" ")}` : `, did you mean ${meant}?`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}
