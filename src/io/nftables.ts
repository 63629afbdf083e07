// The nftables back-end: our own table `inet knockd`, and one persistent `nft -i` for opening and closing.
import { type Family, familyOfText } from "../core/address.ts";
import type { Network } from "../core/config.ts";
import type { Door } from "../core/door.ts";
import { formatPort } from "../core/port.ts";
import type { Firewall, Hidden } from "./firewall.ts";
import { NftShell } from "./nft-shell.ts";
import { runTool } from "./tool.ts";

const TABLE = "inet knockd";
const FAMILIES = [
  { family: 4, type: "ipv4_addr", source: "ip saddr", allowed: "allowed_ipv4" },
  { family: 6, type: "ipv6_addr", source: "ip6 saddr", allowed: "allowed_ipv6" },
] as const;

export class Nftables implements Firewall {
  readonly #shell = new NftShell();

  /** One transaction, so that no hidden port is ever visible in between. Sets that stay keep their elements. */
  async hide(hidden: Hidden): Promise<void> {
    const stale = await this.#staleSets(hidden.doors);
    await runTool(["nft", "-f", "-"], ruleset(hidden, stale));
  }

  async open(door: Door, ip: string, durationMs: number): Promise<void> {
    const sets = setsOf(door, familyOfText(ip));
    if (sets.length === 0) return;
    // Kernels before 6.12 keep the old timeout of an element that is added again; adding, deleting, adding works on all.
    const element = `${ip} timeout ${durationMs}ms`;
    await this.#shell.run(
      sets.map((set) => `${addAndDelete(set, ip, element)}; add element ${set} { ${element} }`).join("; "),
    );
  }

  async close(door: Door, ip: string): Promise<void> {
    const sets = setsOf(door, familyOfText(ip));
    // The kernel may have closed it already; deleting what is not there would be an error.
    if (sets.length > 0) await this.#shell.run(sets.map((set) => addAndDelete(set, ip, `${ip} timeout 1s`)).join("; "));
  }

  release(): void {
    this.#shell.end();
  }

  async #staleSets(doors: readonly Door[]): Promise<string[]> {
    const listing = await runTool(["nft", "--terse", "list", "sets", "inet"]);
    const ours = /^table inet knockd \{$([\s\S]*?)^\}$/m.exec(listing)?.[1] ?? "";
    const wanted = new Set([
      "hidden",
      ...FAMILIES.flatMap(({ family, allowed }) => [allowed, ...doors.map((door) => setName(door, family))]),
    ]);
    return [...ours.matchAll(/^\tset (\S+) \{$/gm)].map((match) => match[1] ?? "").filter((name) => !wanted.has(name));
  }
}

/** `ssh` -> `ssh_ipv4`. */
function setName(door: Door, family: Family): string {
  return `${door.name}_ipv${family}`;
}

/** The sets that take an address of this family: ours, and the administrator's. */
function setsOf(door: Door, family: Family): string[] {
  const own = door.open.length > 0 ? [`${TABLE} ${setName(door, family)}`] : [];
  return [...own, door.sets[family] ?? []].flat();
}

function addAndDelete(set: string, ip: string, element: string): string {
  return `add element ${set} { ${element} }; delete element ${set} { ${ip} }`;
}

/**
 * Our own table can hide a port and let a knocker through to the administrator's rules; it cannot overrule a drop there.
 * Established connections live on when a door closes. Loopback is never hidden.
 */
function ruleset({ doors, allow }: Hidden, staleSets: readonly string[]): string {
  const doorsWithPorts = doors.filter((door) => door.open.length > 0);
  const hidden = [...new Set(doorsWithPorts.flatMap((door) => door.open.map(concatenation)))];
  return [
    `add table ${TABLE}`,
    `add chain ${TABLE} input { type filter hook input priority filter - 10; policy accept; }`,
    `flush chain ${TABLE} input`,
    ...staleSets.map((name) => `delete set ${TABLE} ${name}`),
    ...FAMILIES.flatMap(({ family, type }) =>
      doorsWithPorts.map((door) => `add set ${TABLE} ${setName(door, family)} { type ${type}; flags timeout; }`),
    ),
    ...FAMILIES.flatMap(({ family, type, allowed }) =>
      allowedSet(
        allowed,
        type,
        allow.filter((network) => network.family === family),
      ),
    ),
    `add set ${TABLE} hidden { type inet_proto . inet_service; }`,
    `flush set ${TABLE} hidden`,
    ...(hidden.length > 0 ? [`add element ${TABLE} hidden { ${hidden.join(", ")} }`] : []),
    `add rule ${TABLE} input ct state established,related accept`,
    `add rule ${TABLE} input iifname "lo" accept`,
    `add rule ${TABLE} input meta l4proto . th dport != @hidden accept`,
    ...FAMILIES.map(({ source, allowed }) => `add rule ${TABLE} input ${source} @${allowed} accept`),
    ...FAMILIES.flatMap(({ family, source }) =>
      doorsWithPorts.map(
        (door) =>
          `add rule ${TABLE} input meta l4proto . th dport { ${door.open.map(concatenation).join(", ")} } ${source} @${setName(door, family)} accept`,
      ),
    ),
    // Not th dport: this rule is the one that people look for.
    `add rule ${TABLE} input meta l4proto { tcp, udp } counter drop comment "hidden by knockd: ${comment(doorsWithPorts)}"`,
  ]
    .join("\n")
    .concat("\n");
}

function allowedSet(name: string, type: string, networks: readonly Network[]): string[] {
  return [
    `add set ${TABLE} ${name} { type ${type}; flags interval; auto-merge; }`,
    `flush set ${TABLE} ${name}`,
    ...(networks.length > 0
      ? [`add element ${TABLE} ${name} { ${networks.map((network) => network.text).join(", ")} }`]
      : []),
  ];
}

function concatenation({ protocol, number }: { protocol: string; number: number }): string {
  return `${protocol} . ${number}`;
}

/** nft allows 128 bytes. */
function comment(doors: readonly Door[]): string {
  return [...new Set(doors.flatMap((door) => door.open.map(formatPort)))].join(" ").slice(0, 90);
}
