// Reads a pipe as its bytes come; in a flood, a millisecond's worth at a time: waking up for every packet costs more than it does.
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";

/** So many reads in so long are taken at once: all steps of a hasty knock. More is a flood. */
const PROMPT_READS = 8;
const PROMPT_MS = 10;
/** How long a flood collects in the pipe, which holds 64 KiB: some 700 packets. The kernel's ring takes what does not fit. */
const REST_MS = 1;
const CHUNK_BYTES = 64 * 1024;

/** Hands on chunks, each valid only during the call. Closes `fd` at its end; `onFirst` is called after the first chunk. */
export function readPipe(fd: number, onChunk: (chunk: Uint8Array) => void, onFirst: () => void): void {
  let promptUntilMs = 0;
  let reads = 0;
  let first = true;
  const isFlood = (): boolean => {
    const nowMs = performance.now();
    if (nowMs >= promptUntilMs) {
      promptUntilMs = nowMs + PROMPT_MS;
      reads = 0;
    }
    return ++reads > PROMPT_READS;
  };
  // One buffer for all reads, and none while we rest. (The types know `onread` only for connections.)
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer: new Uint8Array(CHUNK_BYTES),
      callback: (count, bytes) => {
        onChunk(bytes.subarray(0, count));
        if (first) onFirst();
        first = false;
        if (!isFlood()) return true;
        setTimeout(() => socket.resume(), REST_MS);
        return false;
      },
    },
  };
  const socket = new Socket(options);
  // The end of the process that writes is reported by itself.
  socket.on("error", () => {});
}
