// The nftables back-end: our own table `inet knockd`, and one persistent `nft -i` for opening and closing.
import * as z from "zod";
import { type Family, familyOfText } from "../core/address.ts";
import type { Network } from "../core/config.ts";
import { type Door, usesFirewall } from "../core/door.ts";
import { formatPort } from "../core/port.ts";
import { reasonOf } from "../core/words.ts";
import type { Firewall, Hidden, OpenElement } from "./firewall.ts";
import { NftMonitor } from "./nft-monitor.ts";
import { NftShell } from "./nft-shell.ts";
import { runTool } from "./tool.ts";

const TABLE = "inet knockd";
const LAST_RULE = "hidden by knockd";
const FAMILIES = [
  { family: 4, type: "ipv4_addr", source: "ip saddr", allowed: "allowed4" },
  { family: 6, type: "ipv6_addr", source: "ip6 saddr", allowed: "allowed6" },
] as const;

/**
 * Where nobody used connection tracking before us, it takes the next packet of an older connection for a new one: without this
 * rule the administrator's own SSH session would freeze when the daemon first starts. `wildcard 0` is a connection's socket; a
 * listener on all addresses has 1, so a scan with ACKs finds nothing.
 */
const OLDER_SESSIONS = "tcp flags & (syn | ack) == ack socket wildcard 0 accept";

export class Nftables implements Firewall {
  readonly #shell = new NftShell();
  /** BOUNDED: two for each door. */
  #ownSets: ReadonlySet<string> = new Set();
  readonly #monitor = new NftMonitor(TABLE, () => void this.#look());
  #takenAway: () => void = () => {};
  #hidden = false;
  #hiding = false;
  /** Whether there were sets of an earlier run, or our own. */
  #foundSets = false;
  /** Our table as a look has just found it, when that means that it has to be made anew. */
  #seen: string | undefined;

  /** One transaction, so that no hidden port is ever visible in between. Sets that stay keep their elements. */
  async hide({ doors, allow }: Hidden): Promise<boolean> {
    if (!doors.some((door) => usesFirewall(door, 4) || usesFirewall(door, 6))) return this.#hideNothing();
    const before = this.#seen ?? (await listTable());
    this.#seen = undefined;
    this.#foundSets ||= setsIn(before).length > 0;
    const ownSets = new Set(FAMILIES.flatMap(({ family }) => withPorts(doors).map((door) => ownSet(door, family))));
    const staleSets = setsIn(before).filter((set) => !ownSets.has(set));
    const load = (sessions: string) =>
      runTool(["nft", "-f", "-"], ruleset(withPorts(doors), allow, staleSets, sessions));
    this.#hiding = true;
    try {
      // A kernel without nft_socket must still hide.
      await load(OLDER_SESSIONS).catch(() => load(""));
    } finally {
      this.#hiding = false;
    }
    const takenAway = this.#hidden && !before.includes(LAST_RULE);
    this.#hidden = true;
    this.#ownSets = ownSets;
    return takenAway;
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
    // The kernel may have closed it already: deleting what is not there would be an error, and so would a set that a reload
    // has taken away with its door.
    const sets = setsOf(door, familyOfText(ip)).filter((set) => !set.startsWith(TABLE) || this.#ownSets.has(set));
    if (sets.length > 0) await this.#shell.run(sets.map((set) => addAndDelete(set, ip, `${ip} timeout 1s`)).join("; "));
  }

  async listOpen(): Promise<OpenElement[]> {
    // With many doors the listing takes as long as hiding them.
    if (!this.#foundSets) return [];
    const listing = await runTool(["nft", "-json", "list", "table", ...TABLE.split(" ")]).catch(() => EMPTY_LISTING);
    return listingSchema.parse(JSON.parse(listing)).nftables.flatMap(({ set }) => elementsOf(set));
  }

  guard(takenAway: () => void): void {
    this.#takenAway = takenAway;
    this.#monitor.start();
    this.#shell.prepare();
  }

  release(): void {
    this.#monitor.end();
    this.#shell.end();
  }

  async remove(): Promise<void> {
    await runTool(["nft", "-f", "-"], `add table ${TABLE}\ndelete table ${TABLE}\n`);
  }

  /** Leaves no table behind. Where only commands open doors, a machine without nft is fine. */
  async #hideNothing(): Promise<boolean> {
    await this.remove().catch(() => {});
    this.#hidden = false;
    this.#ownSets = new Set();
    return false;
  }

  /** Our own changes destroy rules too: only a table without its last rule was taken away. */
  async #look(): Promise<void> {
    if (!this.#hidden || this.#hiding) return;
    const table = await listTable().catch(() => LAST_RULE);
    if (table.includes(LAST_RULE) || this.#hiding) return;
    this.#seen = table;
    this.#takenAway();
  }
}

/** What `nft -json list table` says (libnftables-json(5)); only what we use. */
const elementSchema = z.object({ elem: z.object({ val: z.string(), expires: z.number() }) });
const setSchema = z.object({ name: z.string(), elem: z.array(z.unknown()).default([]) });
const listingSchema = z.object({ nftables: z.array(z.object({ set: setSchema.optional() })) });
const EMPTY_LISTING = '{"nftables":[]}';

function elementsOf(set: z.output<typeof setSchema> | undefined): OpenElement[] {
  const [, door] = /^(\S+)_ipv[46]$/.exec(set?.name ?? "") ?? [];
  if (set === undefined || door === undefined) return [];
  return set.elem.flatMap((element) => {
    const parsed = elementSchema.safeParse(element);
    // An element without a timeout was put there by hand.
    return parsed.success ? [{ door, ip: parsed.data.elem.val, remainingMs: parsed.data.elem.expires * 1000 }] : [];
  });
}

/** Our table as it is now, perhaps since an earlier run; empty if there is none. */
async function listTable(): Promise<string> {
  try {
    return await runTool(["nft", "--terse", "list", "table", ...TABLE.split(" ")]);
  } catch (error) {
    if (reasonOf(error).includes("No such file or directory")) return "";
    throw error;
  }
}

/** The sets of doors in a listing of our table. */
function setsIn(table: string): string[] {
  return [...table.matchAll(/^\tset (\S+_ipv[46]) \{$/gm)].map((match) => `${TABLE} ${match[1]}`);
}

/** `ssh` -> `inet knockd ssh_ipv4`. */
function ownSet(door: Door, family: Family): string {
  return `${TABLE} ${setName(door, family)}`;
}

function setName(door: Door, family: Family): string {
  return `${door.name}_ipv${family}`;
}

function withPorts(doors: readonly Door[]): Door[] {
  return doors.filter((door) => door.open.length > 0);
}

/** The sets that take an address of this family: ours, and the administrator's. */
function setsOf(door: Door, family: Family): string[] {
  const own = door.open.length > 0 ? [ownSet(door, family)] : [];
  return [...own, door.sets[family] ?? []].flat();
}

function addAndDelete(set: string, ip: string, element: string): string {
  return `add element ${set} { ${element} }; delete element ${set} { ${ip} }`;
}

/**
 * Our own table can hide a port and let a knocker through to the administrator's rules; it cannot overrule a drop there.
 * Established connections live on when a door closes. Loopback is never hidden.
 */
function ruleset(
  doors: readonly Door[],
  allow: readonly Network[],
  staleSets: readonly string[],
  sessions: string,
): string {
  const hidden = [...new Set(doors.flatMap((door) => door.open.map(concatenation)))];
  return [
    `add table ${TABLE}`,
    `add chain ${TABLE} input { type filter hook input priority filter - 10; policy accept; }`,
    `flush chain ${TABLE} input`,
    ...staleSets.map((set) => `delete set ${set}`),
    ...FAMILIES.flatMap(({ family, type }) =>
      doors.map((door) => `add set ${ownSet(door, family)} { type ${type}; flags timeout; }`),
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
    // A SYN is never part of a connection, whatever the tracking says: it may still believe in one whose end it did not see.
    `add rule ${TABLE} input meta l4proto != tcp ct state established,related accept`,
    `add rule ${TABLE} input tcp flags & (syn | ack) != syn ct state established,related accept`,
    `add rule ${TABLE} input iifname "lo" accept`,
    `add rule ${TABLE} input meta l4proto . th dport != @hidden accept`,
    ...(sessions === "" ? [] : [`add rule ${TABLE} input ${sessions}`]),
    ...FAMILIES.map(({ source, allowed }) => `add rule ${TABLE} input ${source} @${allowed} accept`),
    ...FAMILIES.flatMap(({ family, source }) =>
      doors.map((door) => `add rule ${TABLE} input ${portsMatch(door)} ${source} @${setName(door, family)} accept`),
    ),
    // Not th dport: this rule is the one that people look for.
    `add rule ${TABLE} input meta l4proto { tcp, udp } counter drop comment "${LAST_RULE}: ${comment(doors)}"`,
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

/** One port is matched by itself: each set without a name costs nft a third of a millisecond, twice for each door. */
function portsMatch({ open }: Door): string {
  const [only, ...more] = open;
  if (only !== undefined && more.length === 0) return `${only.protocol} dport ${only.number}`;
  return `meta l4proto . th dport { ${open.map(concatenation).join(", ")} }`;
}

function concatenation({ protocol, number }: { protocol: string; number: number }): string {
  return `${protocol} . ${number}`;
}

/** nft allows 128 bytes. */
function comment(doors: readonly Door[]): string {
  return [...new Set(doors.flatMap((door) => door.open.map(formatPort)))].join(" ").slice(0, 90);
}
