// Key files: read when the config is taken, refused if anybody but root and the daemon could read them; and made by keygen.
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";

import { dirname } from "node:path";
import { EXIT, Failure } from "../../core/exit.ts";
import { derivationWorks } from "../../core/spa/crypto.ts";
import type { Key, KeyRule } from "../../core/spa/key.ts";
import { KEY_FILE_BYTES_MAX, parseKeyFile } from "../../core/spa/key-file.ts";
import { reasonOf } from "../../core/text/words.ts";
import { serviceUser } from "./service-user.ts";

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY } = constants;
const OTHERS = 0o077;
const GROUP_READS = 0o040;
const ROOT = 0;
/** For the daemon to read, and for root alone to write. */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

/** What is wrong with the key files, for `check`; readKeys throws the first of it. */
export function keyFileFailures(rules: readonly KeyRule[]): { readonly name: string; readonly failure: Failure }[] {
  return rules.flatMap((rule) => {
    try {
      readKeys([rule]);
      return [];
    } catch (failure) {
      if (failure instanceof Failure) return [{ name: rule.name, failure }];
      throw failure;
    }
  });
}

/** Throws a Failure for the first file that will not do. */
export function readKeys(rules: readonly KeyRule[]): readonly Key[] {
  if (rules.length > 0 && !derivationWorks()) {
    throw new Failure(
      EXIT.UNAVAILABLE,
      "signed packets need MD5, which this machine's OpenSSL does not offer",
      "it may run in FIPS mode; without keys in the config, knockd needs no MD5",
    );
  }
  return rules.map((rule) => ({ ...rule, ...readKey(rule) }));
}

function readKey({ name, file, legacy }: KeyRule): ReturnType<typeof parseKeyFile> {
  const what = `cannot take the key of ${name} from ${JSON.stringify(file)}`;
  const text = readPrivate(file, what, KEY_FILE_BYTES_MAX);
  try {
    return parseKeyFile(text, legacy);
  } catch (error) {
    throw new Failure(EXIT.CONFIG, `${what}: ${reasonOf(error)}`, `knockd keygen ${name} makes such a file`);
  }
}

/** The text of a file that nobody but its owner and the daemon may read. `what` begins the Failure, `absent` is the hint if there is no file. */
export function readPrivate(file: string, what: string, bytesMax: number, absent?: string): string {
  const { text, found } = readWhole(file, what, bytesMax, absent);
  const mayRead = isOurGroups(found) ? GROUP_READS : 0;
  if ((found.mode & OTHERS & ~mayRead) === 0) return text;
  const octal = (found.mode & 0o7777).toString(8).padStart(4, "0");
  throw new Failure(EXIT.CONFIG, `${what}: others may read it (mode ${octal})`, `chmod 600 ${file}`);
}

/** As `knockd keygen` leaves it: root's, and the daemon's group may read it. */
function isOurGroups({ uid, gid }: Stats): boolean {
  if (uid !== ROOT || gid === ROOT) return false;
  return gid === serviceUser()?.gid || gid === process.getegid?.();
}

function readWhole(file: string, what: string, bytesMax: number, absent?: string): { text: string; found: Stats } {
  try {
    const descriptor = openSync(file, "r");
    try {
      const found = fstatSync(descriptor);
      if (found.size > bytesMax) throw new RangeError(`larger than ${bytesMax} bytes`);
      return { text: readFileSync(descriptor, "utf8"), found };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const reason = reasonOf(error);
    const cure = `the daemon must be able to read it: chown root:knockd ${file}; chmod 640 ${file}`;
    throw new Failure(EXIT.NO_INPUT, `${what}: ${reason}`, reason.startsWith("permission") ? cure : absent);
  }
}

/**
 * Makes the file: root's, and readable for the group of the service's user, if there is one and we may; else for its owner
 * alone. By the descriptor, never by name: nobody can put another file in its place meanwhile. Throws what node:fs says.
 */
export function writeKeyFile(file: string, text: string): void {
  const group = process.geteuid?.() === ROOT ? serviceUser()?.gid : undefined;
  makeDirectory(dirname(file), group);
  // O_EXCL: a key that somebody uses must not be lost.
  const descriptor = openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if (group !== undefined) give(descriptor, group, FILE_MODE);
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function makeDirectory(directory: string, group: number | undefined): void {
  const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (made === undefined || group === undefined) return;
  const descriptor = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    give(descriptor, group, DIRECTORY_MODE);
  } finally {
    closeSync(descriptor);
  }
}

function give(descriptor: number, group: number, mode: number): void {
  fchownSync(descriptor, ROOT, group);
  fchmodSync(descriptor, mode);
}

export interface KeyFile {
  readonly path: string;
  readonly text: string;
}

/** All of them or none: a run that failed halfway could not be repeated. */
export function makeKeyFiles(files: readonly KeyFile[]): void {
  const there = files.find(({ path }) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  if (there !== undefined)
    throw new Failure(
      EXIT.UNAVAILABLE,
      `cannot make ${JSON.stringify(there.path)}: it is there already`,
      "a key is never overwritten: name another directory with --keys",
    );
  for (const { path, text } of files) {
    try {
      writeKeyFile(path, text);
    } catch (error) {
      throw new Failure(EXIT.UNAVAILABLE, `cannot make ${JSON.stringify(path)}: ${reasonOf(error)}`);
    }
  }
}
