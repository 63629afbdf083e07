// The plaintext of a signed packet -> what it asks for. Strict, field by field: whoever holds a key may still lie.
import { type Address, parseAddress } from "../address.ts";
import type { Port } from "../port.ts";
import { type DigestKind, digestText, TAG_CHARACTERS } from "./crypto.ts";
import type { SpaField } from "./refusal.ts";

/** `RAND:B64(user):TIMESTAMP:VERSION:TYPE:B64(message)[:B64(nat)][:B64(server_auth)][:TIMEOUT]`, and its digest. */
export interface SpaRequest {
  readonly kind: "access" | "nat" | "local-nat" | "command";
  readonly username: string;
  readonly timeMs: number;
  readonly version: string;
  /** As written. */
  readonly message: string;
  /** Of IPv4; undefined for a command. */
  readonly address: Address | undefined;
  readonly ports: readonly Port[];
  readonly nat: { readonly host: string; readonly port: number } | undefined;
  readonly timeoutMs: number | undefined;
  readonly digest: DigestKind;
}

const KINDS = ["command", "access", "nat", "access", "nat", "local-nat", "local-nat"] as const;
const TIMED_TYPES = new Set([3, 4, 6]);
const FIELDS = 6;

const RANDOM = /^\d{16}:/;
const DECIMAL = /^(0|[1-9]\d{0,9})$/;
const USERNAME = /^[^"/\\[\]:;|=,+*?<>]{1,48}$/;
const VERSION = /^[!-~]{1,8}$/;
const NAT = /^([^\s/?"'\\,]{1,254}),([1-9]\d{0,4})$/;
const PORT = /^(tcp|udp)\/([1-9]\d{0,4})$/;
const PRINTABLE = /^[ -~]*$/;
const BASE64 = /^[A-Za-z0-9+/]*$/;
const TIME_MAX_S = 2 ** 32 - 1;
const TIMEOUT_MAX_S = 65_536;
const PORT_MAX = 65_535;
/** The client sends up to 255 bytes. */
const MESSAGE_CHARACTERS_MAX = 340;
const KINDS_TRIED: readonly DigestKind[] = ["sha256", "sha3-256", "sha384", "sha512", "sha3-512", "sha1", "md5"];

/** Whether it looks as if it had been deciphered with the right key. */
export function looksDeciphered(text: string): boolean {
  return RANDOM.test(text) && PRINTABLE.test(text);
}

export function readRequest(text: string): SpaRequest | { readonly wrong: SpaField } {
  const end = text.lastIndexOf(":");
  const digest = digestOf(text.slice(0, end), text.slice(end + 1));
  if (digest === undefined) return { wrong: "digest" };
  const fields = text.slice(0, end).split(":");
  const [, user = "", time = "", version = "", typeText = "", messageText = "", ...more] = fields;
  if (!/^[0-6]$/.test(typeText)) return { wrong: "type" };
  const type = Number(typeText);
  const kind = KINDS[type] ?? "command";
  const wantsNat = kind === "nat" || kind === "local-nat";
  const needed = FIELDS + (wantsNat ? 1 : 0) + (TIMED_TYPES.has(type) ? 1 : 0);
  // One more may be there: server_auth, which no server uses.
  if (fields.length < needed || fields.length > needed + 1) return { wrong: "count" };
  const username = decoded(user);
  if (username === undefined || !USERNAME.test(username)) return { wrong: "user" };
  if (!DECIMAL.test(time) || Number(time) > TIME_MAX_S) return { wrong: "time" };
  if (!VERSION.test(version)) return { wrong: "version" };
  const message = messageText.length > MESSAGE_CHARACTERS_MAX ? undefined : decoded(messageText);
  const asked = message === undefined ? undefined : kind === "command" ? NOTHING : readMessage(message);
  if (message === undefined || asked === undefined) return { wrong: "message" };
  const nat = wantsNat ? readNat(more[0] ?? "") : undefined;
  if (wantsNat && nat === undefined) return { wrong: "nat" };
  const timeout = TIMED_TYPES.has(type) ? (more.at(-1) ?? "") : undefined;
  if (timeout !== undefined && !(DECIMAL.test(timeout) && Number(timeout) <= TIMEOUT_MAX_S)) {
    return { wrong: "time-out" };
  }
  const timeoutMs = timeout === undefined ? undefined : Number(timeout) * 1000;
  return { kind, username, timeMs: Number(time) * 1000, version, message, ...asked, nat, timeoutMs, digest };
}

const NOTHING = { address: undefined, ports: [] };

/** Its length says which kind it is, or which two. */
function digestOf(text: string, digest: string): DigestKind | undefined {
  return KINDS_TRIED.find((kind) => TAG_CHARACTERS[kind] === digest.length && digestText(kind, text) === digest);
}

/** `192.0.2.7,tcp/22,udp/53` */
function readMessage(message: string): { address: Address; ports: readonly Port[] } | undefined {
  const [addressText = "", ...portTexts] = message.split(",");
  const address = addressText.includes(":") ? undefined : parseAddress(addressText);
  const ports = portTexts.flatMap((text) => readPort(text) ?? []);
  if (address === undefined || ports.length === 0 || ports.length < portTexts.length) return undefined;
  return { address, ports };
}

function readPort(text: string): Port | undefined {
  const [, protocol, digits] = PORT.exec(text) ?? [];
  const number = Number(digits);
  if (number > PORT_MAX || (protocol !== "tcp" && protocol !== "udp")) return undefined;
  return { protocol, number };
}

function readNat(field: string): { host: string; port: number } | undefined {
  const [, host, digits] = NAT.exec(decoded(field) ?? "") ?? [];
  const port = Number(digits);
  return host === undefined || port > PORT_MAX ? undefined : { host, port };
}

/** Only the one spelling that an encoder makes, and only what can be printed. */
function decoded(base64: string): string | undefined {
  if (!BASE64.test(base64)) return undefined;
  const bytes = Buffer.from(base64, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== base64) return undefined;
  const text = bytes.toString("latin1");
  return PRINTABLE.test(text) ? text : undefined;
}
