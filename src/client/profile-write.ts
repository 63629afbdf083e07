// A new profile -> config.yaml: comments and order stay, the file is whole at every moment and for its owner alone.

import { mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isMap, parseDocument } from "yaml";
import { formatProblem } from "../core/config/problem.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { readConfigFile } from "./profile-file.ts";
import { parseProfiles } from "./profiles.ts";

export function addProfile(path: string, name: string, profile: unknown): void {
  const file = readConfigFile(path);
  if (file !== undefined && Object.hasOwn(file.profiles, name)) {
    throw new Failure(
      EXIT.FAILED,
      `there is a profile ${JSON.stringify(name)} already in ${path}`,
      'give another name: "--as NAME"',
    );
  }
  const text = withProfile(file?.text ?? "", name, profile);
  const parsed = parseProfiles(text);
  // What was imported is a stranger's text, and must not spoil the file.
  if ("problems" in parsed) {
    throw new Failure(
      EXIT.FAILED,
      parsed.problems.map((problem) => formatProblem("the new profile", problem)).join("\n"),
    );
  }
  write(path, text);
}

function withProfile(text: string, name: string, profile: unknown): string {
  // A file of comments alone, or none.
  const isEmpty = parseDocument(text).contents === null;
  const document = parseDocument(isEmpty ? `${text}\nprofiles: {}\n`.trimStart() : text);
  const profiles = document.get("profiles");
  // A block of its own lines, not braces, for the next person who edits it.
  if (isMap(profiles) && profiles.items.length > 0) profiles.flow = false;
  else document.set("profiles", document.createNode({}));
  document.setIn(["profiles", name], document.createNode(profile));
  return document.toString();
}

/** In the place of the old file, also where that is reached through a link. */
function write(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
    renameSync(temporary, realPath(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Failure(EXIT.FAILED, `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // There is no file yet.
    return path;
  }
}
