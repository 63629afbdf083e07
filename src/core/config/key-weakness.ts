// What is legal of a key but unwise: said at start and at each reload. One sentence each, with the key's name first.
import type { Key } from "../spa/key.ts";

/** MD5 makes the AES key of it: a short one can be tried out by whoever has overheard a packet. */
const KEY_BYTES_FEW = 16;
const SOON_MS = 14 * 86_400_000;

export function keyWeaknesses(keys: readonly Key[], nowMs: number): string[] {
  return keys.flatMap((key) => sentences(key, nowMs).map((text) => `keys.${key.name}: ${text}`));
}

function sentences({ key, hmacKey, hmac, mode, legacy, source, expires }: Key, nowMs: number): string[] {
  const found: string[] = [];
  if (key.length < KEY_BYTES_FEW) found.push(`its KEY has ${key.length} bytes, use ${KEY_BYTES_FEW} or more`);
  if (hmacKey === undefined) found.push("no-hmac takes packets that anybody may have changed");
  else if (hmacKey.length < KEY_BYTES_FEW) {
    found.push(`its HMAC_KEY has ${hmacKey.length} bytes, use ${KEY_BYTES_FEW} or more`);
  }
  if (legacy.includes("legacy-iv")) found.push("legacy-iv cuts its KEY to 16 bytes, use a newer client");
  const weak = legacy.filter((allowed) => allowed === "md5" || allowed === "sha1");
  if (weak.length > 0) found.push(`it takes digests of ${weak.join(" and ")}, which are broken`);
  if (hmac === "md5" || hmac === "sha1") found.push(`${hmac} signs its packets, use sha256`);
  if (mode === "ecb") found.push("ecb shows which parts of two packets are equal, use cbc");
  if (source !== "match") found.push(`source: ${source} opens for an address that the packet's way does not prove`);
  if (expires !== undefined && nowMs >= expires.atMs) found.push(`has expired, its last day was ${expires.lastDay}`);
  else if (expires !== undefined && nowMs >= expires.atMs - SOON_MS) {
    found.push(`expires soon, its last day is ${expires.lastDay}`);
  }
  return found;
}
