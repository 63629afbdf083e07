// What `nft -json list ruleset` prints -> chains of rules, and sets.
import * as z from "zod";
import { conditionOf, entryOf, type NamedSet, type NamedSets } from "./nft-match.ts";
import type { Base, Chain, Condition, Packet, Rule, Verdict } from "./ruleset.ts";

/** libnftables-json(5); only what we use. */
const chainSchema = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  type: z.string().optional(),
  hook: z.string().optional(),
  prio: z.number().optional(),
  policy: z.string().optional(),
});
const listingSchema = z.object({
  nftables: z.array(
    z.object({
      chain: chainSchema.optional(),
      rule: z
        .object({
          family: z.string(),
          table: z.string(),
          chain: z.string(),
          handle: z.number(),
          expr: z.array(z.record(z.string(), z.unknown())),
        })
        .optional(),
      set: z
        .object({
          family: z.string(),
          table: z.string(),
          name: z.string(),
          flags: z.union([z.array(z.string()), z.string()]).default([]),
          elem: z.array(z.unknown()).default([]),
        })
        .optional(),
      map: z
        .object({ family: z.string(), table: z.string(), name: z.string(), elem: z.array(z.unknown()).default([]) })
        .optional(),
    }),
  ),
});
const targetSchema = z.object({ target: z.string() });
const limitSchema = z.object({ inv: z.boolean().default(false) });
const xtSchema = z.object({ type: z.string(), name: z.string() });

/** Statements that neither ask nor decide. */
const SILENT = new Set(["counter", "log", "comment", "mangle", "notrack", "set", "quota", "continue"]);

export interface NftRuleset {
  readonly chains: readonly Chain[];
  readonly sets: NamedSets;
  /** Tables with rules that only iptables can read: `ip filter`. */
  readonly iptables: ReadonlySet<string>;
}

/** `json` and `text` are the same ruleset: the latter is what people know (`nft -a list ruleset`). Throws for what is no JSON. */
export function readNftRuleset(json: string, text: string): NftRuleset {
  const { nftables } = listingSchema.parse(JSON.parse(json));
  const texts = ruleTexts(text);
  const sets = new Map<string, NamedSet>(
    nftables.flatMap(({ set, map }): [string, NamedSet][] => [
      ...(set === undefined
        ? []
        : ([[nameOf(set), { elements: set.elem, flags: [set.flags].flat() }]] satisfies [string, NamedSet][])),
      ...(map === undefined ? [] : ([[nameOf(map), { elements: map.elem, flags: [] }]] satisfies [string, NamedSet][])),
    ]),
  );
  const rules = nftables.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  const chains = nftables.flatMap(({ chain }): Chain[] => {
    if (chain === undefined) return [];
    const { family, name } = chain;
    const table = `${family} ${chain.table}`;
    const own = rules.filter((rule) => `${rule.family} ${rule.table}` === table && rule.chain === name);
    const base = baseOf(chain);
    return [
      {
        by: "nftables",
        table,
        name,
        rules: own.map(({ expr, handle }) =>
          ruleOf(expr, table, sets, texts.get(`${table} ${name} ${handle}`) ?? "", handle),
        ),
        ...(base === undefined ? {} : { base }),
      },
    ];
  });
  const withXt = rules.filter(({ expr }) => expr.some((statement) => "xt" in statement));
  return { chains, sets, iptables: new Set(withXt.map(({ family, table }) => `${family} ${table}`)) };
}

function baseOf({ type, hook, prio, policy }: z.output<typeof chainSchema>): Base | undefined {
  if (hook === undefined || (type !== "filter" && type !== "nat")) return undefined;
  return { type, hook, priority: prio ?? 0, policy: policy === "drop" ? "drop" : "accept" };
}

function nameOf({ family, table, name }: { family: string; table: string; name: string }): string {
  return `${family} ${table} ${name}`;
}

function ruleOf(
  statements: readonly Record<string, unknown>[],
  table: string,
  sets: NamedSets,
  text: string,
  handle: number,
): Rule {
  const conditions: Condition[] = [];
  let verdict: Rule["verdict"] = () => ({ kind: "none" });
  for (const statement of statements) {
    for (const [word, value] of Object.entries(statement)) {
      if (word === "match") conditions.push(conditionOf(value, table, sets));
      else if (word === "vmap") {
        conditions.push((packet) => entryOf(value, packet, table, sets).truth);
        verdict = (packet: Packet) => verdictOf(entryOf(value, packet, table, sets).verdict);
      } else if (word === "dnat" || word === "redirect")
        verdict = () => ({ kind: "translate", how: word === "dnat" ? "DNAT" : "REDIRECT" });
      else if (isVerdict(word)) {
        const fixed = verdictOf(statement);
        verdict = () => fixed;
      } else if (!SILENT.has(word)) conditions.push(otherCondition(word, value));
    }
  }
  const logs = statements.some((statement) => "log" in statement);
  return { conditions, verdict, text, handle, ...(logs ? { logs } : {}) };
}

/** A first packet is within every limit, and over none. */
function otherCondition(word: string, value: unknown): Condition {
  const limit = limitSchema.safeParse(value);
  if (word === "limit" && limit.success) return () => (limit.data.inv ? "no" : "yes");
  const xt = xtSchema.safeParse(value);
  return word === "xt" && xt.success && xt.data.type === "target" ? () => "yes" : () => "perhaps";
}

function isVerdict(word: string): boolean {
  return ["accept", "drop", "reject", "return", "jump", "goto"].includes(word);
}

function verdictOf(statement: unknown): Verdict {
  const [[word, value] = []] = typeof statement === "object" && statement !== null ? Object.entries(statement) : [];
  if (word === "accept" || word === "return") return { kind: word };
  if (word === "drop" || word === "reject") return { kind: "drop" };
  const target = targetSchema.safeParse(value);
  return (word === "jump" || word === "goto") && target.success
    ? { kind: word, chain: target.data.target }
    : { kind: "none" };
}

/** `inet filter input 7` -> `tcp dport 22 drop`, from a listing with handles. */
function ruleTexts(listing: string): Map<string, string> {
  const texts = new Map<string, string>();
  let table = "";
  let chain = "";
  for (const line of listing.split("\n")) {
    const [, tableName] = /^table (\S+ \S+) \{/.exec(line) ?? [];
    const [, chainName] = /^\tchain (\S+) \{/.exec(line) ?? [];
    const [, text, handle] = /^\t\t(.*) # handle (\d+)$/.exec(line) ?? [];
    if (tableName !== undefined) table = tableName;
    if (chainName !== undefined) chain = chainName;
    if (text !== undefined) texts.set(`${table} ${chain} ${handle}`, text);
  }
  return texts;
}
