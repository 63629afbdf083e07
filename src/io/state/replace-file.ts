// Puts a whole new file in the place of an old one, so that at any moment one of the two is whole.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** For its owner alone, on disk when it returns. The file stays open for writing on; its descriptor is the caller's. Throws what node:fs throws. */
export function replaceFile(path: string, bytes: Buffer): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = openSync(draft, "w", 0o600);
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
