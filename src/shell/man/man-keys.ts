// The keys of knockd.yaml as its schema has them -> their part of knockd.yaml(5).
import * as z from "zod";
import { jsonSchema } from "../../core/config/schema.ts";
import { argument, type Item, list, sentences } from "./mdoc.ts";

/** What of JSON Schema our keys need. */
interface Node {
  readonly description?: string | undefined;
  readonly type?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly additionalProperties?: Node | boolean | undefined;
  readonly anyOf?: readonly Node[] | undefined;
  readonly items?: Node | undefined;
}

const nodeSchema: z.ZodType<Node> = z.lazy(() =>
  z.looseObject({
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    properties: z.record(z.string(), nodeSchema).optional(),
    additionalProperties: z.union([z.boolean(), nodeSchema]).optional(),
    anyOf: z.array(nodeSchema).optional(),
    items: nodeSchema.optional(),
  }),
);

/** A section for each block of the file: options, doors. */
export function keySections(): string {
  return Object.entries(propertiesOf(nodeSchema.parse(jsonSchema())))
    .map(([name, block]) => sectionOf(name, block))
    .join("\n");
}

function sectionOf(name: string, block: Node): string {
  const perEntry = block.additionalProperties;
  const keys = propertiesOf(typeof perEntry === "object" ? perEntry : block);
  const intro = sentences(block.description ?? "");
  return `.Sh THE BLOCK ${name.toUpperCase()}\n${intro}\n${list(Object.entries(keys).map(keyItem))}`;
}

function keyItem([name, node]: [string, Node]): Item {
  const inner = Object.entries(innerOf(node));
  const within = inner.length === 0 ? "" : `\n${list(inner.map(keyItem))}`;
  const forms = formsOf(node);
  const head = `Cm ${argument(name)}${forms === "" ? "" : ` : ${forms}`}`;
  return { head, body: sentences(node.description ?? "") + within };
}

/** `auto | tcpdump | cap`. */
function formsOf(node: Node): string {
  const forms = node.enum ?? (node.type === "boolean" ? [true, false] : []);
  return forms.map((form) => `Cm ${argument(String(form))}`).join(" | ");
}

/** The keys of an entry that is itself a mapping, whether it stands alone or in a list. */
function innerOf(node: Node): Readonly<Record<string, Node>> {
  if (node.properties !== undefined) return node.properties;
  const found = [...(node.anyOf ?? []), ...(node.items === undefined ? [] : [node.items])].map(innerOf);
  return Object.assign({}, ...found);
}

function propertiesOf(node: Node): Readonly<Record<string, Node>> {
  return node.properties ?? {};
}
