// Our own capture process, which uses cap (libpcap).
import { fileURLToPath } from "node:url";
import { type Sniffer, type SniffOrder, spawnWithNetRaw } from "./sniffer.ts";

/** A flood makes short-lived garbage only: collected early, it takes no room. Megabytes. */
const SMALL_HEAP = "--max-semi-space-size=1";

/** Seen from the bundle, whose parts stand in chunks/. */
const PROGRAM = fileURLToPath(new URL("../capture.js", import.meta.url));

export function sniffWithCap(order: SniffOrder): Sniffer {
  const child = spawnWithNetRaw(
    [process.execPath, SMALL_HEAP, PROGRAM],
    ["pipe", "pipe", "pipe"],
    [process.execPath, PROGRAM],
  );
  // A child that is already gone breaks the pipe; whoever holds it hears of its end.
  child.stdin?.on("error", () => {});
  // An argument would show the secret ports to everyone in `ps`.
  child.stdin?.write(`${JSON.stringify(order)}\n`);
  return {
    process: child,
    read: (onChunk) => void child.stdout?.on("data", onChunk),
    end: () => void child.stdin?.end(),
  };
}
