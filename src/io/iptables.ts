// The iptables back-end: a chain KNOCKD of our own at the head of INPUT, and one ipset with timeouts per door and family.
import { type Family, familyOfText } from "../core/address.ts";
import type { Network } from "../core/config.ts";
import type { Door } from "../core/door.ts";
import type { Port } from "../core/port.ts";
import type { Firewall, Hidden } from "./firewall.ts";
import { runTool } from "./tool.ts";

const CHAIN = "KNOCKD";
const FAMILIES = [
  { family: 4, iptables: "iptables", restore: "iptables-restore", ipset: "inet" },
  { family: 6, iptables: "ip6tables", restore: "ip6tables-restore", ipset: "inet6" },
] as const;

/** ipset counts whole seconds in 32 bits of milliseconds. */
const IPSET_TIMEOUT_MAX_S = 2_147_483;
/** ipset's limit on a name. */
const SET_NAME_MAX = 31;

export class Iptables implements Firewall {
  async hide(hidden: Hidden): Promise<void> {
    for (const { family, iptables, restore, ipset } of FAMILIES) {
      const doors = hidden.doors.filter((door) => door.open.length > 0);
      const sets = doors.map((door) => `create ${setName(door, family)} hash:ip family ${ipset} timeout 0 -exist\n`);
      await runTool(["ipset", "restore"], sets.join(""));
      // One transaction: the chain is emptied and filled again at once.
      await runTool([restore, "--noflush", "--wait"], chain(doors, hidden.allow, family));
      const input = await runTool([iptables, "--wait", "-S", "INPUT"]);
      if (!input.includes(`-A INPUT -j ${CHAIN}\n`)) await runTool([iptables, "--wait", "-I", "INPUT", "-j", CHAIN]);
    }
  }

  /** A set with room for one more second closes late rather than early; `close` ends it on time. */
  async open(door: Door, ip: string, durationMs: number): Promise<void> {
    const timeoutS = Math.min(Math.ceil(durationMs / 1000), IPSET_TIMEOUT_MAX_S);
    for (const set of setsOf(door, familyOfText(ip)))
      await runTool(["ipset", "add", set, ip, "timeout", String(timeoutS), "-exist"]);
  }

  async close(door: Door, ip: string): Promise<void> {
    for (const set of setsOf(door, familyOfText(ip))) await runTool(["ipset", "del", set, ip, "-exist"]);
  }

  release(): void {}
}

/** `ssh` -> `knockd-ssh-4`; a long name keeps its end apart by a checksum. */
function setName(door: Door, family: Family): string {
  const name = `knockd-${door.name}-${family}`;
  if (name.length <= SET_NAME_MAX) return name;
  const checksum = [...door.name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 0) >>> 0;
  const tail = `-${checksum.toString(36)}-${family}`;
  return name.slice(0, SET_NAME_MAX - tail.length) + tail;
}

/** The sets that take an address of this family: ours, and the administrator's. */
function setsOf(door: Door, family: Family): string[] {
  const own = door.open.length > 0 ? [setName(door, family)] : [];
  return [...own, door.sets[family] ?? []].flat();
}

/** RETURN leaves a packet to the administrator's rules; the knocker alone is accepted, whatever they say. */
function chain(doors: readonly Door[], allow: readonly Network[], family: Family): string {
  const rules = [
    "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
    "-i lo -j RETURN",
    ...allow.filter((network) => network.family === family).map((network) => `-s ${network.text} -j RETURN`),
    ...doors.flatMap((door) =>
      door.open.map((port) => `${match(port)} -m set --match-set ${setName(door, family)} src -j ACCEPT`),
    ),
    ...doors.flatMap((door) => door.open.map((port) => `${match(port)} -j DROP`)),
  ];
  return ["*filter", `:${CHAIN} - [0:0]`, ...rules.map((rule) => `-A ${CHAIN} ${rule}`), "COMMIT", ""].join("\n");
}

function match({ protocol, number }: Port): string {
  return `-p ${protocol} -m ${protocol} --dport ${number}`;
}
