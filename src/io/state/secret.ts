// The secret that places the guard ports: made once, kept in the state directory, so that guards do not move with a restart.
import { randomBytes, randomInt } from "node:crypto";
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { GuardSecret } from "../../core/guard/guard.ts";
import { replaceFile } from "./replace-file.ts";

const SECRET_BYTES = 16;
const FILE = "guard-secret";

/** `problem` says why the secret is not kept; it serves for this run all the same. */
export function guardSecret(stateDirectory: string): { secret: GuardSecret; problem?: string } {
  const path = join(stateDirectory, FILE);
  const kept = readKept(path);
  if (kept !== undefined) return { secret: words(kept) };
  const made = randomBytes(SECRET_BYTES);
  try {
    closeSync(replaceFile(path, made));
    return { secret: words(made) };
  } catch (error) {
    return { secret: words(made), problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The daemon's, for who may read it; makes none. */
export function keptGuardSecret(stateDirectory: string): GuardSecret | undefined {
  const kept = readKept(join(stateDirectory, FILE));
  return kept === undefined ? undefined : words(kept);
}

/** 0 to 1, that nobody can foretell. */
export function randomFraction(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}

export function randomKey(bytes: number): Uint8Array {
  return randomBytes(bytes);
}

function readKept(path: string): Buffer | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const bytes = readFileSync(file);
      return bytes.length === SECRET_BYTES ? bytes : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    // Absent at the first start; one that cannot be read is reported when it cannot be written either.
    return undefined;
  }
}

function words(bytes: Buffer): GuardSecret {
  return [bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)];
}
