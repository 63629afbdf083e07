// The firewall commands that tutorials give to knockd -> what they do, where a door's own keys do the same.
import { type Port, parsePort } from "../core/port.ts";

/** One command line: ports opened or closed for %IP% alone, or %IP% put into a set of the administrator's. */
export type Rule =
  | {
      readonly does: "add" | "delete";
      readonly opens: readonly Port[];
      readonly tool: "iptables" | "ufw";
      /** The only one that it can do it for; undefined: both. */
      readonly family: 4 | 6 | undefined;
    }
  | {
      readonly does: "add" | "delete";
      readonly set: string;
      readonly tool: "nft" | "ipset";
      readonly family: 4 | 6 | undefined;
      /** Seconds, where the element says so itself. */
      readonly timeout?: string;
    };

/** BOUNDED: more rules than a person writes into one line. */
const RULES_MAX = 16;
/** Names of /etc/services that tutorials use instead of numbers; another machine's may differ for no others. */
const SERVICES: Readonly<Record<string, number>> = {
  ...{ ssh: 22, http: 80, https: 443, domain: 53, smtp: 25, imaps: 993, pop3s: 995, ftp: 21, telnet: 23, mysql: 3306 },
  ...{ openvpn: 1194, "ms-wbt-server": 3389, postgresql: 5432, submission: 587, imap2: 143, ldap: 389, ldaps: 636 },
};
/** Where nobody means udp, which ufw allows as well unless it is told. */
const TCP_ALONE = new Set([21, 22, 23, 25, 80, 110, 143, 465, 587, 993, 995, 3306, 5432]);

/** All that a command line does, or undefined if some of it is anything else. */
export function readRules(command: string): readonly Rule[] | undefined {
  // The shell takes what follows for a comment.
  const lines = command
    .replace(/\s#.*$/, "")
    .split(/&&|;/)
    .map((line) => line.trim());
  const rules = lines.filter((line, index) => line !== "" || index < lines.length - 1).map(readRule);
  const known = rules.filter((rule) => rule !== undefined);
  return known.length === rules.length && known.length > 0 && known.length <= RULES_MAX ? known : undefined;
}

function readRule(line: string): Rule | undefined {
  const words = shellWords(line);
  if (words === undefined) return undefined;
  if (words[0] === "sudo" || words[0] === "/usr/bin/sudo") words.shift();
  const tool = words.shift()?.replace(/^\/(usr\/)?(local\/)?s?bin\//, "");
  const [, six] = /^ip(6?)tables(?:-nft|-legacy)?$/.exec(tool ?? "") ?? [];
  if (six !== undefined) return readIptables(words, six === "" ? 4 : 6);
  if (tool === "ufw") return readUfw(words);
  if (tool === "nft") return readNft(words);
  return tool === "ipset" ? readIpset(words) : undefined;
}

/** Undefined where a shell would do more than split at blanks. */
function shellWords(line: string): string[] | undefined {
  // A brace is escaped, or stands alone.
  const parts = [
    ...line
      .replace(/\\([{}])/g, "$1")
      .matchAll(/"([^"$`\\]*)"|'([^']*)'|([^\s"'$`\\|&<>(){}*?~]+|[{}](?=\s|$))|(\s+)|(.)/gsu),
  ];
  if (parts.some(([, , , , , stranger]) => stranger !== undefined)) return undefined;
  const words: string[] = [];
  let open = false;
  for (const [, double, single, bare, blank] of parts) {
    const text = double ?? single ?? bare ?? "";
    if (blank !== undefined) open = false;
    else if (open) words.push(`${words.pop() ?? ""}${text}`);
    else words.push(text);
    if (blank === undefined) open = true;
  }
  return words;
}

/** `-I INPUT 1 -s %IP% -p tcp --dport 22 -j ACCEPT`; anything that narrows or widens it further is not ours to judge. */
function readIptables(words: string[], family: 4 | 6): Rule | undefined {
  let does: Rule["does"] | undefined;
  let protocol: string | undefined;
  let source: string | undefined;
  let target: string | undefined;
  let ports: string | undefined;
  while (words.length > 0) {
    const option = words.shift() ?? "";
    if (/^(-I|-A|-D|--insert|--append|--delete)$/.test(option)) {
      if (words.shift() !== "INPUT" || does !== undefined) return undefined;
      does = /^(-D|--delete)$/.test(option) ? "delete" : "add";
      if (does === "add" && /^\d+$/.test(words[0] ?? "")) words.shift();
    } else if (/^(-w|--wait)$/.test(option)) {
      if (/^\d+$/.test(words[0] ?? "")) words.shift();
    } else {
      const value = words.shift() ?? "";
      if (/^(-s|--source|--src)$/.test(option)) source = value;
      else if (/^(-p|--protocol|--proto)$/.test(option)) protocol = value.toLowerCase();
      else if (/^(--dport|--dports|--destination-ports?)$/.test(option)) ports = value;
      else if (/^(-j|--jump)$/.test(option)) target = value;
      else if (!isHarmless(option, value)) return undefined;
    }
  }
  const opens = portsOf(ports, protocol);
  const isOurs = /^%IP%(\/32|\/128)?$/.test(source ?? "") && target === "ACCEPT";
  return does !== undefined && isOurs && opens !== undefined ? { does, opens, tool: "iptables", family } : undefined;
}

/** A new connection is all that needs opening: what is established lives on. */
function isHarmless(option: string, value: string): boolean {
  if (/^(-m|--match)$/.test(option)) return /^(tcp|udp|state|conntrack|multiport|comment)$/.test(value);
  if (/^(--state|--ctstate)$/.test(option)) return value.split(",").includes("NEW");
  return option === "--comment" || ((option === "-t" || option === "--table") && value === "filter");
}

/** `allow from %IP% to any port 22 proto tcp`, and other orders of the same words. */
function readUfw(words: readonly string[]): Rule | undefined {
  const text = words.join(" ").replace(/ comment .*$/, "");
  const [, before = "", rest = ""] =
    /^(|(?:--force )?delete |insert \d+ |prepend )allow (?:in )?(.*)$/.exec(text) ?? [];
  const protocol = /(?:^| )proto (tcp|udp)(?= |$)/.exec(rest)?.[1];
  const place = rest.replace(/(?:^| )proto (tcp|udp)(?= |$)/, "").trim();
  const port = /^from %IP% to any port (\S+)$/.exec(place)?.[1];
  const bare = TCP_ALONE.has(SERVICES[port ?? ""] ?? Number(port)) ? ["tcp"] : ["tcp", "udp"];
  const protocols = protocol === undefined ? bare : [protocol];
  const opens = protocols.map((name) => portsOf(port, name));
  if (opens.includes(undefined)) return undefined;
  return {
    does: before.includes("delete") ? "delete" : "add",
    opens: opens.flatMap((ports) => ports ?? []),
    tool: "ufw",
    family: undefined,
  };
}

/** `add element inet filter ssh_allowed { %IP% timeout 30s }` */
function readNft(words: readonly string[]): Rule | undefined {
  const form = /^(add|delete) element (?:(ip|ip6|inet) )?(\S+) (\S+) ?\{ ?%IP%(?: timeout (\d+[smhd]?))? ?\}$/;
  const [, does, family = "ip", table, set, timeout] = form.exec(words.join(" ")) ?? [];
  if (does === undefined) return undefined;
  return {
    does: does === "add" ? "add" : "delete",
    set: `${family} ${table} ${set}`,
    tool: "nft",
    family: family === "inet" ? undefined : family === "ip" ? 4 : 6,
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function readIpset(words: readonly string[]): Rule | undefined {
  const text = words.filter((word) => !/^(-exist|-!|--exist|-q|-quiet)$/.test(word)).join(" ");
  const [, does = "", set, timeout] = /^(add|-A|del|-D) (\S+) %IP%(?: timeout (\d+))?$/.exec(text) ?? [];
  if (set === undefined) return undefined;
  return {
    does: does === "add" || does === "-A" ? "add" : "delete",
    set,
    tool: "ipset",
    family: undefined,
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function portsOf(list: string | undefined, protocol: string | undefined): Port[] | undefined {
  if (list === undefined || (protocol !== "tcp" && protocol !== "udp")) return undefined;
  try {
    return list.split(",").map((word) => {
      const number = SERVICES[word] ?? word;
      return parsePort(/^\d+$/.test(String(number)) ? `${number}/${protocol}` : "");
    });
  } catch {
    // A range, or the name of a service that only the machine itself knows.
    return undefined;
  }
}
