// The doors' commands: whether the service gives what they need, and whether they can begin at all.
import { existsSync } from "node:fs";
import { fileHints, sandboxHints } from "../../core/sandbox/command-needs.ts";
import { shellHints } from "../../io/shell-hints.ts";
import { dropInLine, sandboxHere } from "../../io/unit-files.ts";
import { type Check, fail, warn } from "../machine-check.ts";

export const commands: Check = {
  name: "commands",
  look({ config }) {
    const doors = config?.doors ?? [];
    // Where systemd runs; elsewhere they may do what the daemon may.
    const sandbox = existsSync("/run/systemd/system") ? sandboxHere() : undefined;
    const needs =
      sandbox === undefined || config === undefined
        ? []
        : [...fileHints(config, sandbox), ...doors.flatMap((door) => sandboxHints(door, sandbox))];
    return [
      ...doors.flatMap(shellHints).map((text) => fail(text)),
      ...needs.map((text) => warn(text, adviceFor(text))),
    ];
  },
};

function adviceFor(text: string): string {
  const file = /knockd-[\w-]+\.conf/.exec(text)?.[0];
  return file === undefined ? "systemctl edit knockd" : dropInLine(file, /ReadWritePaths=(\S+) gives/.exec(text)?.[1]);
}
