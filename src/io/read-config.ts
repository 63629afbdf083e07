// Reads knockd.yaml for the commands that need one.
import { type Config, type Parsed, parseConfig } from "../core/config/config.ts";
import { interfaceNameProblem } from "../core/config/interface-name.ts";
import { formatProblem } from "../core/config/problem.ts";
import { EXIT, Failure } from "../core/exit.ts";
import { DEFAULT_CONFIG, readConfigText } from "./config-text.ts";

/** `-c`, the same in every command. */
export const CONFIG_OPTION = ["-c, --config <file>", "the config file", DEFAULT_CONFIG] as const;

/** `-i`: throws a Failure for what can be no interface's name, and would be waited for in vain. */
export function interfaceNamed(text: string): string {
  const problem = interfaceNameProblem(text);
  if (problem === undefined) return text;
  throw new Failure(EXIT.USAGE, `-i: ${problem}, got ${JSON.stringify(text)}`);
}

/** Throws a Failure: NO_INPUT if there is no reading it. */
export function parseFile(file: string): Parsed {
  return parseConfig(readConfigText(file));
}

/** Throws a Failure: NO_INPUT, or CONFIG with every problem on a line of its own. */
export function loadConfig(file: string): Config {
  const parsed = parseFile(file);
  if ("config" in parsed) return parsed.config;
  throw new Failure(EXIT.CONFIG, parsed.problems.map((problem) => formatProblem(file, problem)).join("\n"));
}
