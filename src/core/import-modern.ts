// Doors whose commands do no more than open a port for the knocker -> doors that say `open:`, or an offer to do so.
import { type DoorDraft, draftValue, type KeyDraft, type Value } from "./import-draft.ts";
import { quote, type Say } from "./import-note.ts";
import { type Rule, readRules } from "./import-rules.ts";
import { formatPort, type Port } from "./port.ts";

/** knockd's default for cmd_timeout. */
const DEFAULT_OPEN_S = 10;
/** For a door that knockd leaves open until somebody knocks to close it, or for ever. */
const UNENDING_OPEN = "1h";
const COMMAND_KEYS = new Set(["start_command", "start_command_6", "stop_command", "stop_command_6", "cmd_timeout"]);

type Kind = "iptables" | "nftables";

/** What a door's keys could be instead of its commands. */
interface Plan {
  readonly keys: readonly { readonly key: string; readonly value: Value }[];
  readonly kind: Kind;
  /** Nothing ends it: neither a stop command, nor a timeout of its own. */
  readonly unending: boolean;
  /** What its start command gives, to find the door that takes it away. */
  readonly gives: string;
}

/** Says on stderr what it could not take along, and whatever is different now. */
export function modernise(doors: readonly DoorDraft[], say: Say): { doors: DoorDraft[]; options: KeyDraft[] } {
  const planned = doors.map((door) => ({ door, plan: planFor(door) }));
  // There is one firewall for all; a set of nftables is no set of iptables.
  const kinds = planned.flatMap(({ plan }) => plan?.kind ?? []);
  const kind = kinds.includes("iptables") ? "iptables" : kinds[0];
  const openers = openersOf(planned.filter(({ plan }) => plan?.kind === kind));
  const written = planned.map(({ door, plan }) => {
    if (plan !== undefined && plan.kind === kind) return openingDoor(door, plan, say);
    const closes = plan === undefined ? openers.get(takes(door) ?? "") : undefined;
    if (closes !== undefined) return closingDoor(door, closes, say);
    if (door.shut.length === 0 && door.keys.some(({ key }) => key.includes("_command"))) {
      const why =
        plan === undefined ? "they do more than open ports for %IP%" : "a set of nftables is no set of iptables";
      say(door.line, `door ${door.name}: keeps its commands, ${why}`);
    }
    return door;
  });
  if (kind === "iptables")
    say(0, "firewall: iptables, since the old commands were made for its rules: this needs ipset");
  return { doors: written, options: kind === "iptables" ? [IPTABLES] : [] };
}

/** The same as comments, for who wants to know. */
export function offer(doors: readonly DoorDraft[]): DoorDraft[] {
  const planned = doors.map((door) => ({ door, plan: planFor(door) }));
  const openers = openersOf(planned);
  return planned.map(({ door, plan }) => {
    const closes = plan === undefined ? openers.get(takes(door) ?? "") : undefined;
    if (closes !== undefined)
      return withOffer(door, ` with open: in ${closes}:`, [{ key: "start_command", value: closeCommand(closes) }]);
    if (plan === undefined) return door;
    const needs = plan.kind === "iptables" ? " (firewall: iptables)" : "";
    return withOffer(door, ` instead of commands, closed by the kernel whatever happens to knockd${needs}:`, plan.keys);
  });
}

function withOffer(door: DoorDraft, lead: string, keys: Plan["keys"]): DoorDraft {
  return { ...door, after: [...door.after, lead, ...keys.map(({ key, value }) => `${key}: ${flat(value)}`)] };
}

/** By what their start commands give, the doors that can be written without them. */
function openersOf(planned: readonly { readonly door: DoorDraft; readonly plan: Plan | undefined }[]) {
  return new Map(planned.flatMap(({ door, plan }) => (plan === undefined ? [] : [[plan.gives, door.name]])));
}

/** nftables rules of ours could not overrule a drop in the iptables rules that these commands were made for. */
const IPTABLES: KeyDraft = {
  key: "firewall",
  value: "iptables",
  line: 0,
  above: [
    " The commands were made for iptables rules, and so our own rules go there (this needs ipset). With nftables they",
    " could not overrule a rule of yours that drops the port.",
  ],
};

function planFor(door: DoorDraft): Plan | undefined {
  if (door.shut.length > 0) return undefined;
  const start = rulesOf(door, "start_command");
  const stop = rulesOf(door, "stop_command");
  const start6 = rulesOf(door, "start_command_6");
  const stop6 = rulesOf(door, "stop_command_6");
  const all = [start, stop, start6, stop6];
  if (start === undefined || all.includes("unknown")) return undefined;
  const adds = [...known(start), ...known(start6)];
  const deletes = [...known(stop), ...known(stop6)];
  if (adds.some(({ does }) => does !== "add") || deletes.some(({ does }) => does !== "delete")) return undefined;
  // iptables cannot open for an IPv6 knocker, nor ip6tables for another.
  if (known(start).every(({ family }) => family === 6)) return undefined;
  if (start6 !== undefined && known(start6).every(({ family }) => family === 4)) return undefined;
  // What stop takes back is what start gave, for each family.
  if (stop === undefined && stop6 !== undefined) return undefined;
  if (stop !== undefined && effect(known(stop)) !== effect(known(start))) return undefined;
  if (stop6 !== undefined && effect(known(stop6)) !== effect(known(start6 ?? start))) return undefined;
  const ends = stop !== undefined;
  const plan = portsPlan(door, known(start), known(start6), ends) ?? setPlan(door, known(start), known(start6), ends);
  return plan === undefined ? undefined : { ...plan, gives: effect(known(start)) };
}

function portsPlan(
  door: DoorDraft,
  rules: readonly Rule[],
  rules6: readonly Rule[],
  ends: boolean,
): Omit<Plan, "gives"> | undefined {
  const lists = rules.map((rule) => ("opens" in rule ? rule.opens : undefined));
  if (lists.includes(undefined) || (rules6.length > 0 && effect(rules6) !== effect(rules))) return undefined;
  const open = [...new Map(lists.flatMap((ports) => ports ?? []).map((port) => [formatPort(port), port])).values()];
  if (open.some((port) => isStep(door, port))) return undefined;
  return {
    keys: [
      { key: "open", value: portsValue(open) },
      { key: "for", value: timeOf(door, ends) },
    ],
    kind: "iptables",
    unending: !ends,
  };
}

function setPlan(
  door: DoorDraft,
  rules: readonly Rule[],
  rules6: readonly Rule[],
  ends: boolean,
): Omit<Plan, "gives"> | undefined {
  const [rule, ...others] = rules;
  const [rule6, ...others6] = rules6;
  if (rule === undefined || !("set" in rule) || others.length + others6.length > 0) return undefined;
  if (rule6 !== undefined && (!("set" in rule6) || rule6.tool !== rule.tool || rule6.family === 4)) return undefined;
  if (rule.family === 6) return undefined;
  const timeout = ends ? undefined : rule.timeout;
  const seconds = Number(timeout);
  const keys = [
    { key: "set", value: rule.set },
    ...(rule6 !== undefined && "set" in rule6 ? [{ key: "set_6", value: rule6.set }] : []),
    { key: "for", value: timeout === undefined ? timeOf(door, ends) : Number.isNaN(seconds) ? timeout : seconds },
  ];
  return { keys, kind: rule.tool === "nft" ? "nftables" : "iptables", unending: !ends && timeout === undefined };
}

function openingDoor(door: DoorDraft, { keys, unending }: Plan, say: Say): DoorDraft {
  if (unending)
    say(door.line, `door ${door.name}: knockd left it open for ever, now it closes by itself after ${UNENDING_OPEN}`);
  const set = keys.find(({ key }) => key === "set")?.value;
  if (set !== undefined)
    say(door.line, `door ${door.name}: the set ${quote(String(set))} must take a timeout for each element`);
  const comment = unending ? ` it was for ever; connections live on when the door closes` : undefined;
  return replaceCommands(
    door,
    keys.map(({ key, value }) => ({
      key,
      value,
      line: 0,
      above: [],
      ...(key === "for" && comment !== undefined ? { comment } : {}),
    })),
  );
}

/** What a door does nothing but take away. */
function takes(door: DoorDraft): string | undefined {
  const rules = rulesOf(door, "start_command");
  if (door.shut.length > 0 || rules === undefined || rules === "unknown") return undefined;
  if (door.keys.some(({ key }) => COMMAND_KEYS.has(key) && key !== "start_command" && key !== "cmd_timeout"))
    return undefined;
  return rules.every(({ does }) => does === "delete") ? effect(rules) : undefined;
}

function closingDoor(door: DoorDraft, closes: string, say: Say): DoorDraft {
  say(door.line, `door ${door.name}: closes door ${closes} through knockd now`);
  return replaceCommands(door, [{ key: "start_command", value: closeCommand(closes), line: 0, above: [] }]);
}

function closeCommand(door: string): Value {
  return { argv: ["knockd", "close", door, "%IP%"] };
}

/** The new keys take the place of the old ones, and their comments. */
function replaceCommands(door: DoorDraft, keys: readonly KeyDraft[]): DoorDraft {
  const [first, ...others] = keys;
  const above = door.keys.filter(({ key }) => COMMAND_KEYS.has(key)).flatMap((draft) => draft.above);
  const place = door.keys.findIndex(({ key }) => COMMAND_KEYS.has(key));
  const before = door.keys.slice(0, place);
  const behind = door.keys.slice(place).filter(({ key }) => !COMMAND_KEYS.has(key));
  return { ...door, keys: [...before, ...(first === undefined ? [] : [{ ...first, above }]), ...others, ...behind] };
}

/** Undefined: there is no such command. An empty one, which keeps IPv6 knockers out, is not known to any other key. */
function rulesOf(door: DoorDraft, key: string): readonly Rule[] | "unknown" | undefined {
  const value = draftValue(door, key);
  if (value === undefined) return undefined;
  return (typeof value === "string" ? readRules(value) : undefined) ?? "unknown";
}

function known(rules: readonly Rule[] | "unknown" | undefined): readonly Rule[] {
  return rules === undefined || rules === "unknown" ? [] : rules;
}

/** What rules give or take, to be compared. */
function effect(rules: readonly Rule[]): string {
  const parts = rules.flatMap((rule) => ("opens" in rule ? rule.opens.map(formatPort) : [`${rule.tool} ${rule.set}`]));
  return [...new Set(parts)].sort().join(" ");
}

function timeOf(door: DoorDraft, ends: boolean): Value {
  return ends ? (draftValue(door, "cmd_timeout") ?? DEFAULT_OPEN_S) : UNENDING_OPEN;
}

/** One port reads best without brackets. */
function portsValue(ports: readonly Port[]): Value {
  const [first, ...others] = ports;
  return first !== undefined && others.length === 0 ? formatPort(first) : ports;
}

function isStep(door: DoorDraft, port: Port): boolean {
  const steps = draftValue(door, "sequence");
  return Array.isArray(steps) && steps.some((step) => formatPort(step) === formatPort(port));
}

function flat(value: Value): string {
  if (typeof value !== "object") return String(value);
  return `[${("argv" in value ? value.argv.map((word) => JSON.stringify(word)) : value.map(formatPort)).join(", ")}]`;
}
