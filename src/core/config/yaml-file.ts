// YAML text -> a value, and the place in the text where each part of it stands.
import { type Document, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { Problem } from "./problem.ts";

export interface Place {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export interface YamlFile {
  readonly value: unknown;
  /** Where the value at `path` stands, or the nearest part of the file that encloses it. */
  place(path: readonly PropertyKey[]): Place;
  /** Where the key at the end of `path` stands. */
  placeOfKey(path: readonly PropertyKey[]): Place;
}

/** BOUNDED: bytes of a config file. */
export const CONFIG_BYTES_MAX = 4 * 1024 * 1024;
/** One mistake of syntax draws many others after it. */
const PROBLEMS_MAX = 20;

export function readYaml(text: string): YamlFile | { readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  // A tag that nothing knows is only a warning of yaml's, but `tcpflags: !ack` without quotes is one.
  const complaints = [...document.errors, ...document.warnings].slice(0, PROBLEMS_MAX);
  if (complaints.length > 0) {
    const problems = complaints.map(({ code, pos: [offset] }) => ({
      path: "",
      ...placeAt(lines, offset),
      message: wordsFor(code, text, offset),
    }));
    return { problems };
  }
  try {
    const value: unknown = document.toJS();
    return {
      value,
      place: (path) => placeAt(lines, offsetOf(document, path)),
      placeOfKey: (path) => placeAt(lines, offsetOfKey(document, path)),
    };
  } catch (error) {
    // An alias without an anchor, or a bomb of them; yaml does not say where.
    const message = error instanceof Error ? error.message : String(error);
    const alias = /: (\S+)$/.exec(message)?.[1];
    const offset = Math.max(0, text.indexOf(`*${alias}`));
    return { problems: [{ path: "", ...placeAt(lines, offset), message: aliasText(alias) }] };
  }
}

/** What an administrator can do about it. yaml's own words quote what stands there, and a secret may. */
const WORDS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: "expected one document, got another one after ---",
  TAB_AS_INDENT: "expected blanks at the beginning of the line, got a tab",
  BAD_INDENT: "expected as many blanks before it as before the lines around it, or an end of the brackets begun before",
  UNEXPECTED_TOKEN: "something stands behind the end of a text: put all of it into quotes, as in '...'",
  BAD_DQ_ESCAPE: "a backslash means something in \"...\": put the text into '...'",
  MULTILINE_IMPLICIT_KEY: "expected a key and its value in one line, such as key: value",
  MISSING_CHAR: "something that was begun before is not ended: a quote, a bracket, or a colon behind a key",
  BAD_COLLECTION_TYPE: "a list stands where a mapping was begun, or the other way round",
  BLOCK_IN_FLOW: "expected everything between brackets in one style, with commas",
  DUPLICATE_KEY: "a key stands here for the second time",
  KEY_OVER_1024_CHARS: "the key is too long",
};
/** What `a: b: c` is to yaml. */
const COLON = "a text with \": \" in it needs quotes around it: put it into quotes, as in '...'";

function wordsFor(code: string, text: string, offset: number): string {
  const line = lineAt(text, offset);
  const rest = text.slice(offset);
  const [key = ""] = /^[^\s:,{}[\]]{1,40}/.exec(rest) ?? [];
  const holdsColon = /^\s*(- )?["']?[\w.-]+["']?:\s+[^\s"'].*:(\s|$)/.test(line);
  if (code === "BLOCK_AS_IMPLICIT_KEY" || (code === "MULTILINE_IMPLICIT_KEY" && holdsColon)) return COLON;
  if (/%[A-Za-z]+%/.test(line) && /BAD_SCALAR_START|UNEXPECTED_TOKEN|BAD_DIRECTIVE|MISSING_CHAR/.test(code))
    return 'a text that begins with % needs quotes around it: write "%IP%"';
  if (code === "BAD_SCALAR_START")
    return `a text that begins with ${JSON.stringify(rest.charAt(0))} needs quotes around it`;
  if (code === "TAG_RESOLVE_FAILED") {
    const tag = /^![a-z,!]{0,24}(?=\s|$)/.exec(rest)?.[0];
    return `a text that begins with ! needs quotes around it${tag === undefined ? "" : `: "${tag}"`}`;
  }
  if (code === "DUPLICATE_KEY" && KEY.test(key))
    return `the key ${JSON.stringify(key)} stands here for the second time`;
  return WORDS[code] ?? "cannot be read as YAML from here on";
}

/** As our keys and names are, and short. */
const KEY = /^[A-Za-z][\w.-]{0,31}$/;

function lineAt(text: string, offset: number): string {
  const end = text.indexOf("\n", offset);
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, end === -1 ? text.length : end);
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    // Of a block of keys, the key that leads to it is what people look for.
    const isBlock = isCollection(node) && node.flow !== true;
    if (!isBlock && !isEmpty(node)) return node.range?.[0] ?? 0;
    return offsetOfKey(document, path.slice(0, length));
  }
  return 0;
}

function offsetOfKey(document: Document, path: readonly PropertyKey[]): number {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)));
    if (isNode(pair?.key)) return pair.key.range?.[0] ?? 0;
  }
  const node = document.getIn(path, true);
  return isNode(node) ? (node.range?.[0] ?? 0) : offsetOf(document, path.slice(0, -1));
}

/** `key:` with nothing behind it. */
function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null && node.source === "";
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function aliasText(alias: string | undefined): string {
  if (alias === undefined) return "too many aliases (*name)";
  return KEY.test(alias)
    ? `unresolved alias (the anchor must be set before the alias): ${alias}`
    : "an alias (*name) without its anchor";
}
