// tcpdump as the sniffer. cap asks libpcap for frames of 65,535 bytes, each of which takes a slot of 128 KiB; tcpdump takes the
// bytes that we read, so it holds twenty times as many packets in a tenth of the memory.
import { closeSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { runtimeDirectory, snifferSocket } from "../state/directories.ts";
import { endingWith, type FrameFifo, openFifo } from "./frame-fifo.ts";
import { programOf, type Sniffer, type SniffOrder, spawnWithNetRaw } from "./sniffer.ts";
import { connectSniffer } from "./sniffer-socket.ts";

/**
 * The kernel's ring, in KiB: some 12,000 frames of 256 bytes, which a flood of 300,000 a second needs 40 ms to fill; of whole
 * packets 1,900, which 15,000 a second need 120 ms for.
 */
const RING_KIB = "4096";

/** Where the filter stands for tcpdump: file descriptor 3. */
const FILTER_FD = "/dev/fd/3";

/** Throws what node:fs throws. */
export function sniffWithTcpdump(order: SniffOrder): Sniffer {
  const socket = snifferSocket();
  const fifo = openFifo(socket === undefined ? tmpdir() : runtimeDirectory(), order.filter);
  try {
    const sniffer = socket === undefined ? spawned(order, fifo) : connected(socket, order, fifo);
    return endingWith(fifo, sniffer);
  } catch (error) {
    fifo.remove();
    throw error;
  }
}

function spawned({ interface: name, snapBytes }: SniffOrder, fifo: FrameFifo): Sniffer {
  const argv = ["tcpdump", "-i", name, "-p", "-n", "-s", String(snapBytes), "-B", RING_KIB] as const;
  const filterFd = openSync(fifo.filterFile, "r");
  const child = spawnWithNetRaw(
    [...argv, "--immediate-mode", "-U", "-F", FILTER_FD, "-w", "-"],
    ["ignore", fifo.writer, "pipe", filterFd],
    [],
  );
  closeSync(filterFd);
  return {
    ...programOf(child),
    read: fifo.read,
    end: () => void child.kill(),
    tellDropped: () => void child.kill("SIGUSR1"),
  };
}

function connected(socket: string, { interface: name, snapBytes }: SniffOrder, fifo: FrameFifo): Sniffer {
  const line = `${name} ${snapBytes} ${RING_KIB}\n`;
  const program = connectSniffer(socket, "tcpdump", fifo.directory, line);
  return { ...program, read: fifo.read, tellDropped: program.ask };
}
