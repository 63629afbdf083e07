// knockd.yaml's one source of truth: every key with its form, default and sentence. The parser, the errors and the shipped
// JSON Schema all come from here.
import * as z from "zod";
import { DOOR_NUMBER_MAX } from "../attempts.ts";
import { STEPS_MAX } from "../door.ts";
import { openingProblems } from "../opening.ts";
import { formatPort } from "../port.ts";
import { CIPHER_MODES, DIGEST_KINDS } from "../spa/crypto.ts";
import { ADDRESS_SOURCES, KEYS_MAX, LEGACY } from "../spa/key.ts";
import { natOpeningsOf } from "../spa/nat.ts";
import { FIRST_SYN, parseFlags } from "../tcp-flags.ts";
import * as form from "./schema-forms.ts";

const ALLOW_MAX = 1024;
/** BOUNDED: doors in one config, by the width of a door's number in the table of attempts. */
const DOORS_MAX = DOOR_NUMBER_MAX;
export const DEFAULT_GRANT_MS = 10_000;

const options = z.strictObject({
  interface: form.interfaces.optional().meta({
    description:
      "Where knocks are looked for: a name, a list, or any (optional, default: the interface of the default route).",
  }),
  sniffer: z.enum(["auto", "tcpdump", "cap"], { error: "auto, tcpdump or cap" }).default("auto").meta({
    description:
      "The program that captures; auto: tcpdump if it works, otherwise our own, with cap (optional, default auto).",
  }),
  log_format: z
    .enum(["text", "json"], { error: "text or json" })
    .default("text")
    .meta({ description: "How the log is written (optional, default text)." }),
  log_level: z
    .enum(["error", "warn", "info", "debug"], { error: "error, warn, info or debug" })
    .default("info")
    .meta({ description: "debug also logs each stage and time-out (optional, default info)." }),
  log_file: form.file.optional().meta({
    description: "A file for the log, opened anew on SIGHUP (optional, default stdout, which is the journal).",
  }),
  metrics_file: form.file
    .refine((path) => path.endsWith(".prom"), "expected a name that ends in .prom: node_exporter reads no others")
    .optional()
    .meta({
      description: "Counters for Prometheus, written every 15 s for node_exporter's textfile collector (optional).",
    }),
  firewall: z.enum(["nftables", "iptables", "none"], { error: "nftables, iptables or none" }).default("nftables").meta({
    description: "Who keeps `open` and `set` doors; none changes nothing and only logs (optional, default nftables).",
  }),
  allow: z
    .union([form.network, z.array(form.network).max(ALLOW_MAX, `expected at most ${ALLOW_MAX} networks`)], {
      error: "an address, a network, or a list of them",
    })
    .transform((value) => [value].flat())
    .default([])
    .meta({ description: "Sources for whom nothing is ever hidden (optional, default none)." }),
  on_stop: z.enum(["close", "keep"], { error: "close or keep" }).default("close").meta({
    description:
      "At the daemon's end, close the doors that need a stop command, or keep them for the next start (optional, default close).",
  }),
  scan_guard: z
    .boolean({ error: "true or false" })
    .default(true)
    .meta({ description: "Watch ports that only a scanner touches, and drop its attempts (optional, default true)." }),
  spa_port: form.udpPort
    .prefault("62201/udp")
    .meta({ description: "Where signed packets are looked for; nothing listens there (optional, default 62201/udp)." }),
  spa_max_age: form.positiveDuration
    .prefault("120s")
    .meta({ description: "How far a sender's clock may be ahead or behind (optional, default 120s)." }),
});

const key = z.strictObject({
  file: z
    .string({ error: "the path of a key file" })
    .regex(/^\//, "expected the path of a key file, beginning with /")
    .meta({ description: "The file with its KEY_BASE64 and HMAC_KEY_BASE64, of mode 0600; knockd keygen makes one." }),
  expires: form.lastDay.optional().meta({ description: "The last day, in UTC, on which it opens (optional)." }),
  doors: form.names("a door").meta({ description: "The doors that it opens: names of doors that say spa." }),
  source: z.enum(ADDRESS_SOURCES, { error: "both, packet or embedded" }).default("both").meta({
    description:
      "Whom a packet lets in. both: the address in it, if it also comes from there; packet: where it comes from; embedded: the address in it, wherever it comes from (optional, default both).",
  }),
  prefix: form.prefixes.optional().meta({
    description:
      "Opens the network of so many bits around the address, 16 to 32 for IPv4, 48 to 128 for IPv6, or one of each (optional, default the address alone).",
  }),
  hmac: z
    .enum(DIGEST_KINDS, { error: `one of ${DIGEST_KINDS.join(" ")}` })
    .default("sha256")
    .meta({ description: "The kind of HMAC that signs its packets (optional, default sha256)." }),
  mode: z
    .enum(CIPHER_MODES, { error: `one of ${CIPHER_MODES.join(" ")}` })
    .default("cbc")
    .meta({ description: "The mode of AES that enciphers them (optional, default cbc)." }),
  legacy: z
    .array(z.enum(LEGACY, { error: `one of ${LEGACY.join(" ")}` }), { error: `a list of ${LEGACY.join(" ")}` })
    .default([])
    .meta({ description: "What is refused otherwise and only old clients need (optional, default none)." }),
});

const doorKeys = z.strictObject({
  sequence: form
    .ports(STEPS_MAX, "a sequence of ports")
    .optional()
    .meta({
      description: `1 to ${STEPS_MAX} ports in order, such as [7000/tcp, 8000/udp, 100/icmp]; 100/icmp is an echo request with 100 data bytes (ping -s 100).`,
    }),
  one_time_sequences: z
    .string({ error: "the path of a file" })
    .min(1, "expected the path of a file")
    .optional()
    .meta({ description: "A file of sequences, one a line, each good once; instead of sequence." }),
  seq_timeout: form.positiveDuration
    .default(25_000)
    .meta({ description: "Longest time from the first knock to the last (optional, default 25s)." }),
  seq_cooldown: form.duration
    .default(0)
    .meta({ description: "How long the door hears nobody after an opening (optional, default 0)." }),
  tcpflags: z
    .string({ error: 'TCP flags such as "syn,!ack", or any' })
    .transform(form.read(parseFlags))
    .default(FIRST_SYN)
    .meta({
      description:
        "TCP flags that a knock must have (syn) or must not have (!ack); any: all will do (optional, default syn,!ack).",
    }),
  target: form.address
    .optional()
    .meta({ description: "Knocks must go to this address instead of the interface's own (optional)." }),
  open: form.openings.optional().meta({
    description:
      "Ports that are hidden from everyone and opened for the knocker; {port: 2222/tcp, to: 192.168.1.10:22} leads him to a host behind this one.",
  }),
  set: form.setName
    .optional()
    .meta({ description: "A set of your own ruleset that takes the knocker's IPv4 address, with its timeout." }),
  set_6: form.setName.optional().meta({ description: "The same for IPv6 knockers." }),
  for: form.positiveDuration.optional().meta({ description: "How long the door stays open (optional, default 10s)." }),
  start_command: form.command.optional().meta({
    description:
      "Runs when the door opens. %IP% is the knocker's address. Text goes to /bin/sh -c, a list runs without a shell.",
  }),
  start_command_6: form.command
    .optional()
    .meta({ description: "The same for IPv6 knockers (optional, default start_command; empty: nothing runs)." }),
  stop_command: form.command.optional().meta({ description: "Runs when the time is over." }),
  stop_command_6: form.command
    .optional()
    .meta({ description: "The same for IPv6 knockers (optional, default stop_command)." }),
  cmd_timeout: form.positiveDuration
    .optional()
    .meta({ description: "Time from the end of start_command to stop_command (optional, default 10s)." }),
  spa: form.spa.optional().meta({
    description:
      "Whether keys can open it with a signed packet, that names a port of open; or the ports by which it is named (optional, default false).",
  }),
  nat: z.boolean({ error: "true or false" }).optional().meta({
    description:
      "Whether a signed packet may also name the host behind this one to which a port of open leads, as fwknop -N does (optional, default false).",
  }),
  totp: form.totp.optional().meta({
    description:
      "Opens for the code of an authenticator app, two digits a knock: 492817 with ports: 20000 is 20049, 20128, 20217, each tcp. A code opens once (optional).",
  }),
  require: form.bothInOrder.optional().meta({
    description:
      "What is asked for together: [sequence, totp] is first the sequence, then the code, each within seq_timeout (optional, default either of them).",
  }),
  max_for: form.positiveDuration.optional().meta({
    description: "The longest time that the sender of a signed packet may ask for (optional, default the time of for).",
  }),
});

/** What the form of single keys cannot say. */
const door = doorKeys.superRefine((input, context) => {
  // `complete`: the sentence needs no "got ..." at its end.
  const report = (path: PropertyKey[], message: string) =>
    context.addIssue({ code: "custom", path, message, params: { complete: true } });
  const { sequence, one_time_sequences, spa = [], totp, max_for, for: openTime, cmd_timeout, open, target } = input;
  const bySpa = spa === "open" || spa.length > 0;
  const bySequence = sequence !== undefined || one_time_sequences !== undefined;
  if (!bySequence && !bySpa && totp === undefined) {
    report([], "expected sequence, one_time_sequences, totp or spa: nobody could ever open this door");
  }
  if (input.require !== undefined && (!bySequence || totp === undefined)) {
    report(["require"], "expected a sequence and totp beside it: both are required");
  }
  if (input.require !== undefined && bySpa) {
    report(["require"], "a signed packet would open without either: expected no spa here, give it a door of its own");
  }
  if (spa === "open" && open === undefined) {
    report(["spa"], "a signed packet names a port: expected open ports beside spa: true, or ports here");
  }
  if (max_for !== undefined && !bySpa)
    report(["max_for"], "only signed packets ask for a time: expected spa: true too");
  if (sequence !== undefined && one_time_sequences !== undefined) {
    report(["one_time_sequences"], "a door has either sequence or one_time_sequences, got both");
  }
  // Values that are wrong by themselves have been told, and are not what their types say.
  if (context.issues.length > 0) return;
  if (openTime !== undefined && cmd_timeout !== undefined && openTime !== cmd_timeout) {
    report(
      ["cmd_timeout"],
      "a grant has one end: for and cmd_timeout must be equal where both are given, or leave one out",
    );
  }
  if (max_for !== undefined && max_for < (openTime ?? cmd_timeout ?? DEFAULT_GRANT_MS)) {
    report(["max_for"], "expected at least the time that the door stays open by itself");
  }
  const steps = (sequence ?? []).map(formatPort);
  for (const [index, port] of (open ?? []).map(formatPort).entries()) {
    const step = steps.indexOf(port) + 1;
    if (step > 0) report(["open", index], `${port} is already watched: it is step ${step} of this door's own sequence`);
  }
  if (input.nat && natOpeningsOf({ open: open ?? [], spaPorts: spa === "open" ? (open ?? []) : spa }).length === 0) {
    report(
      ["nat"],
      "nothing to be led to: expected a port that leads to an IPv4 host, and that signed packets may ask for",
    );
  }
  for (const { index, message } of openingProblems(open ?? [], target)) report(["open", index], message);
});

export const configSchema = z
  .strictObject({
    options: options.prefault({}).meta({ description: "For all doors." }),
    keys: z
      .record(z.string(), key, { error: "a mapping of key names to keys" })
      .refine((keys) => Object.keys(keys).length <= KEYS_MAX, `expected at most ${KEYS_MAX} keys`)
      .prefault({})
      .meta({ description: "Who may send signed packets, by a name for the log." }),
    doors: z
      .record(z.string(), door, { error: "a mapping of door names to doors" })
      .refine((doors) => Object.keys(doors).length <= DOORS_MAX, `expected at most ${DOORS_MAX} doors`)
      .meta({ description: "Each door by its name." }),
  })
  .meta({ title: "knockd.yaml", description: "Configuration of knockd, the port-knocking daemon." });

/** The keys that may stand at a path: the file's own, those of `options`, of a key, of a door or of what it opens. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(configSchema.shape);
  if (path[0] === "options") return Object.keys(options.shape);
  if (path[0] === "keys") return Object.keys(key.shape);
  if (path[2] === "totp") return Object.keys(form.totp.shape);
  return Object.keys(path[2] === "open" ? form.gateway.shape : doorKeys.shape);
}

export type ConfigInput = z.output<typeof configSchema>;
export type DoorInput = z.output<typeof door>;
export type KeyInput = z.output<typeof key>;

/** The JSON Schema that ships with the product, for editors. */
export function jsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: "input" });
}
