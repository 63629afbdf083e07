// Where the profiles are kept, and how they get from there: only when nobody else can read their secrets.

import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { formatProblem } from "../core/config/problem.ts";
import { EXIT, Failure } from "../core/exit.ts";
import type { Profiles } from "./profile-schema.ts";
import { holdsSecrets, parseProfiles } from "./profiles.ts";

/** BOUNDED: bytes of the file. */
const BYTES_MAX = 1024 * 1024;
const BY_OTHERS = 0o077;

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  readonly profiles: Profiles;
}

/** A relative $XDG_CONFIG_HOME is void, as its specification says. */
export function configPath(env: NodeJS.ProcessEnv = process.env): string {
  const base = env["XDG_CONFIG_HOME"];
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".config"), "knock", "config.yaml");
}

/** undefined: there is none. */
export function readConfigFile(path: string): ConfigFile | undefined {
  const read = readText(path);
  if (read === undefined) return undefined;
  const parsed = parseProfiles(read.text);
  if ("problems" in parsed) {
    throw new Failure(EXIT.FAILED, parsed.problems.map((problem) => formatProblem(path, problem)).join("\n"));
  }
  if (holdsSecrets(parsed.profiles) && (read.mode & BY_OTHERS) !== 0) {
    const mode = (read.mode & 0o777).toString(8).padStart(4, "0");
    throw new Failure(
      EXIT.FAILED,
      `${path} holds secrets and is open to others (mode ${mode})`,
      `try "chmod 600 ${path}"`,
    );
  }
  return { path, text: read.text, profiles: parsed.profiles };
}

function readText(path: string): { text: string; mode: number } | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Failure(EXIT.FAILED, `cannot read ${path}: ${wordsOf(error)}`);
  }
  try {
    const { mode, size } = fstatSync(file);
    if (size > BYTES_MAX)
      throw new Failure(EXIT.FAILED, `${path} is too large: ${size} bytes, expected at most ${BYTES_MAX}`);
    return { text: readFileSync(file, "utf8"), mode };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(EXIT.FAILED, `cannot read ${path}: ${wordsOf(error)}`);
  } finally {
    closeSync(file);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function wordsOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES") return "permission denied";
  return code === "EISDIR" ? "it is a directory" : String(error);
}
