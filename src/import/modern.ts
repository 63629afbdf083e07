// Doors whose commands do no more than open a port for the knocker -> doors that say `open:`, or an offer to do so.

import { formatPort } from "../core/port.ts";
import { COMMAND_KEYS, type Plan, planFor, takes, UNENDING_OPEN } from "./command-plan.ts";
import type { DoorDraft, KeyDraft, Value } from "./draft.ts";
import { quote, type Say } from "./note.ts";

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
  if (kind === "iptables") {
    const fillsSets = written.some(({ keys }) => keys.some(({ key }) => key === "set" || key === "set_6"));
    const needs = fillsSets ? ": its sets need ipset, and for the service knockd-iptables.conf" : "";
    say(0, `firewall: iptables, since the old commands were made for its rules${needs}`);
  }
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
    " The commands were made for iptables rules, and so our own rules go there, too.",
    " With nftables they could not overrule a rule of yours that drops the port.",
  ],
};

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

function flat(value: Value): string {
  if (typeof value !== "object") return String(value);
  return `[${("argv" in value ? value.argv.map((word) => JSON.stringify(word)) : value.map(formatPort)).join(", ")}]`;
}
