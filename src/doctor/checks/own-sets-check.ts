// The administrator's own sets that doors fill (`set`, `set_6`): there, with timeouts, and asked by some rule.
import type { Door } from "../../core/door.ts";
import { reasonOf } from "../../core/text/words.ts";
import { BACK_ENDS } from "../../io/firewall/firewalls.ts";
import { runTool } from "../../io/tool.ts";
import { NOT_LASTING } from "../let-in.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";
import { readRuleFiles } from "../rule-files.ts";
import { makesTable } from "../ruleset/keeper.ts";
import type { NamedSets } from "../ruleset/nft-match.ts";
import type { Chain } from "../ruleset/ruleset.ts";

const IF_ASKED =
  "a rule that asks it comes out first, and in again; the same change belongs into the file that makes the set";

interface Wanted {
  readonly door: string;
  readonly set: string;
  readonly family: 4 | 6;
}

export const ownSets: Check = {
  name: "sets",
  async look(machine) {
    const wanted = (machine.config?.doors ?? []).flatMap(setsOf);
    const { sets } = BACK_ENDS[machine.config?.firewall ?? "nftables"];
    if (wanted.length === 0 || sets === "nobody") return [];
    if (sets === "ipset") return (await Promise.all(wanted.map(judgeIpset))).flat();
    const rules = await machine.rules();
    if ("unseen" in rules) return [warn(`cannot see the firewall's sets: ${rules.unseen}`, "sudo knockd doctor")];
    if (rules.withoutNft) return [];
    return wanted.map((each) => judge(each, rules.chains, rules.sets));
  },
};

function setsOf({ name, sets }: Door): Wanted[] {
  return ([4, 6] as const).flatMap((family) => {
    const set = sets[family];
    return set === undefined ? [] : [{ door: name, set, family }];
  });
}

function judge({ door, set, family }: Wanted, chains: readonly Chain[], sets: NamedSets): Finding {
  const what = `door ${door}: set ${set}`;
  const found = sets.get(set);
  const [tableFamily, table, name] = set.split(" ");
  if (found === undefined) return missing(what, set, family);
  if (!found.flags.includes("timeout"))
    return fail(`${what} takes no timeouts`, `nft 'delete set ${set}; ${added(set, family)}'`, [IF_ASKED]);
  const asked = chains.some(
    (chain) => chain.table === `${tableFamily} ${table}` && chain.rules.some((rule) => asks(rule.text, name)),
  );
  if (asked) return ok(`${what} is there, and a rule asks it`);
  const source = family === 4 ? "ip saddr" : "ip6 saddr";
  return warn(
    `${what} is asked by no rule, so it opens nothing`,
    `nft insert rule ${tableFamily} ${table} CHAIN ${source} @${name} tcp dport PORT accept`,
  );
}

/** Where the administrator's file makes the table, the line goes there as well: it is loaded at each boot, and each reload. */
function missing(what: string, set: string, family: 4 | 6): Finding {
  const statement = added(set, family);
  const [tableFamily = "", table = ""] = set.split(" ");
  if (makesTable(readRuleFiles().nftables, tableFamily, table))
    return fail(`${what} does not exist`, `echo '${statement}' | tee -a /etc/nftables.conf | nft -f -`);
  return fail(`${what} does not exist`, `nft '${statement}'`, [NOT_LASTING]);
}

function added(set: string, family: 4 | 6): string {
  return `add set ${set} { type ipv${family}_addr; flags timeout; }`;
}

function asks(text: string, set: string | undefined): boolean {
  return text.split(" ").includes(`@${set}`);
}

async function judgeIpset({ door, set, family }: Wanted): Promise<Finding[]> {
  const what = `door ${door}: ipset ${set}`;
  const create = `ipset create ${set} hash:ip family ${family === 4 ? "inet" : "inet6"} timeout 0`;
  try {
    const header = await runTool(["ipset", "list", set, "-terse"]);
    if (/^Header: .*\btimeout\b/m.test(header)) return [ok(`${what} is there`)];
    return [fail(`${what} takes no timeouts`, `ipset destroy ${set} && ${create}`, [IF_ASKED])];
  } catch (error) {
    if (/does not exist/.test(reasonOf(error))) return [fail(`${what} does not exist`, create, [NOT_LASTING])];
    // That ipset is missing has been said.
    if (reasonOf(error).endsWith("not found")) return [];
    return [warn(`cannot see ${what}: ${reasonOf(error)}`, "sudo knockd doctor")];
  }
}
