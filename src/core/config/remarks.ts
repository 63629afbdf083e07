// What is legal in a config file and yet not what it looks like: characters that nobody sees, keys that do nothing.
import { oddText } from "../text/odd-characters.ts";
import { mapping } from "./blocks.ts";
import { quotedPath } from "./config-problem.ts";
import type { Problem } from "./problem.ts";
import type { YamlFile } from "./yaml-file.ts";

/** BOUNDED: lines with odd characters that are told. */
const ODD_LINES_MAX = 20;

/** A problem of a line with characters that look like others says so. */
export function withOddCharacters(problems: readonly Problem[], text: string): Problem[] {
  const lines = text.split("\n");
  return problems.map((problem) => {
    const odd = oddText(withoutComment(lines[problem.line - 1] ?? ""));
    return odd === undefined ? problem : { ...problem, message: `${problem.message}; the line ${odd}` };
  });
}

export function remarksOn(text: string, file: YamlFile): Problem[] {
  return [...oddLines(text), ...idleKeys(file)].sort((a, b) => a.line - b.line);
}

function oddLines(text: string): Problem[] {
  const found = text.split("\n").flatMap((line, index) => {
    const odd = oddText(withoutComment(line));
    const column = odd === undefined ? 1 : Number(/at column (\d+)/.exec(odd)?.[1]);
    return odd === undefined ? [] : [{ path: "", line: index + 1, column, message: odd }];
  });
  return found.slice(0, ODD_LINES_MAX);
}

/** As good as yaml's own rule: a blank before it. */
function withoutComment(line: string): string {
  return line.replace(/(^|\s)#.*$/, "");
}

function idleKeys(file: YamlFile): Problem[] {
  return Object.entries(mapping(mapping(file.value)["doors"])).flatMap(([name, value]) => {
    const door = mapping(value);
    const has = (...keys: string[]): boolean => keys.some((key) => door[key] !== undefined && door[key] !== "");
    const idle = [
      ...(has("stop_command") && !has("start_command", "start_command_6") ? ["stop_command"] : []),
      ...(has("stop_command_6") && !has("start_command", "start_command_6") ? ["stop_command_6"] : []),
    ].map((key) => ({ key, message: "never runs: there is no start_command" }));
    const closes = has("stop_command", "stop_command_6", "open", "set", "set_6");
    if (has("cmd_timeout") && !closes)
      idle.push({ key: "cmd_timeout", message: "without effect: there is no stop_command" });
    if (has("for") && !closes)
      idle.push({ key: "for", message: "without effect: nothing is opened, and there is no stop_command" });
    return idle.map(({ key, message }) => {
      const path = ["doors", name, key];
      return { path: quotedPath(path), ...file.placeOfKey(path), message };
    });
  });
}
