// Our own iptables chains: who has passed our gate is accepted, whatever the administrator's rules say. They name no set and no
// address: what `netfilter-persistent save` writes of them loads on any machine, hides nothing, and lets nobody in.
import type { Door } from "../../../core/door.ts";
import { runTool } from "../../tool.ts";

export type Tool = "iptables" | "ip6tables";

/** Where a chain of ours is hooked in. */
interface Place {
  readonly name: string;
  readonly table: "filter" | "nat";
  readonly hook: string;
}
export interface Chain extends Place {
  readonly rules: readonly string[];
}

/** What all their names begin with. */
export const OUR_CHAINS = "KNOCKD";
const INPUT: Place = { name: OUR_CHAINS, table: "filter", hook: "INPUT" };
const FORWARD: Place = { name: `${OUR_CHAINS}-FORWARD`, table: "filter", hook: "FORWARD" };
/** Of earlier versions, in the order in which they are taken out. */
const OLD: readonly Place[] = [
  { name: `${OUR_CHAINS}-LEAD-ON`, table: "nat", hook: "PREROUTING" },
  { name: `${OUR_CHAINS}-MASQ`, table: "nat", hook: "POSTROUTING" },
];

/**
 * A bit of the packet's mark that Docker, Kubernetes, Calico, Cilium, Tailscale, WireGuard and Proxmox do not use, on packets to
 * hidden ports alone. Nothing but our gate sets it.
 */
const MARK = "0x20000000";
/** What the gate does to a packet that it lets in. */
export const ADMIT = `meta mark set meta mark | ${MARK} accept`;
const ADMITTED = `-m mark --mark ${MARK}/${MARK} -j ACCEPT`;

/** None where no door opens anything. Answers of a host behind this one do not come through the gate. */
export function chainsFor(doors: readonly Door[]): Chain[] {
  const openings = doors.flatMap((door) => door.open);
  if (openings.length === 0) return [];
  const answers = new Set(
    openings.map(
      ({ protocol, number }) =>
        `-m conntrack --ctstate DNAT --ctproto ${protocol} --ctorigdstport ${number} --ctdir REPLY -j ACCEPT`,
    ),
  );
  return [
    { ...INPUT, rules: [ADMITTED] },
    { ...FORWARD, rules: [ADMITTED, ...answers] },
  ];
}

/** One transaction: the chains are emptied and filled again at once. */
export async function fill(tool: Tool, chains: readonly Chain[]): Promise<void> {
  const lines = [
    "*filter",
    ...chains.map(({ name }) => `:${name} - [0:0]`),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => `-A ${name} ${rule}`)),
    "COMMIT",
    "",
  ];
  await runTool([`${tool}-restore`, "--noflush", "--wait"], lines.join("\n"));
}

/** Hooks in what is wanted, at the head, and takes out what is not. Where nothing is, a machine without iptables is fine. */
export async function hookIn(tool: Tool, wanted: readonly Place[]): Promise<void> {
  const rules = await list(tool, ["filter", "nat"]);
  for (const chain of wanted)
    if (!rules.includes(jumpTo(chain))) await run(tool, chain, "-I", chain.hook, "-j", chain.name);
  for (const chain of [...OLD, FORWARD, INPUT].filter(({ name }) => wanted.every((other) => other.name !== name))) {
    if (rules.includes(jumpTo(chain))) await run(tool, chain, "-D", chain.hook, "-j", chain.name);
    if (!rules.includes(`-N ${chain.name}\n`)) continue;
    await run(tool, chain, "-F", chain.name);
    await run(tool, chain, "-X", chain.name);
  }
}

/** Whether all of them are hooked in, and let in. */
export async function areWhole(tool: Tool, chains: readonly Place[]): Promise<boolean> {
  const rules = await list(tool, ["filter"]);
  return chains.every((chain) => rules.includes(jumpTo(chain)) && rules.includes(`-A ${chain.name} ${ADMITTED}\n`));
}

async function list(tool: Tool, tables: readonly Place["table"][]): Promise<string> {
  const listings = tables.map((table) => runTool([tool, "--wait", "-t", table, "-S"]).catch(() => ""));
  return (await Promise.all(listings)).join("");
}

async function run(tool: Tool, { table }: Place, ...words: string[]): Promise<void> {
  await runTool([tool, "--wait", "-t", table, ...words]);
}

/** As `-S` shows it. */
function jumpTo({ hook, name }: Place): string {
  return `-A ${hook} -j ${name}\n`;
}
