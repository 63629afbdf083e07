// Our own capture process, which uses cap (libpcap).
import { fileURLToPath } from "node:url";
import { runtimeDirectory, snifferSocket } from "../state/directories.ts";
import { endingWith, openFifo } from "./frame-fifo.ts";
import { programOf, type Sniffer, type SniffOrder, spawnWithNetRaw } from "./sniffer.ts";
import { connectSniffer } from "./sniffer-socket.ts";

/** A flood makes short-lived garbage only: collected early, it takes no room. Megabytes. */
const SMALL_HEAP = "--max-semi-space-size=1";

/** Seen from the bundle, whose parts stand in chunks/. */
const PROGRAM = fileURLToPath(new URL("../capture.js", import.meta.url));

/** The order goes to its stdin: an argument would show the secret ports to everyone in `ps`. */
export function sniffWithCap(order: SniffOrder): Sniffer {
  const line = `${JSON.stringify(order)}\n`;
  const socket = snifferSocket();
  return socket === undefined ? spawned(line) : connected(socket, line, order.filter);
}

function spawned(line: string): Sniffer {
  const child = spawnWithNetRaw(
    [process.execPath, SMALL_HEAP, PROGRAM],
    ["pipe", "pipe", "pipe"],
    [process.execPath, PROGRAM],
  );
  // A child that is already gone breaks the pipe; whoever holds it hears of its end.
  child.stdin?.on("error", () => {});
  child.stdin?.write(line);
  return {
    ...programOf(child),
    read: (onChunk) => void child.stdout?.on("data", onChunk),
    end: () => void child.stdin?.end(),
  };
}

function connected(socket: string, line: string, filter: string): Sniffer {
  const fifo = openFifo(runtimeDirectory(), filter);
  const program = connectSniffer(socket, "cap", fifo.directory, line);
  return endingWith(fifo, { ...program, read: fifo.read });
}
