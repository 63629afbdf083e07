// Runs a system tool to its end and tells how it went; our own commands are argv, never shell text.
import { type ChildProcess, type ExecFileException, execFile, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { EXIT, Failure } from "../core/exit.ts";
import { endsWithin } from "./pause.ts";
import { snifferSocket } from "./state/directories.ts";
import { dropInLine } from "./unit-files.ts";

/** The same words from every tool whatever the locale, and the directories of system tools even under a bare PATH. */
export const TOOL_ENV: NodeJS.ProcessEnv = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
};

export const PRIVILEGES_NEEDED = "run as root, or with CAP_NET_RAW and CAP_NET_ADMIN";

/** What iptables says where it may open no raw socket, as in our unit. */
const IPSET_REFUSED = "Can't open socket to ipset";
const IPSET_DROP_IN = "knockd-iptables.conf";

/** What iptables of old says where it may not write its lock, as in our unit. */
const LOCK_REFUSED = "/run/xtables.lock";
const LOCK_DROP_IN = "knockd-root.conf";

/** BOUNDED: how much of a command an error quotes. */
const COMMAND_TEXT_MAX = 200;
const TOOL_LIMIT_MS = 10_000;
const END_LIMIT_MS = 500;
const OUTPUT_MAX_BYTES = 16 * 1024 * 1024;

/** Its stdout. Throws a Failure that carries the tool's own words: UNAVAILABLE if it is missing or fails, NO_PERMISSION if it may not. */
export function runTool(
  argv: readonly [string, ...string[]],
  input = "",
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const [file, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { env: { ...TOOL_ENV, ...env }, timeout: TOOL_LIMIT_MS, maxBuffer: OUTPUT_MAX_BYTES },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(toolFailure(file, args, error, stderr));
      },
    );
    // A tool that ends without reading its input breaks the pipe; its exit status tells the story.
    child.stdin?.on("error", () => {});
    // Nothing is less than an empty write, which would fail where nobody reads.
    if (input === "") child.stdin?.end();
    else child.stdin?.end(input);
  });
}

export function toolFailure(file: string, args: readonly string[], error: ExecFileException, stderr: string): Failure {
  if (error.code === "ENOENT")
    return new Failure(
      EXIT.UNAVAILABLE,
      `cannot run ${file}: not found`,
      `install it: apt-get install ${packageOf(file)}`,
    );
  const said = stderr.trim() || silence(error);
  const message = `${[file, ...args].join(" ").slice(0, COMMAND_TEXT_MAX)}: ${said}`;
  if (said.includes(IPSET_REFUSED)) return new Failure(EXIT.NO_PERMISSION, message, dropInLine(IPSET_DROP_IN));
  if (said.includes(LOCK_REFUSED)) return new Failure(EXIT.NO_PERMISSION, message, dropInLine(LOCK_DROP_IN));
  if (!/not permitted|permission denied|must be root/i.test(said)) return new Failure(EXIT.UNAVAILABLE, message);
  return new Failure(EXIT.NO_PERMISSION, message, PRIVILEGES_NEEDED);
}

function silence({ code, killed, signal, message }: ExecFileException): string {
  if (killed) return `ended after ${TOOL_LIMIT_MS / 1000} seconds without an end of its own`;
  if (typeof code === "number") return `exit status ${code}`;
  return signal ? `ended by ${signal}` : message;
}

function packageOf(file: string): string {
  const packages: Record<string, string> = {
    nft: "nftables",
    iptables: "iptables",
    "iptables-restore": "iptables",
    "ip6tables-restore": "iptables",
    ipset: "ipset",
    ip: "iproute2",
    "systemd-notify": "systemd",
  };
  return packages[file] ?? file;
}

/**
 * Starts a tool that keeps telling us things; it ends when we do, even if we are killed. In our unit systemd sees to that, and
 * its system call filter leaves setpriv(1) nothing to work with.
 */
export function spawnWatcher(argv: readonly [string, ...string[]]): ChildProcess {
  const setpriv = snifferSocket() === undefined ? setprivPath() : undefined;
  const [file, ...args] = setpriv === undefined ? argv : [setpriv, "--pdeathsig=TERM", ...argv];
  return spawn(file, args, { env: TOOL_ENV, stdio: ["ignore", "pipe", "ignore"] });
}

/** Resolves once it has ended and all that it said was heard. BOUNDED: nobody waits for one that does not end. */
export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await endsWithin(new Promise((resolve) => child.once("close", resolve).once("error", resolve)), END_LIMIT_MS);
}

/** setpriv(1) of util-linux, which a minimal system may lack. Its place, since a sniffer has the PATH that we were given. */
export function setprivPath(): string | undefined {
  const places = (TOOL_ENV["PATH"] ?? "").split(":").map((directory) => `${directory}/setpriv`);
  return places.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
