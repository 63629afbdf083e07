// The key files: readable for the daemon and for nobody else, good secrets in them, and not about to expire.
import { statSync } from "node:fs";
import { keyWeaknesses } from "../../core/config/key-weakness.ts";
import type { KeyRule } from "../../core/spa/key.ts";
import { keyFileFailures, readKeys } from "../../io/state/key-files.ts";
import type { Machine } from "../machine.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";

const GROUP_READS = 0o040;

export const keys: Check = {
  name: "keys",
  look: (machine) => (machine.config?.keys ?? []).flatMap((rule) => judge(rule, machine)),
};

function judge(rule: KeyRule, machine: Machine): Finding[] {
  const [found] = keyFileFailures([rule]);
  if (found !== undefined) return [fail(found.failure.message, found.failure.hint)];
  const { uid, mode } = statSync(rule.file);
  // That a file which a group may read is one for the daemon's group, the look above has seen.
  const daemon = (mode & GROUP_READS) === 0 && usersOf(machine).find((user) => user !== 0 && user !== uid);
  if (daemon !== false && daemon !== undefined) {
    return [
      fail(`${rule.name}: ${rule.file} is not the daemon's, which can read it no more`, `chown ${daemon} ${rule.file}`),
    ];
  }
  const weak = keyWeaknesses(readKeys([rule]), Date.now()).map((text) => warn(text));
  return weak.length > 0 ? weak : [ok(`${rule.name}: ${rule.file}${lastDayOf(rule)}`)];
}

/** Whom the daemons run as that have this config. A process that has just ended has none. */
function usersOf(machine: Machine): number[] {
  return machine.daemons().flatMap(({ pid }) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? []);
}

function lastDayOf({ expires }: KeyRule): string {
  return expires === undefined ? "" : `, until ${expires.lastDay}`;
}
