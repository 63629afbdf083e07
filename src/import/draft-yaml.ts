// An import's draft -> the text of knockd.yaml; the library quotes whatever needs it.
import { Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { formatPort } from "../core/port.ts";
import type { DoorDraft, FileDraft, KeyDraft, Value } from "./draft.ts";

/** What would end a comment, or what no editor shows. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to keep out
const UNPRINTABLE = /[\0-\x08\n-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]/gu;

export function writeYaml({ head, options, aboveOptions, keys = [], doors, end, shutLead }: FileDraft): string {
  const root = new YAMLMap();
  const optionsMap = mapOf(options);
  if (options.length > 0) {
    root.items.push(new Pair(keyNode("options", aboveOptions), optionsMap));
  }
  // Without options, what was said about them stands above the doors.
  const aboveDoors = options.length > 0 ? [] : aboveOptions;
  const written = blocksMap(keys, shutLead);
  if (written.map.items.length > 0) root.items.push(new Pair(keyNode("keys", [], root.items.length > 0), written.map));
  const { map, rest } = blocksMap(doors, shutLead);
  root.items.push(new Pair(keyNode("doors", aboveDoors, root.items.length > 0), map));
  const document = new Document(root);
  document.commentBefore = comment(head);
  const shut = written.rest.length > 0 && rest.length > 0 ? [...written.rest, "", ...rest] : [...written.rest, ...rest];
  const bottom = shut.length > 0 && end.length > 0 ? [...shut, "", ...end] : [...shut, ...end];
  if (bottom.length > 0) document.comment = comment(bottom);
  return textOf(document);
}

/** Doors that nobody could open stand as comments above the next one, or at the end. */
function blocksMap(doors: readonly DoorDraft[], shutLead: string): { map: YAMLMap; rest: string[] } {
  const map = new YAMLMap();
  let above: string[] = [];
  for (const door of doors) {
    if (door.shut.length > 0) {
      above.push(...(above.length > 0 ? [""] : []), ...shutDoor(door, shutLead));
      continue;
    }
    const body = mapOf(door.keys);
    if (door.after.length > 0) body.comment = comment(door.after);
    const lead = above.length > 0 ? [...above, ...(door.above.length > 0 ? ["", ...door.above] : [""])] : door.above;
    map.items.push(new Pair(keyNode(door.name, lead, map.items.length > 0), body));
    above = [];
  }
  if (map.items.length === 0) map.flow = true;
  return { map, rest: above };
}

function shutDoor(door: DoorDraft, lead: string): string[] {
  const body = mapOf(door.keys);
  if (door.after.length > 0) body.comment = comment(door.after);
  const map = new YAMLMap();
  map.items.push(new Pair(keyNode(door.name, []), body));
  const lines = textOf(new Document(map)).trimEnd().split("\n");
  return [...door.above, ...door.shut.map((reason) => ` ${lead}: ${reason}`), ...lines];
}

function mapOf(keys: readonly KeyDraft[]): YAMLMap {
  const map = new YAMLMap();
  for (const { key, value, above, comment: behind } of keys) {
    const node = nodeOf(value);
    if (behind !== undefined) node.comment = comment([behind]);
    map.items.push(new Pair(keyNode(key, above), node));
  }
  return map;
}

function nodeOf(value: Value): Node {
  if (typeof value !== "object") return new Scalar(value);
  const list = new YAMLSeq();
  list.flow = true;
  const words = "argv" in value ? value.argv : value.map(formatPort);
  list.items = words.map((word) => new Scalar(word));
  return list;
}

function keyNode(key: string, above: readonly string[], spaceBefore = false): Scalar {
  const node = new Scalar(key);
  if (above.length > 0) node.commentBefore = comment(above);
  node.spaceBefore = spaceBefore;
  return node;
}

/** BOUNDED: by the old file. */
function comment(lines: readonly string[]): string {
  return lines.map((line) => line.replace(UNPRINTABLE, " ").trimEnd()).join("\n");
}

function textOf(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
