// Whether a door's commands can begin at all on this machine: the shell can read them, and their programs are there.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Command, Door } from "../core/door.ts";
import { TOOL_ENV } from "./tool.ts";

const LIMIT_MS = 2000;
/** Of a shell's text only a plain first word is looked for. */
const PLAIN = /^\s*([\w./+-]+)(?=\s|$)/;
const BUILTINS =
  /^(:|\.|\[|alias|break|case|cd|command|continue|do|done|echo|eval|exec|exit|export|false|for|if|kill|printf|pwd|read|return|set|shift|sleep|test|time|times|trap|true|type|ulimit|umask|unset|until|wait|while)$/;

export function shellHints({ name, commands }: Door): string[] {
  const all = ([4, 6] as const).flatMap((family) => [
    { key: "start_command", command: commands[family].start },
    { key: "stop_command", command: commands[family].stop },
  ]);
  const found = all.flatMap(({ key, command }) => {
    const problem = command === undefined ? undefined : problemOf(command);
    return problem === undefined ? [] : [`doors.${name}.${key}: ${problem}`];
  });
  return [...new Set(found)];
}

function problemOf(command: Command): string | undefined {
  if ("argv" in command) return missing(command.argv[0] ?? "");
  const program = PLAIN.exec(command.shell)?.[1];
  const gone = program === undefined || BUILTINS.test(program) ? undefined : missing(program);
  return gone ?? unreadable(command.shell);
}

/** -n: it is read, and nothing of it is done. */
function unreadable(text: string): string | undefined {
  const { status, stderr } = spawnSync("/bin/sh", ["-n", "-c", text], {
    env: TOOL_ENV,
    timeout: LIMIT_MS,
    encoding: "utf8",
  });
  if (status === 0 || status === null) return undefined;
  return `the shell cannot read it: ${
    stderr
      .trim()
      .split("\n")[0]
      ?.replace(/^\/bin\/sh: (\d+: )?/, "") ?? ""
  }`;
}

function missing(program: string): string | undefined {
  if (/[%$]/.test(program) || program === "") return undefined;
  const places = program.includes("/")
    ? [program]
    : (TOOL_ENV["PATH"] ?? "").split(":").map((place) => join(place, program));
  return places.some(runs) ? undefined : `there is no program ${JSON.stringify(program)} on this machine`;
}

/** What we may not even look at may be there. */
function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES" && path.startsWith("/root");
  }
}
