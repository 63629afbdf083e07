// Key files: read when the config is taken, refused if anybody but their owner could read them; and made by keygen.
import {
  chownSync,
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
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

const OTHERS = 0o077;

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

/** The text of a file that nobody but its owner may read. `what` begins the Failure, `absent` is the hint if there is no file. */
export function readPrivate(file: string, what: string, bytesMax: number, absent?: string): string {
  const { text, mode } = readWhole(file, what, bytesMax, absent);
  if ((mode & OTHERS) === 0) return text;
  const octal = (mode & 0o7777).toString(8).padStart(4, "0");
  throw new Failure(EXIT.CONFIG, `${what}: others may read it (mode ${octal})`, `chmod 600 ${file}`);
}

function readWhole(file: string, what: string, bytesMax: number, absent?: string): { text: string; mode: number } {
  try {
    const descriptor = openSync(file, "r");
    try {
      const { mode, size } = fstatSync(descriptor);
      if (size > bytesMax) throw new RangeError(`larger than ${bytesMax} bytes`);
      return { text: readFileSync(descriptor, "utf8"), mode };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const reason = reasonOf(error);
    const hint = reason.startsWith("permission") ? `the daemon must own it: chown knockd ${file}` : absent;
    throw new Failure(EXIT.NO_INPUT, `${what}: ${reason}`, hint);
  }
}

/** Makes the file with mode 0600, owned by the service's user if there is one and we may; throws what node:fs says. */
export function writeKeyFile(file: string, text: string): void {
  const owner = process.getuid?.() === 0 ? serviceUser() : undefined;
  const made = mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (made !== undefined && owner !== undefined) chownSync(dirname(file), owner.uid, owner.gid);
  // "wx": a key that somebody uses must not be lost.
  const descriptor = openSync(file, "wx", 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
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
