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
    const problems = complaints.map(({ code, message, pos: [offset] }) => ({
      path: "",
      ...placeAt(lines, offset),
      message: wordsFor(code, message, text.slice(offset)),
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
    return { problems: [{ path: "", ...placeAt(lines, offset), message: lowerFirst(message) }] };
  }
}

/** yaml's words, or better ones where those help an administrator little. */
function wordsFor(code: string, message: string, rest: string): string {
  const [key = ""] = /^[^\s:,{}[\]]+/.exec(rest) ?? [];
  if (code === "DUPLICATE_KEY") return `the key ${JSON.stringify(key)} stands here for the second time`;
  if (code === "MULTIPLE_DOCS") return "expected one document, got another one after ---";
  if (code === "TAG_RESOLVE_FAILED") return `${lowerFirst(message)} (a text that begins with ! needs quotes)`;
  return lowerFirst(message);
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

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
