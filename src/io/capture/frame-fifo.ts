// The named pipe that a sniffer writes its frames into, in a directory for us alone, and the filter beside it.
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TOOL_ENV } from "../tool.ts";
import { readPipe } from "./frame-pipe.ts";

export interface FrameFifo {
  readonly directory: string;
  readonly filterFile: string;
  /** Its end to write to, until the first frame or `remove`: a reader without any writer would hear of an end. */
  readonly writer: number;
  read(onChunk: (chunk: Uint8Array) => void): void;
  remove(): void;
}

/** Both names end in .pcap because AppArmor lets a confined tcpdump touch no others. Throws what node:fs throws. */
export function openFifo(parent: string, filter: string): FrameFifo {
  const directory = mkdtempSync(join(parent, "knockd-"));
  try {
    // An argument would show the secret ports to everyone in `ps`. nobody gets at the file through its descriptor alone.
    const filterFile = join(directory, "filter.pcap");
    writeFileSync(filterFile, filter);
    // Whatever the umask: nobody opens its descriptor anew (/dev/fd).
    chmodSync(filterFile, 0o644);
    const { reader, writer } = openPipe(join(directory, "frames.pcap"));
    let there = true;
    const remove = (): void => {
      if (!there) return;
      there = false;
      closeSync(writer);
      rmSync(directory, { recursive: true, force: true });
    };
    return { directory, filterFile, writer, read: (onChunk) => readPipe(reader, onChunk, remove), remove };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** A real pipe. What Node calls one is a pair of sockets, where each small write costs three times as much. */
function openPipe(path: string): { reader: number; writer: number } {
  const made = spawnSync("mkfifo", ["-m", "600", path], { env: TOOL_ENV });
  if (made.error !== undefined) throw made.error;
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}
