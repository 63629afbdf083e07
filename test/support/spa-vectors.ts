// Packets that an unmodified fwknop client (Debian's 2.6.10) made with throw-away keys: what our own code must read and make.
// fwknop-vectors.json says of itself how it came about; no code of fwknop's went into it.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { CIPHER_MODES, DIGEST_KINDS } from "../../src/core/spa/crypto.ts";

const bytes = z.string().transform((text) => Buffer.from(text, "base64"));

const vector = z.object({
  name: z.string(),
  key: bytes,
  hmacKey: bytes.nullish().transform((key) => key ?? undefined),
  hmacType: z.enum(DIGEST_KINDS).nullish(),
  mode: z.enum([...CIPHER_MODES, "legacy"]),
  packet: z.string(),
  plaintext: z.string(),
  expect: z.object({
    type: z.int(),
    username: z.string(),
    timestamp: z.int(),
    version: z.string(),
    message: z.string(),
    nat: z.object({ host: z.string(), port: z.int() }).nullable(),
    clientTimeout: z.int().nullable(),
    digestType: z.enum(DIGEST_KINDS),
    replayDigest: z.string(),
  }),
});

export type Vector = z.output<typeof vector>;

const file = new URL("./fwknop-vectors.json", import.meta.url);

export const VECTORS: readonly Vector[] = z
  .object({ vectors: z.array(vector) })
  .parse(JSON.parse(readFileSync(file, "utf8"))).vectors;
