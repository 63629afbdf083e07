// Starts capture processes, the first one ahead of time: it wakes up beside us while we still load our own code.
import { type ChildProcess, spawn } from "node:child_process";
import { constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { setprivExists } from "./tool.ts";

/** A flood makes short-lived garbage only: collected early, it takes no room. Megabytes. */
const SMALL_HEAP = "--max-semi-space-size=1";

const PROGRAM = fileURLToPath(new URL("../capture.js", import.meta.url));

/** It waits for its order, and ends with us if none comes. */
let spare: ChildProcess | undefined;

export function prepareCaptureProcess(): void {
  spare = spawnCapture();
  // Whoever takes it hears of its end. If it fails before that, the next one tells why.
  spare.on("error", () => {});
}

export function takeCaptureProcess(): ChildProcess {
  const prepared = spare;
  spare = undefined;
  const lives = prepared?.pid !== undefined && prepared.exitCode === null && prepared.signalCode === null;
  return lives ? prepared : spawnCapture();
}

/**
 * CAP_NET_RAW and nothing else, where the machine allows that: setpriv(1) drops the rest. Root also changes to nobody, if
 * nobody can read the program.
 */
function spawnCapture(): ChildProcess {
  const isRoot = process.getuid?.() === 0;
  const user =
    isRoot && everybodyReads(PROGRAM) && everybodyReads(process.execPath)
      ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
      : [];
  const bound = isRoot ? ["--bounding-set=-all,+net_raw"] : [];
  const argv = [
    ...user,
    ...bound,
    "--inh-caps=-all,+net_raw",
    "--ambient-caps=-all,+net_raw",
    "--no-new-privs",
    process.execPath,
    SMALL_HEAP,
    PROGRAM,
  ];
  return setprivExists()
    ? spawn("setpriv", argv, CAPTURE_SPAWN)
    : spawn(process.execPath, [SMALL_HEAP, PROGRAM], CAPTURE_SPAWN);
}

const CAPTURE_SPAWN = { stdio: "pipe" } as const;

function everybodyReads(file: string): boolean {
  for (let path = file, bit = constants.S_IROTH; ; path = dirname(path), bit = constants.S_IXOTH) {
    if ((statSync(path).mode & bit) === 0) return false;
    if (path === "/") return true;
  }
}
