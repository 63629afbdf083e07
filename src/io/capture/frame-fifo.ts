// The named pipe that a sniffer writes its frames into, in a directory for us alone, and the filter beside it.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { libcIfLoaded } from "../netlink/libc.ts";
import { TOOL_ENV } from "../tool.ts";
import { readPipe } from "./frame-pipe.ts";
import type { Sniffer } from "./sniffer.ts";

/** As mkdtemp(3) completes it. */
const PREFIX = "knockd-";
const OURS = new RegExp(`^${PREFIX}[A-Za-z0-9]{6}$`);
/** Both end in .pcap because AppArmor lets a confined tcpdump touch no others. */
const FILTER = "filter.pcap";
const FRAMES = "frames.pcap";
const MODE = 0o600;

export interface FrameFifo {
  readonly directory: string;
  readonly filterFile: string;
  /** Its end to write to, until the first frame or `remove`: a reader without any writer would hear of an end. */
  readonly writer: number;
  read(onChunk: (chunk: Uint8Array) => void): void;
  remove(): void;
}

/** Throws what node:fs throws, or what mkfifo(1) says. */
export function openFifo(parent: string, filter: string): FrameFifo {
  const directory = mkdtempSync(join(parent, PREFIX));
  try {
    // An argument would show the secret ports to everyone in `ps`. nobody gets at the file through its descriptor alone.
    const filterFile = join(directory, FILTER);
    writeFileSync(filterFile, filter);
    // Whatever the umask: nobody opens its descriptor anew (/dev/fd).
    chmodSync(filterFile, 0o644);
    const { reader, writer } = openPipe(join(directory, FRAMES));
    let there = true;
    let hasReader = false;
    const remove = (): void => {
      if (!there) return;
      there = false;
      closeSync(writer);
      if (!hasReader) closeSync(reader);
      rmSync(directory, { recursive: true, force: true });
    };
    const read = (onChunk: (chunk: Uint8Array) => void): void => {
      hasReader = true;
      readPipe(reader, onChunk, remove);
    };
    return { directory, filterFile, writer, read, remove };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** A sniffer that takes its pipe with it; told to end, at once: we may be gone before it is. */
export function endingWith(fifo: FrameFifo, sniffer: Sniffer): Sniffer {
  sniffer.onEnd(fifo.remove);
  const end = (): void => {
    fifo.remove();
    sniffer.end();
  };
  return { ...sniffer, end };
}

/** What a daemon has left that was killed before the first frame: each start would add to it, and the filters tell ports. */
export function sweepFifos(parent: string): void {
  for (const name of quietly(() => readdirSync(parent)) ?? []) {
    if (!OURS.test(name)) continue;
    const directory = join(parent, name);
    quietly(() => {
      for (const file of [FILTER, FRAMES]) rmSync(join(directory, file), { force: true });
      // With something else in it, it is not ours, and stays.
      rmdirSync(directory);
    });
  }
}

function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    // What cannot be swept away is in nobody's way.
    return undefined;
  }
}

/** It has words for what is wrong. */
function makeWithTool(path: string): void {
  const made = spawnSync("mkfifo", [path], { env: TOOL_ENV, encoding: "utf8" });
  if (made.error !== undefined) throw made.error;
  if (made.status !== 0) throw new Error(made.stderr.trim() || "mkfifo: cannot make the pipe");
}

/** A real pipe. What Node calls one is a pair of sockets, where each small write costs three times as much. */
function openPipe(path: string): { reader: number; writer: number } {
  if (libcIfLoaded()?.mkfifo(path, MODE) !== 0) makeWithTool(path);
  // Whatever the umask.
  chmodSync(path, MODE);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  } catch (error) {
    closeSync(reader);
    throw error;
  }
}
