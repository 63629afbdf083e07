// What a capture needs of a program that captures: a pcap stream, its last words, an end. Two can do it: tcpdump, and our own
// capture process with cap.
import { type ChildProcess, spawn } from "node:child_process";
import { constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { setprivPath, TOOL_ENV } from "../tool.ts";

/** What to capture. */
export interface SniffOrder {
  readonly interface: string;
  /** A pcap-filter(7) expression for this interface's link layer. */
  readonly filter: string;
  /** Bytes of each frame that somebody reads. */
  readonly snapBytes: number;
}

/** Which of them is to do it; auto: tcpdump if it works, which costs less and holds more. */
export type SnifferChoice = "auto" | "tcpdump" | "cap";

/** A program that captures, wherever it runs. */
export interface Program {
  /** What it says on stderr. */
  onWords(hear: (words: string) => void): void;
  /** Its exit code where that is known, and why it could not even start. */
  onEnd(ended: (code: number | null, problem?: string) => void): void;
}

export interface Sniffer extends Program {
  /** Hands on the pcap stream in chunks, each valid only during the call. */
  read(onChunk: (chunk: Uint8Array) => void): void;
  end(): void;
  /** Asks it to say on stderr how many packets the kernel dropped. */
  tellDropped?(): void;
}

/**
 * Spawns `argv` with CAP_NET_RAW and nothing else, where the machine allows that: setpriv(1) drops the rest. Root also changes
 * to nobody, if nobody can read the `programs`. It ends when we do, even if we are killed.
 */
export function spawnWithNetRaw(
  argv: readonly [string, ...string[]],
  stdio: ("pipe" | "ignore" | number)[],
  programs: readonly string[],
): ChildProcess {
  const setpriv = setprivPath();
  const [program, ...args] = setpriv === undefined ? argv : [setpriv, ...netRawOnly(programs), ...argv];
  return spawn(program, args, { stdio, env: { ...process.env, PATH: TOOL_ENV["PATH"] } });
}

export function programOf(child: ChildProcess): Program {
  return {
    onWords: (hear) => void child.stderr?.on("data", (chunk: Buffer) => hear(chunk.toString())),
    onEnd: (ended) => {
      child.on("error", (error) => ended(null, error.message));
      child.on("close", (code) => ended(code));
    },
  };
}

function netRawOnly(programs: readonly string[]): string[] {
  const isRoot = process.getuid?.() === 0;
  const mayRun = programs.every(everybodyReads);
  return [
    ...(isRoot && mayRun ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] : []),
    ...(isRoot ? ["--bounding-set=-all,+net_raw"] : []),
    "--inh-caps=-all,+net_raw",
    "--ambient-caps=-all,+net_raw",
    "--no-new-privs",
    "--pdeathsig=TERM",
  ];
}

function everybodyReads(file: string): boolean {
  for (let path = file, bit = constants.S_IROTH; ; path = dirname(path), bit = constants.S_IXOTH) {
    if ((statSync(path).mode & bit) === 0) return false;
    if (path === "/") return true;
  }
}
