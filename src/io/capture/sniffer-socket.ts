// Sniffers that systemd starts (knockd-sniffer.socket), one for each connection: they have CAP_NET_RAW alone, and the daemon does
// without it. The connection is a sniffer's life line and its stderr; frames come through a named pipe, which costs less.
import { createConnection } from "node:net";
import type { Program } from "./sniffer.ts";

/** BOUNDED: how long its end is waited for. A sniffer takes milliseconds; systemd may never have taken the connection at all. */
const END_LIMIT_MS = 1000;

export interface RemoteProgram extends Program {
  /** Makes tcpdump say how many packets the kernel dropped. */
  ask(): void;
  end(): void;
}

/** What systemd/knockd-sniffer.sh reads: the program, and the directory of the pipe to the end of its line; then its own stdin. */
export function connectSniffer(path: string, name: "tcpdump" | "cap", directory: string, input: string): RemoteProgram {
  // An end on one side is one on both: Node answers the program's, and hears it out after ours.
  const socket = createConnection(path);
  let connected = false;
  let problem: string | undefined;
  let limit: NodeJS.Timeout | undefined;
  socket.setEncoding("utf8");
  socket.on("connect", () => {
    connected = true;
  });
  socket.on("error", (error) => {
    // The program's last words tell more than that the connection was reset, for it had not read all.
    if (!connected) problem = error.message;
  });
  socket.on("close", () => clearTimeout(limit));
  const giveUp = (): void => {
    if (socket.bytesRead === 0) problem ??= `nobody answers on "${path}"`;
    socket.destroy();
  };
  socket.write(`${name} ${directory}\n${input}`);
  return {
    onWords: (hear) => void socket.on("data", (chunk) => hear(String(chunk))),
    onEnd: (ended) => void socket.on("close", () => ended(null, problem)),
    ask: () => {
      if (socket.writable) socket.write("dropped\n");
    },
    end: () => {
      socket.end();
      limit ??= setTimeout(giveUp, END_LIMIT_MS).unref();
    },
  };
}
