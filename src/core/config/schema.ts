// knockd.yaml's one source of truth: every key with its form, default and sentence. The parser, the errors and the shipped
// JSON Schema all come from here.
import * as z from "zod";
import { DOOR_NUMBER_MAX } from "../attempts.ts";
import { CIPHER_MODES, DIGEST_KINDS } from "../spa/crypto.ts";
import { ADDRESS_SOURCES, KEYS_MAX, LEGACY } from "../spa/key.ts";
import { FIREWALLS } from "./firewall-kinds.ts";
import { door, doorKeys } from "./schema-door.ts";
import * as form from "./schema-forms.ts";

const ALLOW_MAX = 1024;
/** BOUNDED: doors in one config, by the width of a door's number in the table of attempts. */
const DOORS_MAX = DOOR_NUMBER_MAX;

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
  firewall: z.enum(FIREWALLS, { error: "nftables, iptables or none" }).default("nftables").meta({
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
    .prefault(62_201)
    .meta({ description: "Where signed packets are looked for; nothing listens there (optional, default 62201)." }),
  spa_max_age: form.positiveDuration
    .prefault("120s")
    .meta({ description: "How far a sender's clock may be ahead or behind (optional, default 120s)." }),
});

const key = z.strictObject({
  file: z
    .string({ error: "the path of a key file" })
    .regex(/^\//, "expected the path of a key file, beginning with /")
    .meta({
      description:
        "The file with its KEY_BASE64 and HMAC_KEY_BASE64, which nobody but root and the daemon may read; knockd keygen makes one.",
    }),
  expires: form.lastDay.optional().meta({ description: "The last day, in UTC, on which it opens (optional)." }),
  doors: form.names("a door").meta({ description: "The doors that it opens: names of doors that say spa." }),
  source: z.enum(ADDRESS_SOURCES, { error: "match, sender or embedded" }).default("match").meta({
    description:
      "Whom a packet lets in. match: the address in it, if it also comes from there; sender: where it comes from; embedded: the address in it, wherever it comes from (optional, default match).",
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
  if (path[2] === "totp") return Object.keys(form.totpKeys.shape);
  return Object.keys(path[2] === "open" ? form.gateway.shape : doorKeys.shape);
}

export type ConfigInput = z.output<typeof configSchema>;

/** The JSON Schema that ships with the product, for editors. */
export function jsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: "input" });
}
