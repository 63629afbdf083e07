// The profiles' one source of truth: every key of config.yaml with its form, default and sentence.
import * as z from "zod";
import { formatAddress } from "../core/address.ts";
import * as form from "../core/config/schema-forms.ts";
import { STEPS_MAX } from "../core/door.ts";
import type { Port } from "../core/port.ts";
import { LOCAL } from "./options.ts";

/** BOUNDED: so that a packet stays within what an unmodified fwknopd takes. */
const ASKED_PORTS_MAX = 8;
/** Bytes of a key, and of an HMAC key, in fwknop. */
const KEY_MAX = 32;
const HMAC_KEY_MAX = 128;
const TIMEOUT_MAX_S = 65_536;
const DELAY_MAX_MS = 60_000;

/** A host's name or address, without whatever a shell, a URI or a program's options could take for something else. */
const host = z
  .string({ error: "a host's name or address" })
  .regex(/^(?!-)[\p{L}\p{N}._:%-]{1,255}$/u, "expected a host's name or address");

/** Errors end up in terminals and reports, so they never quote a secret. */
function secret<Out>(what: string, read: (text: string) => Out | undefined) {
  return z.unknown().transform((value, context): Out => {
    const out = typeof value === "string" ? read(value) : undefined;
    if (out !== undefined) return out;
    context.addIssue({ code: "custom", message: `expected ${what}`, params: { complete: true } });
    return z.NEVER;
  });
}

function base64Key(bytesMax: number) {
  return secret(`1 to ${bytesMax} bytes in base64`, (text) => {
    const bytes = Buffer.from(text, "base64");
    const isBase64 = bytes.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
    return isBase64 && bytes.length > 0 && bytes.length <= bytesMax ? bytes : undefined;
  });
}

const base32Secret = secret("a secret in base32, at least 16 letters and digits 2 to 7", (text) => {
  const compact = text.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase();
  return /^[A-Z2-7]{16,}$/.test(compact) ? compact : undefined;
});

const service = form.port.refine(({ protocol }) => protocol !== "icmp", "expected a tcp or udp port");

const totpKeys = z.strictObject({
  ...form.codeKeys,
  secret: base32Secret
    .optional()
    .meta({ description: "Makes the codes here (optional, default: they are asked for)." }),
});
const totp = totpKeys.transform((keys, context) => ({ ...keys, ports: form.readCodeRange(keys, context) }));

const spa = z.strictObject({
  key: base64Key(KEY_MAX),
  hmac_key: base64Key(HMAC_KEY_MAX),
  open: form
    .ports(ASKED_PORTS_MAX, "ports")
    .refine((list: readonly Port[]) => list.every(({ protocol }) => protocol !== "icmp"), "expected tcp and udp ports")
    .meta({ description: "The ports to ask for." }),
  port: form.udpPort.prefault(62_201),
  user: z
    .string({ error: "a user name" })
    .regex(/^[\w.@-]{1,48}$/, "expected a user name of 1 to 48 letters, digits, dots and dashes")
    .default("knock"),
  timeout: form.positiveDuration
    .refine((ms) => ms <= TIMEOUT_MAX_S * 1000, `expected at most ${TIMEOUT_MAX_S} seconds`)
    .optional(),
});

const profileKeys = z.strictObject({
  host,
  sequence: form.ports(STEPS_MAX, "a sequence of ports").optional(),
  totp: totp.optional(),
  spa: spa.optional(),
  wait: service.optional().meta({ description: "After the knock, wait until this port answers." }),
  wait_time: form.positiveDuration.default(10_000),
  delay: form.duration
    .refine((ms) => ms <= DELAY_MAX_MS, `expected at most ${DELAY_MAX_MS / 1000}s`)
    .default(0)
    .meta({ description: "The pause after every port." }),
  family: z.union([z.literal(4), z.literal(6)], { error: "4 or 6" }).optional(),
  interface: form.interfaceName.optional(),
  source: z.union([z.literal(LOCAL), form.address.transform(formatAddress)]).optional(),
});

const profile = profileKeys.superRefine((input, context) => {
  const report = (path: PropertyKey[], message: string): void =>
    context.addIssue({ code: "custom", path, message, params: { complete: true } });
  if (input.spa === undefined && input.totp === undefined && input.sequence === undefined) {
    report([], "expected sequence, totp or spa: there is nothing to knock with");
  }
  if (input.spa !== undefined && (input.totp ?? input.sequence) !== undefined) {
    report(["spa"], "spa stands alone: a packet asks for all that it wants");
  }
  if (input.spa !== undefined && (input.family === 6 || input.source?.includes(":") === true)) {
    report(["spa"], "spa is IPv4 only");
  }
});

export const profilesSchema = z.strictObject({
  profiles: z.record(z.string(), profile, { error: "a mapping of names to profiles" }).default({}),
});

export type Profile = z.output<typeof profile>;
export type Profiles = Readonly<Record<string, Profile>>;

/** The keys that may stand at a path. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(profilesSchema.shape);
  const part = { totp: totpKeys.shape, spa: spa.shape }[String(path[2])];
  return Object.keys(part ?? profileKeys.shape);
}
