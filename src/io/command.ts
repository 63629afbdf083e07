// Runs a door's start and stop commands: time limit, own process group, clean environment, bounded output.
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Command } from "../core/door.ts";
import { TOOL_ENV } from "./tool.ts";

/** A command that hangs is ended, with all it started, so that its door still closes. */
export const COMMAND_LIMIT_MS = 60_000;
/** BOUNDED: the end of a command's output that is kept, for the log. */
const OUTPUT_MAX = 4096;
/** How long after the end of a command its last words may arrive. */
const LINGER_MS = 100;
/** errno(3) names of what a busy machine says to a new process. */
const PASSING_ERRORS = new Set(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"]);

export type CommandResult =
  | { readonly outcome: "done" }
  /** 128 + the signal's number where a signal ended it, as in a shell. */
  | { readonly outcome: "status"; readonly status: number; readonly output: string }
  | { readonly outcome: "overdue"; readonly limitMs: number; readonly output: string }
  /** `passing`: for want of processes, descriptors or memory; it may work in a while. */
  | { readonly outcome: "unstarted"; readonly reason: string; readonly passing: boolean };

/** Every `%IP%` replaced by the knocker's address: the only thing from the network that a command ever sees. */
export function fillIn(command: Command, ip: string): Command {
  if ("shell" in command) return { shell: command.shell.replaceAll("%IP%", ip) };
  return { argv: command.argv.map((word) => word.replaceAll("%IP%", ip)) };
}

/** Never rejects: how it went is the result. */
export function runCommand(command: Command, limitMs: number = COMMAND_LIMIT_MS): Promise<CommandResult> {
  const [file, ...args] = "shell" in command ? ["/bin/sh", "-c", command.shell] : command.argv;
  if (file === undefined) return Promise.resolve({ outcome: "unstarted", reason: "no program", passing: false });
  return new Promise((resolve) => {
    // A process group of its own, so that the limit reaches what the command started.
    const child: ChildProcess = spawn(file, args, {
      cwd: "/",
      env: TOOL_ENV,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let overdue = false;
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_MAX);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const limit = setTimeout(() => {
      overdue = true;
      killGroup(child.pid);
    }, limitMs);
    let result: CommandResult | undefined;
    const finish = (): void => {
      clearTimeout(limit);
      clearTimeout(linger);
      child.stdout?.destroy();
      child.stderr?.destroy();
      if (result !== undefined) resolve("output" in result ? { ...result, output: output.trim() } : result);
    };
    let linger: NodeJS.Timeout | undefined;
    child.on("error", (error: NodeJS.ErrnoException) => {
      result = { outcome: "unstarted", reason: error.message, passing: PASSING_ERRORS.has(error.code ?? "") };
      finish();
    });
    child.on("exit", (code, signal) => {
      if (overdue) result = { outcome: "overdue", limitMs, output: "" };
      else if (code === 0) result = { outcome: "done" };
      else
        result = {
          outcome: "status",
          status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
          output: "",
        };
      // A process that the command left behind holds the pipes open, perhaps for ever.
      linger = setTimeout(finish, LINGER_MS);
    });
    child.on("close", finish);
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended in this very moment.
  }
}
