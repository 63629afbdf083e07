// A key file's text -> its secrets, in the names that fwknop gives them; what ~/.fwknoprc has can be pasted.
import type { KeySecrets, Legacy } from "./key.ts";

const LINE = /^([A-Z0-9_]+)(?:\s*:\s*|\s+)(\S.*?)\s*;?$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const NAMES = ["KEY", "KEY_BASE64", "HMAC_KEY", "HMAC_KEY_BASE64"];
/** fwknop's limits: AES-256, and the longest key of an HMAC that libfko takes. */
export const KEY_BYTES_MAX = 32;
export const HMAC_KEY_BYTES_MAX = 128;
/** BOUNDED: bytes of such a file. */
export const KEY_FILE_BYTES_MAX = 16 * 1024;

/** Lines such as `KEY_BASE64: dGVzdA==`; # begins a comment. Throws a RangeError that quotes no secret. */
export function parseKeyFile(text: string, legacy: readonly Legacy[]): KeySecrets {
  const found = new Map<string, Uint8Array>();
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name = "", value = ""] = LINE.exec(line.trim()) ?? [];
    if (!NAMES.includes(name))
      throw new RangeError(`line ${index + 1}: expected one of ${NAMES.join(" ")} and a value`);
    const kind = name.replace("_BASE64", "");
    if (found.has(kind)) throw new RangeError(`line ${index + 1}: ${kind} is there for the second time`);
    found.set(kind, bytesOf(name, value, index + 1));
  }
  const key = checked("KEY", found.get("KEY"), KEY_BYTES_MAX);
  if (key === undefined) throw new RangeError("expected a line KEY_BASE64: and the key");
  const hmacKey = checked("HMAC_KEY", found.get("HMAC_KEY"), HMAC_KEY_BYTES_MAX);
  if (hmacKey === undefined && !legacy.includes("no-hmac")) {
    throw new RangeError("expected a line HMAC_KEY_BASE64: and the key (legacy: [no-hmac] does without)");
  }
  if (hmacKey !== undefined && legacy.includes("legacy-iv")) {
    throw new RangeError("HMAC_KEY cannot go with legacy-iv: clients of that age do not sign");
  }
  return { key, ...(hmacKey === undefined ? {} : { hmacKey }) };
}

export function formatKeyFile({ key, hmacKey }: KeySecrets): string {
  const hmac = hmacKey === undefined ? "" : `HMAC_KEY_BASE64: ${base64(hmacKey)}\n`;
  return `KEY_BASE64: ${base64(key)}\n${hmac}`;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function bytesOf(name: string, value: string, line: number): Uint8Array {
  if (!name.endsWith("_BASE64")) return Buffer.from(value);
  if (!BASE64.test(value)) throw new RangeError(`line ${line}: ${name} is no base64`);
  return Buffer.from(value, "base64");
}

function checked(name: string, bytes: Uint8Array | undefined, bytesMax: number): Uint8Array | undefined {
  if (bytes !== undefined && (bytes.length < 1 || bytes.length > bytesMax)) {
    throw new RangeError(`${name} must have 1 to ${bytesMax} bytes, has ${bytes.length}`);
  }
  return bytes;
}
