// A directory for one test file's files, gone afterwards.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Scratch {
  #path = "";

  make(): void {
    this.#path = mkdtempSync(join(tmpdir(), "knockd-test-"));
  }

  get path(): string {
    return this.#path;
  }

  pathOf(name: string): string {
    return join(this.#path, name);
  }

  /** The path of the file that now holds this. */
  write(name: string, bytes: string | Uint8Array): string {
    writeFileSync(this.pathOf(name), bytes);
    return this.pathOf(name);
  }

  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}
