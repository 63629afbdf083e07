// The iptables back-end: a chain KNOCKD of our own at the head of INPUT, and one ipset with timeouts per door and family.
import { type Family, familyOfText } from "../core/address.ts";
import type { Network } from "../core/config.ts";
import type { Door } from "../core/door.ts";
import type { Port } from "../core/port.ts";
import type { Firewall, Hidden, OpenElement } from "./firewall.ts";
import { Slots } from "./slots.ts";
import { runTool } from "./tool.ts";

const CHAIN = "KNOCKD";
/** How `iptables -S INPUT` shows the jump to our chain. */
const JUMP = `-A INPUT -j ${CHAIN}\n`;
/** Our chain holds rules that drop. */
const LAST_RULE = new RegExp(`^-A ${CHAIN} .*-j DROP$`, "m");
const LOOK_MS = 700;
/** BOUNDED: ipset processes at a time. */
const PROCESSES_MAX = 8;
const FAMILIES = [
  { family: 4, iptables: "iptables", restore: "iptables-restore", ipset: "inet" },
  { family: 6, iptables: "ip6tables", restore: "ip6tables-restore", ipset: "inet6" },
] as const;

/** ipset counts whole seconds in 32 bits of milliseconds. */
const IPSET_TIMEOUT_MAX_S = 2_147_483;
/** ipset's limit on a name. */
const SET_NAME_MAX = 31;

/** Connections older than the connection tracking; see the nftables back-end. */
const OLDER_SESSIONS = "-p tcp --tcp-flags SYN,ACK ACK -m socket -j RETURN";

export class Iptables implements Firewall {
  /** Doors with `open` ports. */
  #doors: readonly Door[] = [];
  #hiding = false;
  readonly #slots = new Slots(PROCESSES_MAX);
  #look: NodeJS.Timeout | undefined;

  async hide({ doors, allow }: Hidden): Promise<boolean> {
    const hidden = doors.filter((door) => door.open.length > 0);
    const takenAway = !(await this.#isWhole());
    this.#hiding = true;
    try {
      for (const family of FAMILIES) await (hidden.length > 0 ? hideFamily(family, hidden, allow) : showFamily(family));
      this.#doors = hidden;
      await destroySets(new Set(hidden.flatMap((door) => [setName(door, 4), setName(door, 6)])));
      return takenAway;
    } finally {
      this.#hiding = false;
    }
  }

  /** A set with room for one more second closes late rather than early; `close` ends it on time. */
  async open(door: Door, ip: string, durationMs: number): Promise<void> {
    const timeoutS = Math.min(Math.ceil(durationMs / 1000), IPSET_TIMEOUT_MAX_S);
    for (const set of setsOf(door, familyOfText(ip))) {
      await this.#slots.run(() => runTool(["ipset", "add", set, ip, "timeout", String(timeoutS), "-exist"]));
    }
  }

  async close(door: Door, ip: string): Promise<void> {
    for (const set of setsOf(door, familyOfText(ip))) {
      await this.#slots.run(() => runTool(["ipset", "del", set, ip, "-exist"]));
    }
  }

  async listOpen(): Promise<OpenElement[]> {
    const saved = await runTool(["ipset", "save"]).catch(() => "");
    const elements = [...saved.matchAll(/^add (\S+) (\S+) timeout (\d+)$/gm)];
    return elements.flatMap(([, set = "", ip = "", seconds]) => {
      const door = this.#doors.find((door) => setName(door, familyOfText(ip)) === set);
      return door === undefined ? [] : [{ door: door.name, ip, remainingMs: Number(seconds) * 1000 }];
    });
  }

  /** iptables tells nobody of changes; looking costs a few milliseconds. */
  guard(takenAway: () => void): void {
    this.#look = setInterval(() => void this.#isWhole().then((whole) => (whole ? undefined : takenAway())), LOOK_MS);
  }

  release(): void {
    clearInterval(this.#look);
  }

  async remove(): Promise<void> {
    for (const family of FAMILIES) await showFamily(family);
    await destroySets(new Set());
  }

  async #isWhole(): Promise<boolean> {
    if (this.#doors.length === 0 || this.#hiding) return true;
    for (const { iptables } of FAMILIES) {
      const rules = await runTool([iptables, "--wait", "-S"]).catch(() => "");
      if (!rules.includes(JUMP) || !LAST_RULE.test(rules)) return this.#hiding;
    }
    return true;
  }
}

async function hideFamily(
  { family, iptables, restore, ipset }: (typeof FAMILIES)[number],
  doors: readonly Door[],
  allow: readonly Network[],
): Promise<void> {
  const sets = doors.map((door) => `create ${setName(door, family)} hash:ip family ${ipset} timeout 0 -exist\n`);
  await runTool(["ipset", "restore"], sets.join(""));
  // One transaction: the chain is emptied and filled again at once.
  const load = (sessions: readonly string[]) =>
    runTool([restore, "--noflush", "--wait"], chain(doors, allow, family, sessions));
  // A kernel without xt_socket must still hide.
  await load([OLDER_SESSIONS]).catch(() => load([]));
  const input = await runTool([iptables, "--wait", "-S", "INPUT"]);
  if (!input.includes(JUMP)) await runTool([iptables, "--wait", "-I", "INPUT", "-j", CHAIN]);
}

/** Sets of ours that no rule uses any more. Where only commands open doors, a machine without ipset is fine. */
async function destroySets(wanted: ReadonlySet<string>): Promise<void> {
  const names = await runTool(["ipset", "-name", "list"]).catch(() => "");
  for (const [name] of names.matchAll(/^knockd-.*-[46]$/gm))
    if (!wanted.has(name)) await runTool(["ipset", "destroy", name]);
}

/** Leaves no rule behind. Where only commands open doors, a machine without iptables is fine. */
async function showFamily({ iptables }: (typeof FAMILIES)[number]): Promise<void> {
  const input = await runTool([iptables, "--wait", "-S", "INPUT"]).catch(() => "");
  if (!input.includes(JUMP)) return;
  await runTool([iptables, "--wait", "-D", "INPUT", "-j", CHAIN]);
  await runTool([iptables, "--wait", "-F", CHAIN]);
  await runTool([iptables, "--wait", "-X", CHAIN]);
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
function chain(doors: readonly Door[], allow: readonly Network[], family: Family, sessions: readonly string[]): string {
  const rules = [
    // A SYN is never part of a connection, whatever the tracking says: it may still believe in one whose end it did not see.
    "! -p tcp -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
    "-p tcp ! --tcp-flags SYN,ACK SYN -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
    "-i lo -j RETURN",
    ...sessions,
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
