// The iptables back-end: chains of our own at the head of the kernel's, and one ipset with timeouts per door and family.
import { type Family, familyOfText } from "../../../core/address.ts";
import { type Door, opensFor } from "../../../core/door.ts";
import { Slots } from "../../slots.ts";
import { runTool } from "../../tool.ts";
import type { Firewall, Hidden, OpenElement } from "../firewall.ts";
import { areWhole, type Chain, chainsFor, fill, hookIn, type Tool } from "./iptables-chains.ts";
import { OLDER_SESSIONS, ownSet, setsFor } from "./iptables-rules.ts";

const LOOK_MS = 700;
/** BOUNDED: ipset processes at a time. */
const PROCESSES_MAX = 8;
const FAMILIES = [
  { family: 4, iptables: "iptables", ipset: "inet" },
  { family: 6, iptables: "ip6tables", ipset: "inet6" },
] as const;

/** ipset counts whole seconds in 32 bits of milliseconds. */
const IPSET_TIMEOUT_MAX_S = 2_147_483;

export class Iptables implements Firewall {
  /** Doors with `open` ports. */
  #doors: readonly Door[] = [];
  /** What must be there as long as we hide. */
  #kept: readonly { readonly iptables: Tool; readonly chains: readonly Chain[] }[] = [];
  #hiding = false;
  readonly #slots = new Slots(PROCESSES_MAX);
  #look: NodeJS.Timeout | undefined;

  async hide({ doors, allow }: Hidden): Promise<boolean> {
    const hidden = { doors: doors.filter((door) => door.open.length > 0), allow };
    const takenAway = !(await this.#isWhole());
    this.#hiding = true;
    try {
      for (const family of FAMILIES) await hideFamily(family, hidden);
      this.#doors = hidden.doors;
      this.#kept = FAMILIES.map(({ family, iptables }) => ({ iptables, chains: chainsFor(hidden, family, []) })).filter(
        ({ chains }) => chains.length > 0,
      );
      await destroySets(
        new Set(hidden.doors.flatMap((door) => FAMILIES.flatMap(({ family }) => namesOf(door, family)))),
      );
      return takenAway;
    } finally {
      this.#hiding = false;
    }
  }

  /** A set with room for one more second closes late rather than early; `close` ends it on time. */
  async open(door: Door, ip: string, durationMs: number): Promise<void> {
    const timeoutS = Math.min(Math.ceil(durationMs / 1000), IPSET_TIMEOUT_MAX_S);
    for (const set of setsOf(door, ip)) {
      await this.#slots.run(() => runTool(["ipset", "add", set, ip, "timeout", String(timeoutS), "-exist"]));
    }
  }

  async close(door: Door, ip: string): Promise<void> {
    for (const set of setsOf(door, ip)) {
      await this.#slots.run(() => runTool(["ipset", "del", set, ip, "-exist"]));
    }
  }

  async listOpen(): Promise<OpenElement[]> {
    const saved = await runTool(["ipset", "save"]).catch(() => "");
    const elements = [...saved.matchAll(/^add (\S+) (\S+) timeout (\d+)$/gm)];
    return elements.flatMap(([, set = "", ip = "", seconds]) => {
      const door = this.#doors.find((door) => ownSet(door, ip) === set);
      return door === undefined ? [] : [{ door: door.name, ip, remainingMs: Number(seconds) * 1000 }];
    });
  }

  /** iptables tells nobody of changes; looking costs a few milliseconds. */
  guard(takenAway: () => void): void {
    this.#look = setInterval(() => void this.#isWhole().then((whole) => (whole ? undefined : takenAway())), LOOK_MS);
  }

  async release(): Promise<void> {
    clearInterval(this.#look);
  }

  async remove(): Promise<void> {
    for (const { iptables } of FAMILIES) await hookIn(iptables, []);
    await destroySets(new Set());
  }

  async #isWhole(): Promise<boolean> {
    if (this.#hiding) return true;
    for (const { iptables, chains } of this.#kept) if (!(await areWhole(iptables, chains))) return this.#hiding;
    return true;
  }
}

async function hideFamily({ family, iptables, ipset }: (typeof FAMILIES)[number], hidden: Hidden): Promise<void> {
  const chains = (sessions: readonly string[]) => chainsFor(hidden, family, sessions);
  if (hidden.doors.length > 0) {
    const sets = hidden.doors
      .flatMap((door) => setsFor(door, family))
      .map(({ name, kind }) => `create ${name} ${kind} family ${ipset} timeout 0 -exist\n`);
    await runTool(["ipset", "restore"], sets.join(""));
    // A kernel without xt_socket must still hide.
    await fill(iptables, chains([OLDER_SESSIONS])).catch(() => fill(iptables, chains([])));
  }
  await hookIn(iptables, chains([]));
}

/** Sets of ours that no rule uses any more. Where only commands open doors, a machine without ipset is fine. */
async function destroySets(wanted: ReadonlySet<string>): Promise<void> {
  const names = await runTool(["ipset", "-name", "list"]).catch(() => "");
  for (const [name] of names.matchAll(/^knockd-.*-[46]n?$/gm))
    if (!wanted.has(name)) await runTool(["ipset", "destroy", name]);
}

function namesOf(door: Door, family: Family): string[] {
  return setsFor(door, family).map(({ name }) => name);
}

/** The sets that take this address or network: ours, and the administrator's. */
function setsOf(door: Door, ip: string): string[] {
  const family = familyOfText(ip);
  const own = opensFor(door, family) ? [ownSet(door, ip)] : [];
  return [...own, door.sets[family] ?? []].flat();
}
