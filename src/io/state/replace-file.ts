// Puts a whole new file in the place of an old one, so that at any moment one of the two is whole.
import { closeSync, constants, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** For its owner alone, on disk when it returns. The file stays open for writing on; its descriptor is the caller's. Throws what node:fs throws. */
export function replaceFile(path: string, bytes: Uint8Array): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  // What a crash has left there, or a link that somebody has put in our way: we write into nothing that we have not made.
  rmSync(draft, { force: true });
  const file = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
    renameSync(draft, path);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
