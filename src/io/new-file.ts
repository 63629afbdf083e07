// A new config file: whole from its first moment, secret, never in the place of another.
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { EXIT, Failure } from "../core/exit.ts";
import { reasonOf } from "../core/text/words.ts";
import { serviceUser } from "./state/service-user.ts";

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY } = constants;
const DIRECTORY_MODE = 0o750;
const FILE_MODE = 0o640;
/** From where the program is. */
const SAMPLE = "../config/knockd.yaml";
const ROOT = 0;

/** Whether something stands there that is not ours to replace. The sample that came with knockd is nobody's work. */
export function isTaken(path: string): boolean {
  const present = read(path);
  return present !== undefined && present !== sample();
}

/** Before anybody has answered questions in vain. */
export function refuseUnwritable(path: string): void {
  let directory = dirname(resolve(path));
  while (!existsSync(directory)) directory = dirname(directory);
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw failureOf(path, error);
  }
}

export function writeNewFile(path: string, text: string): void {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    const made = mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
    if (made !== undefined) giveDirectory(dirname(path));
    writeDraft(draft, text);
    // Unlike a renaming, a link never takes another's place.
    if (read(path) === undefined || isTaken(path)) linkSync(draft, path);
    else renameSync(draft, path);
  } catch (error) {
    throw failureOf(path, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Undefined if there is nothing. What cannot be read is something. */
function read(path: string): string | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function sample(): string | undefined {
  return read(join(dirname(realpathSync(process.argv[1] ?? "")), SAMPLE));
}

/** By the descriptor, never by name: nobody can put another file in its place meanwhile. */
function writeDraft(draft: string, text: string): void {
  const file = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  try {
    giveToGroup(file);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function giveDirectory(directory: string): void {
  const descriptor = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    giveToGroup(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function giveToGroup(descriptor: number): void {
  const group = serviceUser()?.gid;
  if (group !== undefined && process.getuid?.() === ROOT) fchownSync(descriptor, ROOT, group);
}

function failureOf(path: string, error: unknown): Failure {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const denied = code === "EACCES" || code === "EPERM";
  const message = `cannot write ${JSON.stringify(path)}: ${reasonOf(error)}`;
  return new Failure(
    denied ? EXIT.NO_PERMISSION : EXIT.CONFIG,
    message,
    denied ? "run as root: sudo knockd init" : undefined,
  );
}
