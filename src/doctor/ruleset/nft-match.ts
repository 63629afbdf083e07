// What a `match` of nftables (libnftables-json(5)) says of a packet: yes, no, or perhaps where it asks for what is not known.
import { z } from "zod";
import { type Condition, not, type Packet, type Truth, truthOf } from "./ruleset.ts";

/** A set of the ruleset, by `inet filter name`. */
export interface NamedSet {
  readonly elements: readonly unknown[];
  readonly flags: readonly string[];
}
export type NamedSets = ReadonlyMap<string, NamedSet>;

/** What the left side of a match is for a packet. */
type Left =
  /** The packet has no such field, so nothing said of it is true. */
  | { readonly is: "absent" }
  | { readonly is: "unknown" }
  /** Its source address, of which only the sets are known that hold it. */
  | { readonly is: "source" }
  /** TCP flags, of which a first packet has SYN alone; `syn`: whether the mask before them lets it through. */
  | { readonly is: "flags"; readonly syn: boolean }
  | { readonly is: "value"; readonly value: Value };
type Value = string | number | readonly Value[];

const UNKNOWN: Left = { is: "unknown" };
const ABSENT: Left = { is: "absent" };
/** The sets of doors in our own table. */
const OWN_SET = /^inet knockd(?:-\S+)? \S+_ipv[46]$/;

const matchSchema = z.object({ op: z.string(), left: z.unknown(), right: z.unknown() });
const metaSchema = z.object({ meta: z.object({ key: z.string() }) });
const payloadSchema = z.object({ payload: z.object({ protocol: z.string(), field: z.string() }) });
const ctSchema = z.object({ ct: z.object({ key: z.string() }) });
const concatSchema = z.object({ concat: z.array(z.unknown()) });
const maskedSchema = z.object({ "&": z.tuple([payloadSchema, z.unknown()]) });
const namesSchema = z.union([z.array(z.string()), z.string().transform((name) => [name])]);
const orSchema = z.object({ "|": z.array(z.string()) }).transform((value) => value["|"]);
const anonymousSchema = z.object({ set: z.array(z.unknown()) });
const rangeSchema = z.object({ range: z.tuple([z.number(), z.number()]) });
const elementSchema = z.object({ elem: z.object({ val: z.unknown() }) });

export function conditionOf(match: unknown, table: string, sets: NamedSets): Condition {
  const parsed = matchSchema.safeParse(match);
  if (!parsed.success) return () => "perhaps";
  const { op, left, right } = parsed.data;
  return (packet) => {
    const found = leftOf(left, packet);
    if (found.is === "absent") return "no";
    if (found.is === "flags") return flagsHold(found.syn, op, right);
    if (op === "==" || op === "in") return holds(found, right, { packet, table, sets });
    if (op === "!=") return not(holds(found, right, { packet, table, sets }));
    return found.is === "value" ? compared(op, found.value, right) : "perhaps";
  };
}

/** The verdict of a `vmap` for a packet: the first entry that fits for sure. */
export function entryOf(map: unknown, packet: Packet): unknown {
  const parsed = z
    .object({ key: z.unknown(), data: z.object({ set: z.array(z.tuple([z.unknown(), z.unknown()])) }) })
    .safeParse(map);
  if (!parsed.success) return undefined;
  const left = leftOf(parsed.data.key, packet);
  if (left.is !== "value") return undefined;
  return parsed.data.data.set.find(([key]) => fits(left.value, key) === "yes")?.[1];
}

interface Around {
  readonly packet: Packet;
  readonly table: string;
  readonly sets: NamedSets;
}

function leftOf(expression: unknown, packet: Packet): Left {
  const meta = metaSchema.safeParse(expression);
  if (meta.success) return metaOf(meta.data.meta.key, packet);
  const payload = payloadSchema.safeParse(expression);
  if (payload.success) return payloadOf(payload.data.payload, packet);
  const ct = ctSchema.safeParse(expression);
  if (ct.success) return ct.data.ct.key === "state" ? { is: "value", value: "new" } : UNKNOWN;
  const concat = concatSchema.safeParse(expression);
  if (concat.success) return concatOf(concat.data.concat.map((part) => leftOf(part, packet)));
  const masked = maskedSchema.safeParse(expression);
  return masked.success ? flagsOf(masked.data["&"][0].payload, masked.data["&"][1], packet) : UNKNOWN;
}

function metaOf(key: string, packet: Packet): Left {
  const values: Record<string, string> = {
    l4proto: packet.protocol,
    nfproto: packet.family === 4 ? "ipv4" : "ipv6",
    protocol: packet.family === 4 ? "ip" : "ip6",
    iifname: packet.interface,
    iif: packet.interface,
    pkttype: "host",
  };
  const value = values[key];
  return value === undefined ? UNKNOWN : { is: "value", value };
}

function payloadOf({ protocol, field }: { protocol: string; field: string }, packet: Packet): Left {
  if (protocol === "ip" || protocol === "ip6") {
    if (protocol !== (packet.family === 4 ? "ip" : "ip6")) return ABSENT;
    if (field === "saddr") return { is: "source" };
    return field === "protocol" || field === "nexthdr" ? { is: "value", value: packet.protocol } : UNKNOWN;
  }
  if (
    protocol !== "th" &&
    ["tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite"].includes(protocol) &&
    protocol !== packet.protocol
  )
    return ABSENT;
  if (protocol === "tcp" && field === "flags") return { is: "flags", syn: true };
  return field === "dport" ? { is: "value", value: packet.port } : UNKNOWN;
}

/** `tcp flags & (syn | ack)`: a first packet has syn alone. */
function flagsOf(payload: { protocol: string; field: string }, mask: unknown, packet: Packet): Left {
  if (payload.protocol !== "tcp" || payload.field !== "flags") return UNKNOWN;
  if (packet.protocol !== "tcp") return ABSENT;
  const names = z.union([namesSchema, orSchema]).safeParse(mask);
  if (!names.success) return UNKNOWN;
  return { is: "flags", syn: names.data.includes("syn") };
}

/** `in`: some of them; `!`: none of them; `==`: these and no others. */
function flagsHold(syn: boolean, op: string, right: unknown): Truth {
  const names = z.union([namesSchema, orSchema]).safeParse(right === 0 ? [] : right);
  if (!names.success || !["in", "!", "==", "!="].includes(op)) return "perhaps";
  if (op === "in" || op === "!") return truthOf((syn && names.data.includes("syn")) === (op === "in"));
  const same = names.data.join() === (syn ? "syn" : "");
  return truthOf(same === (op === "=="));
}

function concatOf(parts: readonly Left[]): Left {
  if (parts.some((part) => part.is === "absent")) return ABSENT;
  const values = parts.flatMap((part) => (part.is === "value" ? [part.value] : []));
  return values.length === parts.length ? { is: "value", value: values } : UNKNOWN;
}

function holds(left: Left, right: unknown, { packet, table, sets }: Around): Truth {
  if (typeof right !== "string" || !right.startsWith("@"))
    return left.is === "value" ? fits(left.value, right) : "perhaps";
  const name = `${table} ${right.slice(1)}`;
  if (left.is === "source" && packet.sets.has(name)) return "yes";
  if (left.is === "source" && OWN_SET.test(name)) return truthOf(packet.knocked);
  const elements = sets.get(name)?.elements ?? [];
  if (elements.length === 0) return "no";
  return left.is === "value" ? any(elements.map((element) => fits(left.value, element))) : "perhaps";
}

/** How nft names a protocol on a machine without /etc/protocols (IANA's numbers). */
const PROTOCOL_NUMBERS: Record<string, number> = { tcp: 6, udp: 17 };

/** Whether a value is one of what stands on the right side. */
function fits(value: Value, right: unknown): Truth {
  const set = anonymousSchema.safeParse(right);
  if (set.success) return any(set.data.set.map((element) => fits(value, element)));
  const element = elementSchema.safeParse(right);
  if (element.success) return fits(value, element.data.elem.val);
  if (Array.isArray(right)) return any(right.map((each) => fits(value, each)));
  const range = rangeSchema.safeParse(right);
  if (range.success)
    return truthOf(typeof value === "number" && value >= range.data.range[0] && value <= range.data.range[1]);
  const concat = concatSchema.safeParse(right);
  if (concat.success && Array.isArray(value))
    return every(value.map((part, index) => fits(part, concat.data.concat[index])));
  if (typeof right === "string" && right.endsWith("*")) return truthOf(String(value).startsWith(right.slice(0, -1)));
  if (typeof right !== "string" && typeof right !== "number") return "perhaps";
  return truthOf(String(value) === String(right) || (typeof value === "string" && PROTOCOL_NUMBERS[value] === right));
}

function compared(op: string, value: Value, right: unknown): Truth {
  if (typeof value !== "number" || typeof right !== "number") return "perhaps";
  const outcomes: Record<string, boolean> = {
    "<": value < right,
    ">": value > right,
    "<=": value <= right,
    ">=": value >= right,
  };
  const outcome = outcomes[op];
  return outcome === undefined ? "perhaps" : truthOf(outcome);
}

function any(truths: readonly Truth[]): Truth {
  if (truths.includes("yes")) return "yes";
  return truths.includes("perhaps") ? "perhaps" : "no";
}

function every(truths: readonly Truth[]): Truth {
  if (truths.includes("no")) return "no";
  return truths.includes("perhaps") ? "perhaps" : "yes";
}
