// Whose a directory is that we keep our state in. Where somebody else may write, links may lead us astray, and a ledger may name
// commands that are not ours: root must not follow either.
import { lstatSync } from "node:fs";
import { EXIT, Failure } from "../../core/exit.ts";

const ROOT = 0;
const OTHERS_WRITE = 0o022;

/** Throws a Failure unless it is ours or root's, and writable for nobody else. `variable` is how to name another. */
export function refuseForeign(directory: string, variable: string): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  // It will be made.
  if (found === undefined) return;
  const refuse = (what: string, hint: string): never => {
    throw new Failure(EXIT.NO_PERMISSION, `${JSON.stringify(directory)} ${what}`, hint);
  };
  const elsewhere = `name another directory in ${variable}`;
  if (!found.isDirectory()) refuse("is no directory", elsewhere);
  const us = process.geteuid?.() ?? ROOT;
  if (found.uid !== us && found.uid !== ROOT)
    refuse(`belongs to another user (${found.uid}), not to us (${us})`, `run knockd as that user, or ${elsewhere}`);
  if ((found.mode & OTHERS_WRITE) !== 0) refuse("is writable for others", `chmod go-w ${directory}, or ${elsewhere}`);
}

/** The same of a file in it that is open; throws an Error. */
export function refuseForeignFile({ uid }: { readonly uid: number }): void {
  if (uid !== ROOT && uid !== process.geteuid?.()) throw new Error(`it belongs to another user (${uid})`);
}
