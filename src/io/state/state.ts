// What outlives a run, all in one directory: which doors are open, what was used and is good no more, where the guards stand.
import type { GuardSecret } from "../../core/guard/guard.ts";
import { words } from "../../core/text/words.ts";
import { bootId } from "../clock.ts";
import type { Log } from "../log/log.ts";
import { Ledger } from "./ledger-file.ts";
import { CODES, OnceFile } from "./once-file.ts";
import { guardSecret, keptGuardSecret } from "./secret.ts";

export interface State {
  readonly ledger: Ledger;
  readonly usedPackets: OnceFile;
  readonly usedCodes: OnceFile;
  readonly guardSecret: GuardSecret;
}

/** Nothing is read yet but the secret. Where it cannot be kept, the guards stand elsewhere after the next start. */
export function openState(directory: string, log: Log): State {
  const boot = bootId();
  // The secret is made at the first start: where it is, and a file of used ones is not, somebody has taken that away.
  const firstRun = keptGuardSecret(directory) === undefined;
  const usedPackets = new OnceFile(directory, log, { boot, firstRun });
  const usedCodes = new OnceFile(directory, log, { kind: CODES, boot, firstRun });
  if (firstRun) for (const used of [usedPackets, usedCodes]) used.begin();
  const { secret, problem } = guardSecret(directory);
  if (problem !== undefined) log.warn({ event: "guard-secret-failed" }, words.secretNotKept(problem));
  return { ledger: new Ledger(directory, boot), usedPackets, usedCodes, guardSecret: secret };
}
