// What a door's commands do, where keys of our own can do the same.

import { positiveDuration, setName } from "../core/config/schema-forms.ts";
import { formatPort, type Port } from "../core/port.ts";
import { type DoorDraft, draftValue, type Value } from "./draft.ts";
import { type Rule, readRules } from "./firewall-commands.ts";

/** knockd's default for cmd_timeout. */
const DEFAULT_OPEN_S = 10;
/** For a door that knockd leaves open until somebody knocks to close it, or for ever. */
export const UNENDING_OPEN = "1h";
export const COMMAND_KEYS: ReadonlySet<string> = new Set([
  "start_command",
  "start_command_6",
  "stop_command",
  "stop_command_6",
  "cmd_timeout",
]);

export type Kind = "iptables" | "nftables";

/** What a door's keys could be instead of its commands. */
export interface Plan {
  readonly keys: readonly { readonly key: string; readonly value: Value }[];
  readonly kind: Kind;
  /** Nothing ends it: neither a stop command, nor a timeout of its own. */
  readonly unending: boolean;
  /** What its start command gives, to find the door that takes it away. */
  readonly gives: string;
}

/** Undefined: the commands do more, or something else. */
export function planFor(door: DoorDraft): Plan | undefined {
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
  const names = [rule.set, ...(rule6 !== undefined && "set" in rule6 ? [rule6.set] : [])];
  if (names.some((name) => !setName.safeParse(name).success)) return undefined;
  const timeout = ends ? undefined : rule.timeout;
  // 0 is for ever, and more than a year is no time here.
  if (timeout !== undefined && !positiveDuration.safeParse(timeout).success) return undefined;
  const seconds = Number(timeout);
  const keys = [
    { key: "set", value: rule.set },
    ...(rule6 !== undefined && "set" in rule6 ? [{ key: "set_6", value: rule6.set }] : []),
    { key: "for", value: timeout === undefined ? timeOf(door, ends) : Number.isNaN(seconds) ? timeout : seconds },
  ];
  return { keys, kind: rule.tool === "nft" ? "nftables" : "iptables", unending: !ends && timeout === undefined };
}

/** What a door does nothing but take away. */
export function takes(door: DoorDraft): string | undefined {
  const rules = rulesOf(door, "start_command");
  if (door.shut.length > 0 || rules === undefined || rules === "unknown") return undefined;
  if (door.keys.some(({ key }) => COMMAND_KEYS.has(key) && key !== "start_command" && key !== "cmd_timeout"))
    return undefined;
  return rules.every(({ does }) => does === "delete") ? effect(rules) : undefined;
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
