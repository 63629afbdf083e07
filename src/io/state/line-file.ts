// A file that grows by lines: what the state keeps of grants, used packets and used codes. Its first line says which boot
// wrote it. One way to treat a torn end: only what ends with a newline was written, and what follows it is cut off.
import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isAbsent } from "./absent.ts";
import { refuseForeignFile } from "./private-directory.ts";
import { replaceFile } from "./replace-file.ts";

/** BOUNDED: bytes of the file. Past so many, and past twice what was left by the last time, it is written anew. */
const COMPACT_BYTES = 256 * 1024;
/** Nothing that we write is longer. */
const READ_BYTES_MAX = 64 * 1024 * 1024;
const VERSION = 2;

const dataSync = promisify(fdatasync);

export interface LinesKept {
  readonly lines: readonly string[];
  /** This boot has written it, so all that was written is there: what outlives SIGKILL may not outlive a power cut. */
  readonly sameBoot: boolean;
  /** The last line was cut short by our end, or by a full disk. */
  readonly torn: boolean;
}

export class LineFile {
  readonly path: string;
  readonly #header: string;
  readonly #boot: string;
  /** All that is to be in the file now. */
  readonly #living: () => Iterable<string>;
  #file: number | undefined;
  #bytes = 0;
  #compactAt = COMPACT_BYTES;

  constructor(directory: string, name: string, boot: string, living: () => Iterable<string>) {
    this.path = join(directory, name);
    this.#boot = boot;
    this.#header = `knockd ${name} ${VERSION} ${boot}\n`;
    this.#living = living;
  }

  /** What an earlier run has left; undefined: there is no file. Throws what node:fs says, or a RangeError. */
  read(): LinesKept | undefined {
    const text = this.#text();
    if (text === undefined) return undefined;
    const lines = text.split("\n");
    const torn = lines.pop() !== "";
    const [, boot] = /^knockd \S+ \d+ (\S+)$/.exec(lines[0] ?? "") ?? [];
    // Where there is no such line, an earlier version wrote it, or its beginning is lost.
    return { lines: boot === undefined ? lines : lines.slice(1), sameBoot: boot === this.#boot, torn };
  }

  /** A SIGKILL after this loses nothing; `durable` also waits for the disk. Throws what node:fs says; then the line is not there. */
  append(line: string): void {
    if (this.#file === undefined || this.#bytes > this.#compactAt) return this.compact();
    const bytes = Buffer.from(line);
    const before = this.#bytes;
    try {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.#file, bytes, written, bytes.length - written, before + written);
      }
      this.#bytes += bytes.length;
    } catch (error) {
      // Half a line (disk full) must not spoil the next one.
      ftruncateSync(this.#file, before);
      throw error;
    }
  }

  /** Resolves once the disk has all. */
  async settle(): Promise<void> {
    if (this.#file !== undefined) await dataSync(this.#file);
  }

  /** Writes anew what is to be in it, without what is over. Throws what node:fs says. */
  compact(): void {
    const text = Buffer.from([this.#header, ...this.#living()].join(""));
    const file = replaceFile(this.path, text);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = file;
    this.#bytes = text.length;
    this.#compactAt = Math.max(COMPACT_BYTES, 2 * text.length);
  }

  /** Tells the next run that the file does not know all. (A full disk still lets us shorten it.) */
  spoil(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      ftruncateSync(file, 0);
      closeSync(file);
    } catch {
      // Then what the file says is older than what it should say, and one packet may be good once more after a restart.
    }
  }

  #text(): string | undefined {
    try {
      const file = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        refuseForeignFile(fstatSync(file));
        if (fstatSync(file).size > READ_BYTES_MAX) throw new RangeError(`larger than ${READ_BYTES_MAX} bytes`);
        return readFileSync(file, "utf8");
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }
}
