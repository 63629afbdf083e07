// Whether a door's commands can begin at all on this machine: the shell can read them, and their programs are there.
import { spawnSync } from "node:child_process";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Command, Door } from "../core/door.ts";
import { TOOL_ENV } from "./tool.ts";

const LIMIT_MS = 2000;
/** Of a shell's text only a plain first word is looked for. */
const PLAIN = /^\s*([\w./+-]+|\[\[)(?=\s|$)/;
/** Words of bash alone; the /bin/sh of Debian is another shell. */
const BASH_ONLY = /^(\[\[|source|let|declare|local|pushd|popd|shopt)$/;
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
  if ("argv" in command) return problemOfList(command.argv[0] ?? "");
  const program = PLAIN.exec(command.shell)?.[1];
  const gone = program === undefined || BUILTINS.test(program) ? undefined : problemOfProgram(program);
  return gone ?? unreadable(command.shell);
}

function problemOfList(program: string): string | undefined {
  if (!/\s/.test(program) || placesOf(program).some(exists)) return problemOfProgram(program);
  const [first = ""] = program.trim().split(/\s+/);
  return `the whole text ${JSON.stringify(program)} is the program here: a list has each word by itself, [${first}, ...], or leave out the brackets`;
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

function problemOfProgram(program: string): string | undefined {
  if (/[%$]/.test(program) || program === "") return undefined;
  if (BASH_ONLY.test(program))
    return shellIsBash() ? undefined : `/bin/sh has no ${program}, which is of bash: [bash, -c, ...] runs it there`;
  const places = placesOf(program);
  if (places.some(runs)) return undefined;
  const name = JSON.stringify(program);
  return places.some(exists) ? `${name} is no program that can be run` : `there is no program ${name} on this machine`;
}

function placesOf(program: string): string[] {
  if (program.includes("/")) return [program];
  return (TOOL_ENV["PATH"] ?? "").split(":").map((place) => join(place, program));
}

function shellIsBash(): boolean {
  try {
    return realpathSync("/bin/sh").endsWith("bash");
  } catch {
    return false;
  }
}

/** What we may not even look at may be there. */
function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EACCES" && path.startsWith("/root");
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
