// Reads knockd.yaml for the commands that need one.
import { readFileSync, statSync } from "node:fs";
import { CONFIG_BYTES_MAX, type Config, type Parsed, parseConfig } from "../core/config/config.ts";
import { formatProblem } from "../core/config/problem.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { reasonOf } from "../core/text/words.ts";
import { instance } from "./state/directories.ts";

/** Of one of several daemons, that of `knockd@.service`. */
export const DEFAULT_CONFIG = `/etc/knockd/${instance() || "knockd"}.yaml`;

/** `-c`, the same in every command. */
export const CONFIG_OPTION = ["-c, --config <file>", "the config file", DEFAULT_CONFIG] as const;

/** Throws a Failure: NO_INPUT if there is no reading it. */
export function parseFile(file: string): Parsed {
  return parseConfig(readText(file));
}

/** Throws a Failure: NO_INPUT, or CONFIG with every problem on a line of its own. */
export function loadConfig(file: string): Config {
  const parsed = parseFile(file);
  if ("config" in parsed) return parsed.config;
  throw new Failure(EXIT.CONFIG, parsed.problems.map((problem) => formatProblem(file, problem)).join("\n"));
}

function readText(file: string): string {
  try {
    if (statSync(file).size > CONFIG_BYTES_MAX) throw new RangeError(`larger than ${CONFIG_BYTES_MAX} bytes`);
    return readFileSync(file, "utf8");
  } catch (error) {
    const hint = file === DEFAULT_CONFIG ? "name another file with -c FILE" : undefined;
    throw new Failure(EXIT.NO_INPUT, `cannot read ${JSON.stringify(file)}: ${reasonOf(error)}`, hint);
  }
}
