// Packets of the unmodified fwknop client, made again from their own parts, character by character.
import { describe, expect, it } from "vitest";
import type { DigestKind } from "../../../src/core/spa/crypto.ts";
import { type Outgoing, seal } from "../../../src/core/spa/seal.ts";
import { VECTORS, type Vector } from "../../support/spa-vectors.ts";

/** Of the type 0 we make none, and the client's user and version are our own business. */
const OURS = VECTORS.filter(({ expect: { type, version } }) => type !== 0 && version === "3.0.0");

function partsOf({ packet, plaintext, key, hmacKey, hmacType, mode, expect: wanted }: Vector): Outgoing {
  const salt = Buffer.from(`U2FsdGVkX1${packet}`, "base64").subarray(8, 16);
  const digits = Buffer.alloc(8);
  digits.writeBigUInt64BE(BigInt(plaintext.slice(0, 16)));
  const { username, timestamp, message, nat, clientTimeout, digestType } = wanted;
  return {
    username,
    nowS: timestamp + 0.999,
    random: Buffer.concat([salt, digits]),
    message,
    ...(nat === null ? {} : { nat: `${nat.host},${nat.port}`, natLocal: wanted.type >= 5 }),
    ...(clientTimeout === null ? {} : { timeoutS: clientTimeout }),
    key,
    hmacKey,
    digest: digestType,
    hmac: hmacType ?? "sha256",
    mode: mode === "legacy" ? "cbc" : mode,
    legacy: mode === "legacy",
  };
}

describe("seal", () => {
  it.each(OURS.map((vector) => [vector.name, vector] as const))("makes the client's own packet: %s", (_, vector) => {
    expect(seal(partsOf(vector))).toBe(vector.packet);
  });

  it("makes another packet of the same request with other random bytes", () => {
    const parts = { username: "root", nowS: 1, message: "192.0.2.7,tcp/22", key: Buffer.from("k") };
    expect(seal({ ...parts, random: Buffer.alloc(16, 1) })).not.toBe(seal({ ...parts, random: Buffer.alloc(16, 2) }));
  });

  it("asks with a time-out of its own for every kind of HMAC", () => {
    const kinds: readonly DigestKind[] = ["sha256", "sha384", "sha512"];
    const lengths = kinds.map((hmac) => {
      const hmacKey = Buffer.alloc(64, 7);
      const parts = { username: "root", nowS: 1, message: "192.0.2.7,tcp/22", key: Buffer.from("k"), hmacKey, hmac };
      return seal({ ...parts, timeoutS: 60, random: Buffer.alloc(16, 1) }).length;
    });
    expect(lengths).toEqual([161 + 43, 161 + 64, 161 + 86]);
  });
});
