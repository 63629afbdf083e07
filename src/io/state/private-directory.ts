// Whose a directory is that we keep our state in. Where somebody else may write, links may lead us astray, and a ledger may name
// commands that are not ours: root must not follow either.
import { lstatSync, type Stats, statSync } from "node:fs";
import { EXIT, Failure } from "../../core/exit.ts";

const ROOT = 0;
const OTHERS_WRITE = 0o022;

/** Throws a Failure unless it is ours or root's, and writable for nobody else. `variable` is how to name another. */
export function refuseForeign(directory: string, variable: string): void {
  for (const look of [lstatSync, statSync]) {
    const found = quietly(() => look(directory));
    // It will be made, or it is none: whoever opens something in it says so.
    if (found === undefined) return;
    const fault = faultOf(found);
    if (fault === undefined) continue;
    const hint = `${fault.cure(directory)}, or name another directory in ${variable}`;
    throw new Failure(EXIT.NO_PERMISSION, `${JSON.stringify(directory)} ${fault.what}`, hint);
  }
}

interface Fault {
  readonly what: string;
  readonly cure: (directory: string) => string;
}

function faultOf(found: Stats): Fault | undefined {
  const us = process.geteuid?.() ?? ROOT;
  if (found.uid !== us && found.uid !== ROOT) {
    return { what: `belongs to another user (${found.uid}), we are ${us}`, cure: () => "run knockd as that user" };
  }
  // Of a link, the mode means nothing.
  if (found.isSymbolicLink() || (found.mode & OTHERS_WRITE) === 0) return undefined;
  return { what: "is writable for others", cure: (directory) => `chmod go-w ${directory}` };
}

function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    // Absent, or out of reach.
    return undefined;
  }
}

/** The same of a file in it that is open; throws an Error. */
export function refuseForeignFile({ uid }: { readonly uid: number }): void {
  if (uid !== ROOT && uid !== process.geteuid?.()) throw new Error(`it belongs to another user (${uid})`);
}
