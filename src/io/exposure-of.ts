// Whether others may read or write knockd.yaml: whoever reads it can knock.
import { constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { looseness } from "../core/config/looseness.ts";
import { words } from "../core/text/words.ts";

/** What is unwise about it, if anything is. */
export function exposureOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  const loose = found?.isFile() && isReachable(file) ? looseness(found.mode) : undefined;
  return loose === undefined ? undefined : words.exposed(file, loose);
}

/** Whether everybody may pass all directories above it. */
function isReachable(file: string): boolean {
  for (let path = dirname(resolve(file)); ; path = dirname(path)) {
    if ((statSync(path).mode & constants.S_IXOTH) === 0) return false;
    if (path === "/") return true;
  }
}
