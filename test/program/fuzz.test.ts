// Twenty seconds of `npm run fuzz`: what strangers send, and files of strangers, make nothing throw, hang or grow.

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Running } from "../support/running.ts";

const FUZZ = fileURLToPath(new URL("../fuzz/fuzz.mjs", import.meta.url));
const SECONDS = 20;
/** With the corpus, and on a machine that does much else. */
const LIMIT_MS = 150_000;

describe("inputs that are changed until they reach new code", () => {
  it("are refused as bad input, or taken, by every target", async () => {
    const fuzz = new Running([process.execPath, FUZZ, "--seconds", String(SECONDS), "--seed", "14"]);
    const code = await fuzz.ended(LIMIT_MS);
    expect(fuzz.stdout + fuzz.stderr).not.toMatch(/FINDING|Error/);
    expect(code).toBe(0);
    expect(fuzz.stdout.match(/^\w+: \d{3,} executions/gm)).toHaveLength(12);
  });
});
