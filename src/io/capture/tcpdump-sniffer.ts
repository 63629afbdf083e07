// tcpdump as the sniffer. cap asks libpcap for frames of 65,535 bytes, each of which takes a slot of 128 KiB; tcpdump takes the
// bytes that we read, so it holds twenty times as many packets in a tenth of the memory.
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TOOL_ENV } from "../tool.ts";
import { readPipe } from "./frame-pipe.ts";
import { type Sniffer, type SniffOrder, spawnWithNetRaw } from "./sniffer.ts";

/** The kernel's ring, in KiB: some 12,000 frames of 256 bytes, which a flood of 300,000 a second needs 40 ms to fill; of whole packets 3,800. */
const RING_KIB = 4096;
const RING_KIB_OF_WHOLE_PACKETS = 8192;
const HEADERS_BYTES_MAX = 256;

/** Where the filter stands for tcpdump: file descriptor 3. */
const FILTER_FD = "/dev/fd/3";

/** Throws what node:fs throws. */
export function sniffWithTcpdump({ interface: name, filter, snapBytes }: SniffOrder): Sniffer {
  const ringKib = snapBytes > HEADERS_BYTES_MAX ? RING_KIB_OF_WHOLE_PACKETS : RING_KIB;
  // For us alone; both names end in .pcap because AppArmor lets a confined tcpdump touch no others.
  const directory = mkdtempSync(join(tmpdir(), "knockd-"));
  try {
    // An argument would show the secret ports to everyone in `ps`. nobody gets at the file through its descriptor alone.
    const filterFile = join(directory, "filter.pcap");
    writeFileSync(filterFile, filter);
    // Whatever the umask.
    chmodSync(filterFile, 0o644);
    const filterFd = openSync(filterFile, "r");
    const { reader, writer } = openPipe(join(directory, "frames.pcap"));
    const argv = ["tcpdump", "-i", name, "-p", "-n", "-s", String(snapBytes), "-B", String(ringKib)] as const;
    const child = spawnWithNetRaw(
      [...argv, "--immediate-mode", "-U", "-F", FILTER_FD, "-w", "-"],
      ["ignore", writer, "pipe", filterFd],
      [],
    );
    closeSync(writer);
    closeSync(filterFd);
    const remove = (): void => rmSync(directory, { recursive: true, force: true });
    child.on("close", remove);
    child.on("error", remove);
    return {
      process: child,
      read: (onChunk) => readPipe(reader, onChunk, remove),
      end: () => void child.kill(),
      tellDropped: () => void child.kill("SIGUSR1"),
    };
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
