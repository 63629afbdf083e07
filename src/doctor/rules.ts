// The packet filter's rules as they are now, whoever wrote them: nftables, iptables on nftables, and iptables of old.
import { readFileSync } from "node:fs";
import { reasonOf } from "../core/text/words.ts";
import { runTool } from "../io/tool.ts";
import { readIptables } from "./ruleset/iptables-reader.ts";
import type { NamedSets } from "./ruleset/nft-match.ts";
import { readNftRuleset } from "./ruleset/nft-reader.ts";
import type { Chain } from "./ruleset/ruleset.ts";

/** `sets`: of nftables. `withoutNft`: there is no nft to ask, so only what iptables knows of. */
export type Rules =
  | { readonly chains: readonly Chain[]; readonly sets: NamedSets; readonly withoutNft?: true }
  | { readonly unseen: string };

const TABLES = ["raw", "mangle", "nat", "filter"];
const FAMILIES = [
  { by: "iptables", family: "ip", names: "/proc/net/ip_tables_names" },
  { by: "ip6tables", family: "ip6", names: "/proc/net/ip6_tables_names" },
] as const;

export async function learnRules(): Promise<Rules> {
  try {
    const json = await runTool(["nft", "--json", "list", "ruleset"]);
    // Where there is no rule, there is no text of one.
    const text = json.includes('"rule"') ? await runTool(["nft", "-a", "list", "ruleset"]) : "";
    const { chains, sets, iptables } = readNftRuleset(json, text);
    const native = chains.filter(({ table }) => !iptables.has(table));
    const others = await Promise.all(FAMILIES.map((family) => iptablesChains(family, iptables)));
    return { chains: [...native, ...others.flat()], sets };
  } catch (error) {
    const reason = reasonOf(error);
    if (reason !== "cannot run nft: not found") return { unseen: reason.split("\n")[0] ?? "" };
    const saved = await Promise.all(FAMILIES.map(({ by }) => runTool([`${by}-save`]).catch(() => "")));
    return {
      chains: FAMILIES.flatMap(({ by }, at) => readIptables(saved[at] ?? "", by)),
      sets: new Map(),
      withoutNft: true,
    };
  }
}

/** The tools of old load their kernel modules when they are asked, so they are asked only for what is in use. */
async function iptablesChains(
  { by, family, names }: (typeof FAMILIES)[number],
  onNft: ReadonlySet<string>,
): Promise<Chain[]> {
  const modern = TABLES.filter((table) => onNft.has(`${family} ${table}`));
  const old = tablesOfOld(names);
  const saved = await Promise.all([
    ...modern.map(async (table) => readIptables(await runTool([`${by}-nft-save`, "-t", table]), by)),
    ...old.map(async (table) => readIptables(await runTool([`${by}-legacy-save`, "-t", table]), by, true)),
  ]);
  return saved.flat();
}

function tablesOfOld(names: string): string[] {
  try {
    const inUse = readFileSync(names, "utf8").split("\n");
    return TABLES.filter((table) => inUse.includes(table));
  } catch {
    return [];
  }
}
