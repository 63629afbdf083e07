// The iptables back-end: the nftables gate hides and lets in, and chains of ours at the head of iptables' own accept whom it has
// let in. Who is in, and for how long, stands in the gate alone: iptables has no rule that ends by itself, and a saved rule
// that names an ipset makes iptables-restore refuse the whole file where the set is not there.
import { familyOfText } from "../../../core/address.ts";
import type { Door } from "../../../core/door.ts";
import { Slots } from "../../slots.ts";
import { runTool } from "../../tool.ts";
import type { Firewall, Hidden, OpenElement } from "../firewall.ts";
import { Nftables } from "../nftables/nftables.ts";
import type { TrialExpiry } from "../trial-expiry.ts";
import { ADMIT, areWhole, type Chain, chainsFor, fill, hookIn, type Tool } from "./iptables-chains.ts";

const LOOK_MS = 1000;
/** BOUNDED: ipset processes at a time. */
const PROCESSES_MAX = 8;
const TOOLS: readonly Tool[] = ["iptables", "ip6tables"];

/** ipset counts whole seconds in 32 bits of milliseconds. */
const IPSET_TIMEOUT_MAX_S = 2_147_483;

export class Iptables implements Firewall {
  readonly #gate: Nftables;
  /** What must be there as long as we hide. */
  #kept: readonly Chain[] = [];
  #hiding = false;
  /** Whether what earlier versions left has been taken away. */
  #hasSwept = false;
  readonly #slots = new Slots(PROCESSES_MAX);
  #look: NodeJS.Timeout | undefined;

  constructor(expiry?: TrialExpiry) {
    this.#gate = new Nftables({ expiry, admit: ADMIT });
  }

  /** The gate first: from then on nothing is visible that should not be, whatever iptables says. */
  async hide({ doors, allow }: Hidden): Promise<boolean> {
    // Told at once, and not when somebody has knocked.
    if (doors.some(({ sets }) => Object.keys(sets).length > 0)) await runTool(["ipset", "--version"]);
    const isWhole = await this.#isWhole();
    this.#hiding = true;
    try {
      const takenAway = await this.#gate.hide({ doors: doors.map(withoutSets), allow });
      const chains = chainsFor(doors);
      for (const tool of TOOLS) {
        if (chains.length > 0) await fill(tool, chains);
        await hookIn(tool, chains);
      }
      this.#kept = chains;
      if (!this.#hasSwept) await destroyOldSets();
      this.#hasSwept = true;
      return takenAway || !isWhole;
    } finally {
      this.#hiding = false;
    }
  }

  get slow(): string | undefined {
    return this.#gate.slow;
  }

  async open(door: Door, ip: string, durationMs: number): Promise<void> {
    await this.#gate.open(withoutSets(door), ip, durationMs);
    // A set with room for one more second closes late rather than early; `close` ends it on time.
    const timeoutS = Math.min(Math.ceil(durationMs / 1000), IPSET_TIMEOUT_MAX_S);
    await this.#inTheirSet(door, ip, ["add"], ["timeout", String(timeoutS)]);
  }

  async close(door: Door, ip: string): Promise<void> {
    await this.#gate.close(withoutSets(door), ip);
    await this.#inTheirSet(door, ip, ["del"]);
  }

  listOpen(): Promise<OpenElement[]> {
    return this.#gate.listOpen();
  }

  /** iptables tells nobody of changes; looking costs a few milliseconds. */
  guard(takenAway: () => void): void {
    this.#gate.guard(takenAway);
    this.#look = setInterval(() => void this.#isWhole().then((whole) => (whole ? undefined : takenAway())), LOOK_MS);
  }

  async release(): Promise<void> {
    clearInterval(this.#look);
    await this.#gate.release();
  }

  async remove(): Promise<void> {
    await clearIptables();
    await this.#gate.remove();
  }

  async #isWhole(): Promise<boolean> {
    if (this.#hiding || this.#kept.length === 0) return true;
    for (const tool of TOOLS) if (!(await areWhole(tool, this.#kept))) return this.#hiding;
    return true;
  }

  /** An ipset of the administrator's own. */
  async #inTheirSet({ sets }: Door, ip: string, verb: readonly string[], more: readonly string[] = []): Promise<void> {
    const set = sets[familyOfText(ip)];
    if (set === undefined) return;
    await this.#slots.run(() => runTool(["ipset", ...verb, set, ip, ...more, "-exist"]));
  }
}

/** Takes all chains of ours out of iptables, those of earlier versions, too. */
export async function clearIptables(): Promise<void> {
  for (const tool of TOOLS) await hookIn(tool, []);
  await destroyOldSets();
}

/** The administrator's sets are ipsets here, which the gate knows nothing of. */
function withoutSets(door: Door): Door {
  return { ...door, sets: {} };
}

/** Of earlier versions, which kept who was in there. A machine without ipset has none, and one in use stays. */
async function destroyOldSets(): Promise<void> {
  const names = await runTool(["ipset", "-name", "list"]).catch(() => "");
  for (const [name] of names.matchAll(/^knockd-.*-[46]n?$/gm))
    await runTool(["ipset", "destroy", name]).catch(() => {});
}
