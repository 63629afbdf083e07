// A door's command with `privileges: none`: as a user who may do nothing, so that a hole in a web hook is not a key to every door.
import { createConnection } from "node:net";
import type { Command } from "../core/door.ts";
import type { CommandResult } from "./command.ts";
import { setprivPath } from "./tool.ts";

/** BOUNDED: the end of a command's output that is kept, for the log. */
const OUTPUT_MAX = 4096;
const NEEDS = "privileges: none takes root and setpriv, or knockd-command.socket of the service";
/** The last line of an answer. */
const STATUS = /(?:^|\n)knockd-status (\d+)\n$/;

/** Where systemd runs such commands for us: a process of ours could not become anybody else. Undefined: we do it ourselves. */
export function commandSocket(): string | undefined {
  return process.env["KNOCKD_COMMAND_SOCKET"] || undefined;
}

/** What runs the command as nobody, without a capability, a group or a way back; undefined: we may not do that. */
export function withoutPrivileges(argv: readonly string[]): readonly string[] | undefined {
  const setpriv = setprivPath();
  if (process.geteuid?.() !== 0 || setpriv === undefined) return undefined;
  const drops = ["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--inh-caps=-all", "--ambient-caps=-all"];
  return [setpriv, ...drops, "--bounding-set=-all", "--no-new-privs", ...argv];
}

/** For where neither of the two can be had: such a command never runs with more. */
export const REFUSED: CommandResult = { outcome: "unstarted", reason: NEEDS, passing: false };

/** Never rejects. systemd ends what takes longer than it may, with all it started. */
export function runBySystemd(
  path: string,
  command: Command,
  variables: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = "";
    let problem: Error | undefined;
    let overdue = false;
    const socket = createConnection(path);
    const limit = setTimeout(() => {
      overdue = true;
      socket.destroy();
    }, limitMs);
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      output = (output + String(chunk)).slice(-OUTPUT_MAX);
    });
    socket.on("error", (error) => {
      problem = error;
    });
    socket.on("close", () => {
      clearTimeout(limit);
      const [ending, status] = STATUS.exec(output) ?? [];
      const said = output.slice(0, output.length - (ending?.length ?? 0)).trim();
      if (overdue) resolve({ outcome: "overdue", limitMs, output: said });
      else if (status === "0") resolve({ outcome: "done" });
      else if (status !== undefined) resolve({ outcome: "status", status: Number(status), output: said });
      else
        resolve({ outcome: "unstarted", reason: problem?.message ?? `${path}: no answer`, passing: isBusy(problem) });
    });
    socket.end(scriptOf(command, variables));
  });
}

/** What the shell at the other end reads to its end before it does anything; so its own stdin is free to be nothing. */
export function scriptOf(command: Command, variables: NodeJS.ProcessEnv): string {
  const argv = "shell" in command ? ["/bin/sh", "-c", command.shell] : command.argv;
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value ?? ""}`);
  const words = ["env", "-i", ...settings, ...argv].map(quoted).join(" ");
  return `{ cd /; ${words} </dev/null 2>&1; printf '\\nknockd-status %d\\n' $?; exit; }\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function isBusy(problem: Error | undefined): boolean {
  return problem !== undefined && "code" in problem && (problem.code === "EAGAIN" || problem.code === "EMFILE");
}
