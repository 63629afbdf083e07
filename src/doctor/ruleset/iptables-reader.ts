// What `iptables-save` prints -> chains of rules.
import { parseNetwork } from "../../core/address.ts";
import { type Chain, type Condition, not, type Rule, type Truth, truthOf, type Verdict } from "./ruleset.ts";

/** How the iptables back-end asks whether our gate has let a packet in. */
const ADMITTED = "0x20000000/0x20000000";
/** The sets of doors of earlier versions. */
const OWN_SET = /^knockd-.*-[46]$/;

/** How iptables names a protocol on a machine without /etc/protocols. */
const PROTOCOL_NUMBERS = { tcp: "6", udp: "17" } as const;

type Reader = (value: string) => Condition;

/** Options of rules that we understand, each with one value. What stands for nothing else is `perhaps`. */
const OPTIONS: Record<string, Reader> = {
  "-p": (value) => (packet) => truthOf([packet.protocol, PROTOCOL_NUMBERS[packet.protocol], "all"].includes(value)),
  "-i": (value) => (packet) =>
    truthOf(value.endsWith("+") ? packet.interface.startsWith(value.slice(0, -1)) : packet.interface === value),
  "-s":
    (value) =>
    ({ source }) =>
      source === undefined ? "perhaps" : within(value, [source]),
  "-d":
    (value) =>
    ({ destinations }) =>
      within(value, destinations),
  "--dport": (value) => (packet) => truthOf(includesPort(value, packet.port)),
  "--dports": (value) => (packet) => truthOf(includesPort(value, packet.port)),
  "--ctstate": (value) => () => truthOf(value.split(",").includes("NEW")),
  "--state": (value) => () => truthOf(value.split(",").includes("NEW")),
  // Our gate marks who it lets in.
  "--mark": (value) => (packet) => (value === ADMITTED ? truthOf(packet.knocked) : "perhaps"),
  "--dst-type": (value) => () => truthOf(value === "LOCAL"),
  "--match-set": (value) => (packet) => {
    if (packet.sets.has(value)) return "yes";
    return OWN_SET.test(value) ? truthOf(packet.knocked) : "perhaps";
  },
};
/** Options that say nothing of a first packet: it is within every limit. With the number of their values. */
const SILENT: Record<string, number> = {
  "-m": 1,
  "--comment": 1,
  "--limit": 1,
  "--limit-burst": 1,
  "--reject-with": 1,
  "--log-prefix": 1,
  "--log-level": 1,
  "--nflog-prefix": 1,
  "--nflog-group": 1,
  "--to-destination": 1,
  "--to-ports": 1,
  "--to-source": 1,
  "--persistent": 0,
  "--random": 0,
};

/** What the kernel calls of a table, and when (NF_IP_PRI_* of the kernel). */
const HOOKS: Record<
  string,
  { readonly type: "filter" | "nat"; readonly priority: number; readonly chains: readonly string[] }
> = {
  raw: { type: "filter", priority: -300, chains: ["PREROUTING"] },
  mangle: { type: "filter", priority: -150, chains: ["PREROUTING", "INPUT"] },
  nat: { type: "nat", priority: -100, chains: ["PREROUTING"] },
  filter: { type: "filter", priority: 0, chains: ["INPUT"] },
};

/** `legacy`: it is the iptables of old, beside nftables. */
export function readIptables(saved: string, by: "iptables" | "ip6tables", legacy = false): Chain[] {
  const tables = saved.split(/^\*/m).slice(1);
  return tables.flatMap((text) => tableOf(text, by).map((chain) => (legacy ? { ...chain, legacy } : chain)));
}

/** `text`: from the table's name on. */
function tableOf(text: string, by: "iptables" | "ip6tables"): Chain[] {
  const lines = text.split("\n");
  const [table = ""] = lines;
  const heads = lines.flatMap((line) =>
    [/^:(\S+) (\S+)/.exec(line)].flatMap((match) => (match === null ? [] : [match])),
  );
  const names = new Set(heads.map(([, name = ""]) => name));
  return heads.map(([, name = "", policy]) => {
    const rules = lines.filter((line) => line.startsWith(`-A ${name} `)).map((line) => ruleOf(line, names));
    const chain = { by, table: `${by === "iptables" ? "ip" : "ip6"} ${table}`, name, rules };
    const hook = HOOKS[table];
    if (hook?.chains.includes(name) !== true) return chain;
    const { type, priority } = hook;
    const base = { type, priority, hook: name.toLowerCase(), policy: policy === "DROP" ? "drop" : "accept" } as const;
    return { ...chain, base };
  });
}

function ruleOf(line: string, chains: ReadonlySet<string>): Rule {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
  const conditions: Condition[] = [];
  let verdict: Verdict = { kind: "none" };
  for (let at = 2; at < words.length; ) {
    const negated = words[at] === "!";
    if (negated) at++;
    const option = words[at++] ?? "";
    const from = at;
    while (at < words.length && words[at] !== "!" && !/^--?[a-z]/.test(words[at] ?? "")) at++;
    const [value = ""] = words.slice(from, at);
    if (option === "-j" || option === "-g") verdict = verdictOf(value, option, chains);
    else if (option === "--tcp-flags") conditions.push(inverted(flags(value, words[from + 1] ?? ""), negated));
    else if (OPTIONS[option] !== undefined) conditions.push(inverted(OPTIONS[option](value), negated));
    else if (SILENT[option] === undefined) conditions.push(() => "perhaps");
  }
  const logs = / -j (LOG|NFLOG)\b/.test(line);
  return { conditions, verdict: () => verdict, text: line, ...(logs ? { logs } : {}) };
}

/** The flags of a first packet: SYN alone. */
function flags(mask: string, set: string): Condition {
  const wanted = set === "NONE" ? [] : set.split(",");
  const seen = mask.split(",").includes("SYN") || mask === "ALL" ? ["SYN"] : [];
  return () => truthOf(wanted.join() === seen.join());
}

function inverted(condition: Condition, negated: boolean): Condition {
  return negated ? (packet) => not(condition(packet)) : condition;
}

/** `22`, `8443:8450`, `80,443,8443:8450`. */
function includesPort(value: string, port: number): boolean {
  return value.split(",").some((part) => {
    const [from = "", to = from] = part.split(":");
    return port >= Number(from) && port <= Number(to || 65_535);
  });
}

function within(network: string, addresses: readonly string[] | undefined): Truth {
  if (addresses === undefined) return "perhaps";
  const length = network.split("/")[1] ?? "";
  const truths = addresses.map(
    (address) => parseNetwork(`${address}${length === "" ? "" : `/${length}`}`)?.text === parseNetwork(network)?.text,
  );
  if (truths.every(Boolean)) return "yes";
  return truths.some(Boolean) ? "perhaps" : "no";
}

function verdictOf(target: string, option: "-j" | "-g", chains: ReadonlySet<string>): Verdict {
  if (target === "ACCEPT") return { kind: "accept" };
  if (target === "DROP" || target === "REJECT") return { kind: "drop" };
  if (target === "DNAT" || target === "REDIRECT") return { kind: "translate", how: target };
  if (target === "RETURN") return { kind: "return" };
  return chains.has(target) ? { kind: option === "-j" ? "jump" : "goto", chain: target } : { kind: "none" };
}
