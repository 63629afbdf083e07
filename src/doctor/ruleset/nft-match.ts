// What a `match` of nftables (libnftables-json(5)) says of a packet: yes, no, or perhaps where it asks for what is not known.
import * as z from "zod";
import { parseNetwork } from "../../core/address.ts";
import { any, type Condition, every, not, type Packet, type Truth, truthOf } from "./ruleset.ts";

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
  /** Its source address, of which often only the sets are known that hold it. */
  | { readonly is: "source"; readonly address: string | undefined }
  /** One of these addresses. */
  | { readonly is: "destination"; readonly addresses: readonly string[] }
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
const fibSchema = z.object({
  fib: z.object({ result: z.string(), flags: z.union([z.string(), z.array(z.string())]) }),
});
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

const entrySchema = z.tuple([z.unknown(), z.unknown()]);
const vmapSchema = z.object({
  key: z.unknown(),
  data: z.union([z.string(), z.object({ set: z.array(entrySchema) }).transform(({ set }) => set)]),
});

/** The verdict of a `vmap` for a packet, and how sure it is: of a key that is not known, the first entry. */
export function entryOf(
  map: unknown,
  packet: Packet,
  table: string,
  sets: NamedSets,
): { truth: Truth; verdict: unknown } {
  const parsed = vmapSchema.safeParse(map);
  if (!parsed.success) return { truth: "no", verdict: undefined };
  const { key, data } = parsed.data;
  const entries = typeof data === "string" ? entriesOf(`${table} ${data.slice(1)}`, sets) : data;
  const left = leftOf(key, packet);
  if (left.is === "unknown") return { truth: entries.length > 0 ? "perhaps" : "no", verdict: entries[0]?.[1] };
  if (left.is !== "value") return { truth: "no", verdict: undefined };
  const found = entries.find(([each]) => fits(left.value, each) === "yes");
  return { truth: truthOf(found !== undefined), verdict: found?.[1] };
}

/** Of a map with a name. */
function entriesOf(name: string, sets: NamedSets): [unknown, unknown][] {
  return (sets.get(name)?.elements ?? []).flatMap((element) => {
    const entry = entrySchema.safeParse(element);
    return entry.success ? [entry.data] : [];
  });
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
  const fib = fibSchema.safeParse(expression);
  if (fib.success) return fibOf(fib.data.fib);
  const ct = ctSchema.safeParse(expression);
  if (ct.success) return ctOf(ct.data.ct.key);
  const concat = concatSchema.safeParse(expression);
  if (concat.success) return concatOf(concat.data.concat.map((part) => leftOf(part, packet)));
  const masked = maskedSchema.safeParse(expression);
  return masked.success ? flagsOf(masked.data["&"][0].payload, masked.data["&"][1], packet) : UNKNOWN;
}

/** `fib daddr type`: it is for this machine. */
function fibOf({ result, flags }: { result: string; flags: string | readonly string[] }): Left {
  return result === "type" && flags.includes("daddr") ? { is: "value", value: "local" } : UNKNOWN;
}

/** Of a connection that begins, and that nobody has translated. */
function ctOf(key: string): Left {
  if (key === "state") return { is: "value", value: "new" };
  return key === "status" ? { is: "value", value: "none" } : UNKNOWN;
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
    if (field === "saddr") return { is: "source", address: packet.source };
    if (field === "daddr")
      return packet.destinations === undefined ? UNKNOWN : { is: "destination", addresses: packet.destinations };
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
  if (typeof right !== "string" || !right.startsWith("@")) return fitsLeft(left, right);
  const name = `${table} ${right.slice(1)}`;
  if (left.is === "source" && packet.sets.has(name)) return "yes";
  if (left.is === "source" && OWN_SET.test(name)) return truthOf(packet.knocked);
  const elements = sets.get(name)?.elements ?? [];
  if (elements.length === 0) return "no";
  return any(elements.map((element) => fitsLeft(left, element)));
}

function fitsLeft(left: Left, right: unknown): Truth {
  if (left.is === "value") return fits(left.value, right);
  if (left.is === "source") return left.address === undefined ? "perhaps" : addressFits(left.address, right);
  if (left.is !== "destination") return "perhaps";
  const truths = left.addresses.map((address) => addressFits(address, right));
  if (truths.every((truth) => truth === "yes")) return "yes";
  return truths.every((truth) => truth === "no") ? "no" : "perhaps";
}

const prefixSchema = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) });

/** An address, a network, or several of them. */
function addressFits(address: string, right: unknown): Truth {
  if (typeof right === "string") return truthOf(parseNetwork(right)?.text === parseNetwork(address)?.text);
  if (Array.isArray(right)) return any(right.map((each) => addressFits(address, each)));
  const set = anonymousSchema.safeParse(right);
  if (set.success) return any(set.data.set.map((each) => addressFits(address, each)));
  const element = elementSchema.safeParse(right);
  if (element.success) return addressFits(address, element.data.elem.val);
  const prefix = prefixSchema.safeParse(right);
  if (!prefix.success) return "perhaps";
  const { addr, len } = prefix.data.prefix;
  return truthOf(parseNetwork(`${address}/${len}`)?.text === parseNetwork(`${addr}/${len}`)?.text);
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
