// What outlives a run, all in one directory: which doors are open, what was used and is good no more, where the guards stand.
import type { GuardSecret } from "../../core/guard.ts";
import { words } from "../../core/text/words.ts";
import type { Log } from "../log/log.ts";
import { Ledger } from "./ledger-file.ts";
import { CODES, OnceFile } from "./once-file.ts";
import { guardSecret } from "./secret.ts";

export interface State {
  readonly ledger: Ledger;
  readonly usedPackets: OnceFile;
  readonly usedCodes: OnceFile;
  readonly guardSecret: GuardSecret;
}

/** Nothing is read yet but the secret. Where it cannot be kept, the guards stand elsewhere after the next start. */
export function openState(directory: string, log: Log): State {
  const { secret, problem } = guardSecret(directory);
  if (problem !== undefined) log.warn({ event: "state" }, words.secretNotKept(problem));
  return {
    ledger: new Ledger(directory),
    usedPackets: new OnceFile(directory, log),
    usedCodes: new OnceFile(directory, log, CODES),
    guardSecret: secret,
  };
}
