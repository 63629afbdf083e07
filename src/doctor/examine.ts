// Runs all checks side by side; one that fails or hangs costs its own line and no other.
import { reasonOf } from "../core/text/words.ts";
import { CHECKS } from "./checks.ts";
import type { Machine } from "./machine.ts";
import { type Check, type Finding, warn } from "./machine-check.ts";

export interface Result extends Finding {
  readonly check: string;
}

/** Longer than every tool's own limit: a tool that does not even end when it is told to. */
const CHECK_MS = 15_000;

export async function examine(
  machine: Machine,
  checks: readonly Check[] = CHECKS,
  limitMs = CHECK_MS,
): Promise<Result[]> {
  const results = await Promise.all(checks.map((check) => findingsOf(check, machine, limitMs)));
  return results.flat();
}

async function findingsOf(check: Check, machine: Machine, limitMs: number): Promise<Result[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => resolve([warn(`no answer after ${limitMs / 1000} seconds`)]), limitMs);
  });
  const looked = (async () => check.look(machine))().catch((error) => [warn(`cannot look: ${reasonOf(error)}`)]);
  const findings = await Promise.race([looked, late]);
  clearTimeout(timer);
  return findings.map((finding) => ({ check: check.name, ...finding }));
}
