// What `iptables-save -t filter` prints -> chains of rules.
import { type Chain, type Condition, not, type Rule, truthOf, type Verdict } from "./ruleset.ts";

/** The sets of doors of our own back-end. */
const OWN_SET = /^knockd-.*-[46]$/;

/** How iptables names a protocol on a machine without /etc/protocols. */
const PROTOCOL_NUMBERS = { tcp: "6", udp: "17" } as const;

type Reader = (value: string) => Condition;

/** Options of rules that we understand, each with one value. What stands for nothing else is `perhaps`. */
const OPTIONS: Record<string, Reader> = {
  "-p": (value) => (packet) => truthOf([packet.protocol, PROTOCOL_NUMBERS[packet.protocol], "all"].includes(value)),
  "-i": (value) => (packet) =>
    truthOf(value.endsWith("+") ? packet.interface.startsWith(value.slice(0, -1)) : packet.interface === value),
  "--dport": (value) => (packet) => truthOf(includesPort(value, packet.port)),
  "--dports": (value) => (packet) => truthOf(includesPort(value, packet.port)),
  "--ctstate": (value) => () => truthOf(value.split(",").includes("NEW")),
  "--state": (value) => () => truthOf(value.split(",").includes("NEW")),
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
};

/** Only the chains of the table `filter`. */
export function readIptables(saved: string, by: "iptables" | "ip6tables"): Chain[] {
  const lines = saved.split("\n");
  const heads = lines.flatMap((line) =>
    [/^:(\S+) (\S+)/.exec(line)].flatMap((match) => (match === null ? [] : [match])),
  );
  const names = new Set(heads.map(([, name = ""]) => name));
  return heads.map(([, name = "", policy]) => {
    const rules = lines.filter((line) => line.startsWith(`-A ${name} `)).map((line) => ruleOf(line, names));
    const chain = { by, table: by === "iptables" ? "ip filter" : "ip6 filter", name, rules };
    if (name !== "INPUT") return chain;
    return { ...chain, base: { hook: "input", priority: 0, policy: policy === "DROP" ? "drop" : "accept" } };
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
  return { conditions, verdict: () => verdict, text: line };
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

function verdictOf(target: string, option: "-j" | "-g", chains: ReadonlySet<string>): Verdict {
  if (target === "ACCEPT") return { kind: "accept" };
  if (target === "DROP" || target === "REJECT") return { kind: "drop" };
  if (target === "RETURN") return { kind: "return" };
  return chains.has(target) ? { kind: option === "-j" ? "jump" : "goto", chain: target } : { kind: "none" };
}
