// Runs a door's start and stop commands: time limit, own process group, clean environment, bounded output.
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import type { Command } from "../core/door.ts";
import { stepBack } from "./priority.ts";
import { TOOL_ENV } from "./tool.ts";
import { commandSocket, REFUSED, runBySystemd, withoutPrivileges } from "./unprivileged.ts";

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
  if ("shell" in command) return { ...command, shell: command.shell.replaceAll("%IP%", ip) };
  return { ...command, argv: command.argv.map((word) => word.replaceAll("%IP%", ip)) };
}

/** Never rejects: how it went is the result. */
export function runCommand(
  command: Command,
  variables: Readonly<Record<string, string>> = {},
  limitMs: number = COMMAND_LIMIT_MS,
): Promise<CommandResult> {
  const plain = "shell" in command ? ["/bin/sh", "-c", command.shell] : command.argv;
  const env = { ...TOOL_ENV, ...variables };
  const socket = command.privileges === "none" ? commandSocket() : undefined;
  if (socket !== undefined) return runBySystemd(socket, command, env, limitMs);
  const argv = command.privileges === "none" ? withoutPrivileges(plain) : plain;
  if (argv === undefined) return Promise.resolve(REFUSED);
  const [file = "", ...args] = argv;
  try {
    // A process group of its own, so that the limit reaches what the command started.
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const child = spawn(file, args, { cwd: "/", env, detached: true, stdio: [...stdio] });
    stepBack(child.pid);
    return ended(child, limitMs);
  } catch (error) {
    // Node tells some reasons not to start by an event (ENOENT, EAGAIN), and throws others (E2BIG, ENOTDIR, a zero byte).
    return Promise.resolve(unstarted(error));
  }
}

function ended(child: ChildProcess, limitMs: number): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = "";
    let overdue = false;
    let result: CommandResult | undefined;
    let linger: NodeJS.Timeout | undefined;
    const limit = setTimeout(() => {
      overdue = true;
      killGroup(child.pid);
    }, limitMs);
    const finish = (): void => {
      clearTimeout(limit);
      clearTimeout(linger);
      child.stdout?.destroy();
      child.stderr?.destroy();
      if (result !== undefined) resolve("output" in result ? { ...result, output: output.trim() } : result);
    };
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_MAX);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("error", (error) => {
      result = unstarted(error);
      finish();
    });
    child.on("exit", (code, signal) => {
      result = overdue ? { outcome: "overdue", limitMs, output } : resultOf(code, signal);
      // A process that the command left behind holds the pipes open, perhaps for ever.
      linger = setTimeout(finish, LINGER_MS);
    });
    child.on("close", finish);
  });
}

function resultOf(code: number | null, signal: NodeJS.Signals | null): CommandResult {
  if (code === 0) return { outcome: "done" };
  return { outcome: "status", status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), output: "" };
}

function unstarted(error: unknown): CommandResult {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = error instanceof Error ? error.message : String(error);
  return { outcome: "unstarted", reason, passing: PASSING_ERRORS.has(code) };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended in this very moment.
  }
}
