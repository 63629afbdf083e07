// Our own iptables chains: filled, hooked into the kernel's, looked after, and taken out again.
import type { Family } from "../../../core/address.ts";
import { runTool } from "../../tool.ts";
import type { Hidden } from "../firewall.ts";
import { forwardRules, gatesOf, leadOnRules, masqueradeRules } from "./iptables-gateways.ts";
import { inputRules } from "./iptables-rules.ts";

export type Tool = "iptables" | "ip6tables";
type Table = "filter" | "nat";

/** A chain of ours, where it is hooked in, and what its last rule does. */
interface Place {
  readonly name: string;
  readonly table: Table;
  readonly hook: string;
  readonly ends: string;
}
export interface Chain extends Place {
  readonly rules: readonly string[];
}

/** What all their names begin with. */
export const OUR_CHAINS = "KNOCKD";
const INPUT: Place = { name: OUR_CHAINS, table: "filter", hook: "INPUT", ends: "DROP" };
const FORWARD: Place = { name: `${OUR_CHAINS}-FORWARD`, table: "filter", hook: "FORWARD", ends: "DROP" };
const LEAD_ON: Place = { name: `${OUR_CHAINS}-LEAD-ON`, table: "nat", hook: "PREROUTING", ends: "DNAT" };
const MASQUERADE: Place = { name: `${OUR_CHAINS}-MASQ`, table: "nat", hook: "POSTROUTING", ends: "MASQUERADE" };

/** In the order in which they are taken out: nobody is led on past a chain that is gone. */
const PLACES = [LEAD_ON, MASQUERADE, FORWARD, INPUT];

/** The chains that doors need, which have `open` ports. Without a door that leads on, the nat table is none of our business. */
export function chainsFor({ doors, allow }: Hidden, family: Family, sessions: readonly string[]): Chain[] {
  const gates = gatesOf(doors, family);
  const chains = [
    { ...INPUT, rules: inputRules(doors, allow, family, sessions) },
    { ...FORWARD, rules: gates.length > 0 ? forwardRules(gates, allow, family) : [] },
    { ...LEAD_ON, rules: leadOnRules(gates, family) },
    { ...MASQUERADE, rules: masqueradeRules(gates, family) },
  ];
  return doors.length > 0 ? chains.filter(({ rules }) => rules.length > 0) : [];
}

/** Each table is one transaction: its chains are emptied and filled again at once. */
export async function fill(tool: Tool, chains: readonly Chain[]): Promise<void> {
  await runTool([`${tool}-restore`, "--noflush", "--wait"], restoreText(chains));
}

/** Hooks in what is wanted, at the head, and takes out what is not. Where nothing is, a machine without iptables is fine. */
export async function hookIn(tool: Tool, wanted: readonly Place[]): Promise<void> {
  const rules = await list(tool, ["filter", "nat"]);
  for (const chain of wanted)
    if (!rules.includes(jumpTo(chain))) await run(tool, chain, "-I", chain.hook, "-j", chain.name);
  for (const chain of PLACES.filter(({ name }) => wanted.every((other) => other.name !== name))) {
    if (rules.includes(jumpTo(chain))) await run(tool, chain, "-D", chain.hook, "-j", chain.name);
    if (!rules.includes(`-N ${chain.name}\n`)) continue;
    await run(tool, chain, "-F", chain.name);
    await run(tool, chain, "-X", chain.name);
  }
}

/** Whether all of them are hooked in, each with its last rule. */
export async function areWhole(tool: Tool, chains: readonly Place[]): Promise<boolean> {
  const rules = await list(tool, new Set(chains.map(({ table }) => table)));
  return chains.every(
    (chain) => rules.includes(jumpTo(chain)) && new RegExp(`^-A ${chain.name} .*-j ${chain.ends}\\b`, "m").test(rules),
  );
}

async function list(tool: Tool, tables: Iterable<Table>): Promise<string> {
  const listings = [...tables].map((table) => runTool([tool, "--wait", "-t", table, "-S"]).catch(() => ""));
  return (await Promise.all(listings)).join("");
}

async function run(tool: Tool, { table }: Place, ...words: string[]): Promise<void> {
  await runTool([tool, "--wait", "-t", table, ...words]);
}

/** As `-S` shows it. */
function jumpTo({ hook, name }: Place): string {
  return `-A ${hook} -j ${name}\n`;
}

function restoreText(chains: readonly Chain[]): string {
  return (["filter", "nat"] as const)
    .map((table) => chains.filter((chain) => chain.table === table))
    .filter((own) => own.length > 0)
    .flatMap((own) => [
      `*${own[0]?.table}`,
      ...own.map(({ name }) => `:${name} - [0:0]`),
      ...own.flatMap(({ name, rules }) => rules.map((rule) => `-A ${name} ${rule}`)),
      "COMMIT",
      "",
    ])
    .join("\n");
}
