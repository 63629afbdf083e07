// What a config refers to and only this machine has: one-time sequences and key files, as far as `knockd explain` can read them.

import type { Config } from "../core/config/config.ts";
import type { Door } from "../core/door.ts";
import type { Key } from "../core/spa/key.ts";
import { reasonOf } from "../core/text/words.ts";
import type { CodeSecret } from "../core/totp/code.ts";
import { codeSecretFailures, readCodeSecrets } from "../io/state/code-secrets.ts";
import { keyFileFailures, readKeys } from "../io/state/key-files.ts";
import { OneTimeFile } from "../io/state/one-time-file.ts";
import { hint } from "../io/terminal.ts";

/** Only the daemon's own machine has the key files. */
export function keysFor({ keys }: Config): readonly Key[] {
  const failures = keyFileFailures(keys);
  for (const { failure } of failures) hint(`its signed packets are not judged: ${failure.message}`);
  return readKeys(keys.filter(({ name }) => !failures.some((failure) => failure.name === name)));
}

/** The capture may be older than the last use of such a sequence: nobody can know. */
export function withOneTime(doors: readonly Door[]): Door[] {
  return doors.map((door) => {
    if (door.oneTimeSequences === undefined) return door;
    try {
      hint(`doors.${door.name}: judged by the one-time sequence that is next now`);
      return { ...door, sequence: new OneTimeFile(door.oneTimeSequences).sequence };
    } catch (error) {
      hint(`doors.${door.name}: nobody can earn it, no one-time sequence can be read: ${reasonOf(error)}`);
      return door;
    }
  });
}

/** They are the daemon's, and on another machine than its own there are none. */
export function codeSecretsFor(doors: readonly Door[]): ReadonlyMap<string, CodeSecret> {
  const unread = codeSecretFailures(doors);
  for (const { name, failure } of unread) hint(`doors.${name}: its codes are not judged: ${failure.message}`);
  return readCodeSecrets(doors.filter((door) => !unread.some(({ name }) => name === door.name)));
}
