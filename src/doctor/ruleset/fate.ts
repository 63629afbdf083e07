// The way of one connection's first packet through the rules: let through, dropped, led on to another place, written down.
import { type Chain, every, type Packet, type Place } from "./ruleset.ts";

/** `exceptions`: rules that would have let it in if what they ask for were so. */
export type Fate =
  /** `translated`: it is led on before anything that stands after that is asked. */
  | { readonly fate: "passes"; readonly translated?: Translation }
  | { readonly fate: "dropped"; readonly place: Place; readonly exceptions: readonly Place[] };

export interface Translation {
  readonly place: Place;
  /** The chain that the kernel calls. */
  readonly from: Chain;
  readonly how: "DNAT" | "REDIRECT";
}

/** When the kernel translates destinations, whatever priority a chain of the type nat has among its kind: after our gate (-110). */
const TRANSLATING = -100;

/** On its way to a local port a packet meets the hooks in this order. */
const HOOKS = ["ingress", "prerouting", "input"];
/** BOUNDED: the kernel allows 16 jumps, too. */
const JUMPS_MAX = 16;

export function fateOf(chains: readonly Chain[], packet: Packet): Fate {
  for (const chain of wayOf(chains, packet)) {
    const the = { chains, packet, exceptions: [], logs: [] };
    const end = walk(the, chain, 0);
    const { exceptions } = the;
    if (end?.kind === "translate")
      return { fate: "passes", translated: { place: end.place, from: chain, how: end.how } };
    if (chain.base?.type === "nat") continue;
    if (end?.kind === "drop") return { fate: "dropped", place: end.place, exceptions };
    if (end === undefined && chain.base?.policy === "drop") return { fate: "dropped", place: { chain }, exceptions };
  }
  return { fate: "passes" };
}

/** The first rule that writes it down on its way. */
export function loggedBy(chains: readonly Chain[], packet: Packet): Place | undefined {
  const logs: Place[] = [];
  for (const chain of wayOf(chains, packet)) {
    const end = walk({ chains, packet, exceptions: [], logs }, chain, 0);
    if (end?.kind === "translate" || end?.kind === "drop") break;
  }
  return logs[0];
}

/** The chains that the kernel calls, in the order in which it does. */
function wayOf(chains: readonly Chain[], packet: Packet): Chain[] {
  return chains.filter((chain) => meets(chain, packet)).sort(byOrder);
}

interface Walk {
  readonly chains: readonly Chain[];
  readonly packet: Packet;
  readonly exceptions: Place[];
  readonly logs: Place[];
}

type End =
  | { readonly kind: "accept" | "drop"; readonly place: Place }
  | { readonly kind: "translate"; readonly how: Translation["how"]; readonly place: Place };

/** Undefined: the chain came to its end without a verdict. */
function walk(the: Walk, chain: Chain, depth: number): End | undefined {
  for (const rule of chain.rules) {
    const truth = every(rule.conditions.map((condition) => condition(the.packet)));
    if (truth === "no") continue;
    if (rule.logs === true) the.logs.push({ chain, rule });
    const verdict = rule.verdict(the.packet);
    if (verdict.kind === "return" && truth === "yes") return undefined;
    const end = endOf(the, { chain, rule }, verdict, depth);
    if (end?.kind === "accept" && truth === "perhaps") the.exceptions.push(end.place);
    // Whoever may be led on is not hidden from: rather one warning too many.
    if (end?.kind === "translate") return end;
    if (truth === "perhaps") continue;
    if (end !== undefined) return end;
    if (verdict.kind === "goto") return undefined;
  }
  return undefined;
}

function endOf(
  the: Walk,
  place: Place,
  verdict: ReturnType<NonNullable<Place["rule"]>["verdict"]>,
  depth: number,
): End | undefined {
  if (verdict.kind === "translate") return { kind: "translate", how: verdict.how, place };
  if (verdict.kind === "accept" || verdict.kind === "drop") return { kind: verdict.kind, place };
  if (verdict.kind !== "jump" && verdict.kind !== "goto") return undefined;
  const { by, table, legacy } = place.chain;
  const target = the.chains.find(
    (chain) => chain.by === by && chain.table === table && chain.legacy === legacy && chain.name === verdict.chain,
  );
  return target === undefined || depth >= JUMPS_MAX ? undefined : walk(the, target, depth + 1);
}

function meets({ base, table }: Chain, { family }: Packet): boolean {
  const [tableFamily] = table.split(" ");
  if (base === undefined || !HOOKS.includes(base.hook)) return false;
  // At the hook input, where a packet comes from is rewritten, and not where it goes.
  if (base.type === "nat" && base.hook === "input") return false;
  return tableFamily === "inet" || tableFamily === "netdev" || tableFamily === (family === 4 ? "ip" : "ip6");
}

function byOrder(a: Chain, b: Chain): number {
  const hooks = HOOKS.indexOf(a.base?.hook ?? "") - HOOKS.indexOf(b.base?.hook ?? "");
  return hooks || turnOf(a) - turnOf(b) || (a.base?.priority ?? 0) - (b.base?.priority ?? 0);
}

function turnOf({ base }: Chain): number {
  return base?.type === "nat" && base.hook === "prerouting" ? TRANSLATING : (base?.priority ?? 0);
}
