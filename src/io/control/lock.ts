// One knockd a directory: two with one ledger would each forget what the other opened, and close what it keeps open.
import { spawn } from "node:child_process";
import { constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { EXIT, Failure } from "../../core/exit.ts";
import { libc } from "../netlink/libc.ts";
import { pause } from "../pause.ts";
import { refuseForeign } from "../state/private-directory.ts";
import { TOOL_ENV } from "../tool.ts";

const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
/** flock(2): for us alone, without waiting. */
const LOCK_EX_NB = 2 | 4;
const EWOULDBLOCK = 11;
/** flock(1): its file descriptor is the fourth that it gets. */
const INHERITED = "3";
const BUSY_STATUS = 1;
/** A killed knockd may need a moment to be gone altogether. */
const TRIES = 5;
const AGAIN_MS = 100;

/**
 * Holds the directory of this file until we end, however we end. Rejects with a Failure if another knockd has it; `variable` is
 * how to name another directory. Resolves to what node:fs says where nothing can be written: there is nothing to fight over, either.
 *
 * The lock is flock(2)'s: the kernel drops it with the last descriptor, so a SIGKILL leaves nothing stale behind, and it is the
 * file's own, so it holds across network, process and mount namespaces. (An abstract socket would not: each network namespace
 * has its own, and any local user could take its name first and keep knockd down. Nobody else can open a file of ours.)
 * Node has no flock. Where the C library cannot be asked, a lock belongs to the open file, which a child shares: flock(1) takes
 * it and ends, and we keep it.
 */
export async function lock(path: string, variable: string): Promise<{ problem?: unknown }> {
  refuseForeign(dirname(path), variable);
  const file = opened(path);
  if (typeof file !== "number") return file;
  for (let tries = 1; !(await takes(file)); tries++) {
    if (tries === TRIES) throw taken(dirname(path), variable, readFileSync(path, "latin1").trim());
    await pause(AGAIN_MS);
  }
  sign(file);
  return {};
}

/**
 * The directory of the state, then the place of the control socket; resolves to how the latter went. One after the other: of two
 * daemons that start at once, each might otherwise take what the other still needs.
 */
export async function lockBoth(state: string, socket: string): Promise<{ problem?: unknown }> {
  // Before anything is opened in either.
  refuseForeign(state, "STATE_DIRECTORY");
  refuseForeign(dirname(socket), "RUNTIME_DIRECTORY");
  await lock(`${state}/ledger.lock`, "STATE_DIRECTORY");
  return await lock(`${socket}.lock`, "RUNTIME_DIRECTORY");
}

/** For whoever is refused, and no more than that: a full disk does not matter. */
function sign(file: number): void {
  try {
    ftruncateSync(file);
    writeSync(file, `${process.pid}\n`);
  } catch {
    // The error names no process then.
  }
}

/** Never closed; commands do not inherit it. */
function opened(path: string): number | { problem: unknown } {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Not emptied, since another one's process number may stand there.
    return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (problem) {
    return { problem };
  }
}

function taken(directory: string, variable: string, pid: string): Failure {
  return new Failure(
    EXIT.UNAVAILABLE,
    `another knockd${/^\d+$/.test(pid) ? ` (process ${pid})` : ""} is using ${JSON.stringify(directory)}`,
    `stop it (systemctl stop knockd), or name another directory in ${variable}`,
  );
}

/** Whether the open file could be locked. */
async function takes(file: number): Promise<boolean> {
  const calls = await libc();
  if (!("problem" in calls)) {
    if (calls.flock(file, LOCK_EX_NB) === 0) return true;
    if (calls.errno() === EWOULDBLOCK) return false;
  }
  // It has words for whatever else is wrong.
  return await takenBy("flock", file);
}

function takenBy(tool: string, file: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, ["-n", INHERITED], { env: TOOL_ENV, stdio: ["ignore", "ignore", "ignore", file] });
    child.on("error", (error) =>
      reject(
        new Failure(EXIT.UNAVAILABLE, `cannot run ${tool}: ${error.message}`, "install it: apt-get install util-linux"),
      ),
    );
    child.on("close", (code) => {
      if (code === 0 || code === BUSY_STATUS) resolve(code === 0);
      else reject(new Failure(EXIT.UNAVAILABLE, `${tool}: exit status ${code}`));
    });
  });
}
