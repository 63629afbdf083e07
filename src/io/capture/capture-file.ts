// Reads a capture from a file or from stdin, chunk by chunk: it may be larger than memory.
import { createReadStream } from "node:fs";
import { CaptureReader } from "../../core/capture/capture-reader.ts";
import type { Frame } from "../../core/frame.ts";

const STDIN = "-";

/** Rejects with what node:fs throws, or with a RangeError when it is no capture. Says whether the last frame was cut off. */
export async function readCapture(
  path: string,
  onFrame: (frame: Frame) => void,
  onBytes: (bytes: number) => void = () => {},
): Promise<{ readonly isCut: boolean }> {
  const reader = new CaptureReader(onFrame);
  const stream = path === STDIN ? process.stdin : createReadStream(path);
  for await (const chunk of stream) {
    reader.push(chunk);
    onBytes(chunk.length);
  }
  return reader.end();
}
