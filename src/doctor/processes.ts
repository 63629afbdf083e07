// The knockds that run here: ours, and the old one in C. Only those on the same network count.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, resolve } from "node:path";

export interface Knockd {
  readonly pid: number;
  readonly kind: "ours" | "old";
  /** The config that its command line names; the old one has another. */
  readonly file: string;
  /** What its command line names (`-i`); it beats the config. */
  readonly interface?: string;
  /** Another user's network is not to be seen without root. */
  readonly network: "same" | "unseen";
}

export interface Processes {
  readonly knockds: readonly Knockd[];
  /** Whether other users' processes can be seen (proc(5), hidepid). */
  readonly complete: boolean;
}

const DEFAULT_FILE = "/etc/knockd/knockd.yaml";

export function readProcesses(): Processes {
  const network = networkOf("self");
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const knockds = pids.flatMap((pid): Knockd[] => {
    // Before its words: one that ends while we look has no network to be seen, but no words, either.
    const theirs = networkOf(pid);
    const argv = argvOf(pid);
    const kind = kindOf(argv);
    if (kind === undefined || (theirs !== undefined && theirs !== network) || isCopy(pid, argv)) return [];
    const name = optionOf(argv, "-i", "--interface");
    const given = name === undefined ? {} : { interface: name };
    return [
      { pid: Number(pid), kind, file: fileOf(argv, pid), ...given, network: theirs === undefined ? "unseen" : "same" },
    ];
  });
  return { knockds, complete: pids.includes("1") };
}

function kindOf([program = "", script = "", ...rest]: readonly string[]): Knockd["kind"] | undefined {
  if (basename(program) === "knockd") return "old";
  const isOurs = /^node/.test(basename(program)) && /^knockd(\.js)?$/.test(basename(script)) && rest[0] === "run";
  return isOurs ? "ours" : undefined;
}

/** A child of a daemon that has yet to become the tool that it shall run: until then it bears its parent's words. */
function isCopy(pid: string, argv: readonly string[]): boolean {
  const parent = parentOf(pid);
  return parent !== undefined && argvOf(parent).join(" ") === argv.join(" ");
}

function parentOf(pid: string): string | undefined {
  try {
    return /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

function fileOf(argv: readonly string[], pid: string): string {
  return resolve(linkOf(`/proc/${pid}/cwd`) ?? "/", optionOf(argv, "-c", "--config") ?? DEFAULT_FILE);
}

/** `-c FILE`, `-cFILE`, `--config FILE`, `--config=FILE`. */
function optionOf(argv: readonly string[], short: string, long: string): string | undefined {
  const at = argv.findIndex((word) => word === short || word === long);
  if (at !== -1) return argv[at + 1];
  const joined = argv.find((word) => word.startsWith(`${long}=`) || (word.startsWith(short) && !word.startsWith("--")));
  return joined?.replace(`${long}=`, "").replace(short, "");
}

function argvOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    // It has just ended.
    return [];
  }
}

function networkOf(pid: string): string | undefined {
  return linkOf(`/proc/${pid}/ns/net`);
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
