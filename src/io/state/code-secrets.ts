// The secrets of codes: read when the config is taken, refused if anybody but their owner could read them.
import type { Door } from "../../core/door.ts";
import { EXIT, Failure } from "../../core/exit.ts";
import { reasonOf } from "../../core/text/words.ts";
import { type CodeSecret, parseSecretFile, SECRET_FILE_BYTES_MAX } from "../../core/totp/code.ts";
import { readPrivate } from "./key-files.ts";

/** By the names of the doors. Throws a Failure for the first file that will not do. */
export function readCodeSecrets(doors: readonly Door[]): ReadonlyMap<string, CodeSecret> {
  return new Map(
    doors.flatMap(({ name, totp }) => (totp === undefined ? [] : [[name, readCodeSecret(name, totp.secretFile)]])),
  );
}

/** What is wrong with the files, for `check`. */
export function codeSecretFailures(doors: readonly Door[]): { readonly name: string; readonly failure: Failure }[] {
  return doors.flatMap((door) => {
    try {
      readCodeSecrets([door]);
      return [];
    } catch (failure) {
      if (failure instanceof Failure) return [{ name: door.name, failure }];
      throw failure;
    }
  });
}

function readCodeSecret(door: string, file: string): CodeSecret {
  const what = `cannot take the secret of door ${door} from ${JSON.stringify(file)}`;
  const enroll = `knockd enroll ${door} makes such a file`;
  const text = readPrivate(file, what, SECRET_FILE_BYTES_MAX, enroll);
  try {
    return parseSecretFile(text);
  } catch (error) {
    throw new Failure(EXIT.CONFIG, `${what}: ${reasonOf(error)}`, enroll);
  }
}
