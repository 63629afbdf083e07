// Who keeps the rules that drop a packet: that is whom to tell, since what is put in beside its back is gone with its next load.
import type { Chain, Place } from "./ruleset.ts";

export type Keeper =
  | { readonly kind: "ufw"; readonly denied: boolean }
  /** `zone`: of the interface, if that is not the usual one. */
  | { readonly kind: "firewalld"; readonly zone: string | undefined }
  /** `inFile`: /etc/nftables.conf makes this chain. */
  | { readonly kind: "nftables"; readonly inFile: boolean }
  /** `persistent`: netfilter-persistent loads them at boot. */
  | { readonly kind: "iptables"; readonly persistent: boolean };

/** What of this machine's files tells where rules come from. */
export interface RuleFiles {
  /** /etc/nftables.conf. */
  readonly nftables: string;
  readonly persistent: boolean;
}

export function keeperOf(place: Place, chains: readonly Chain[], interfaceName: string, files: RuleFiles): Keeper {
  const { chain, rule } = place;
  if (isFirewalld(place, chains)) return { kind: "firewalld", zone: zoneOf(chains, interfaceName) };
  if (chain.by === "nftables") return { kind: "nftables", inFile: makes(files.nftables, chain) };
  const ufw = /^ufw6?-/;
  if (ufw.test(chain.name)) return { kind: "ufw", denied: rule !== undefined && chain.name.endsWith("-user-input") };
  if (rule === undefined && chains.some(({ by, name }) => by === chain.by && ufw.test(name)))
    return { kind: "ufw", denied: false };
  return { kind: "iptables", persistent: files.persistent };
}

/** Where firewalld asks which zone an interface is of; from firewalld 2 on, among its policies. */
const ZONES = /^(filter_)?INPUT_(ZONES|POLICIES)$/;

/** With iptables as its back-end, it drops what its zones have left. */
function isFirewalld({ chain }: Place, chains: readonly Chain[]): boolean {
  if (chain.by === "nftables") return chain.table.endsWith(" firewalld");
  return chains.some(({ by, table, name }) => by === chain.by && table === chain.table && ZONES.test(name));
}

/** `iifname "eth1" goto filter_IN_internal`; the last one is for all others. */
function zoneOf(chains: readonly Chain[], interfaceName: string): string | undefined {
  const rules = chains.find(({ name }) => ZONES.test(name))?.rules ?? [];
  const zones = rules.flatMap(({ text }) => {
    const zone = /(?:\b(?:goto|jump)|-[gj]) (?:filter_)?IN_(?!policy_)(\S+)/.exec(text)?.[1];
    return zone === undefined ? [] : [{ zone, of: /(?:\biifname "|-i )([^"\s]+)/.exec(text)?.[1] }];
  });
  const usual = zones.at(-1)?.zone;
  const own = zones.find(({ of }) => of !== undefined && isFor(of, interfaceName))?.zone;
  return own === usual ? undefined : own;
}

/** nft ends the beginning of names with `*`, iptables with `+`. */
function isFor(names: string, interfaceName: string): boolean {
  return /[*+]$/.test(names) ? interfaceName.startsWith(names.slice(0, -1)) : names === interfaceName;
}

/** Whether a ruleset makes this chain: so far as its text tells, without what it includes. */
function makes(ruleset: string, { table, name }: Chain): boolean {
  const [family = "", tableName = ""] = table.split(" ");
  return (
    makesTable(ruleset, family, tableName) && new RegExp(`\\bchain (?:\\S+ \\S+ )?${escaped(name)}\\b`).test(ruleset)
  );
}

export function makesTable(ruleset: string, family: string, table: string): boolean {
  const named = family === "ip" ? `(?:ip )?${escaped(table)}` : `${family} ${escaped(table)}`;
  return new RegExp(`^\\s*(?:add )?table ${named}(?=[\\s{;]|$)`, "m").test(ruleset);
}

function escaped(text: string): string {
  return text.replace(/[^\w]/g, "\\$&");
}
