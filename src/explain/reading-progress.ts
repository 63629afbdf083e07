// How far a large capture has been read: said once it takes more than a second.
import { statSync } from "node:fs";
import { showProgress } from "../io/terminal.ts";

const PATIENCE_MS = 1000;
const AGAIN_MS = 200;
const MEGABYTE = 1e6;

/** Is told of each bit that was read. Of a pipe nobody knows how much more there is. */
export function readingProgress(
  path: string,
  show = showProgress,
  now = () => performance.now(),
): (bytes: number) => void {
  const bytesTotal = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let nextMs = now() + PATIENCE_MS;
  let bytesRead = 0;
  return (bytes) => {
    bytesRead += bytes;
    if (now() < nextMs) return;
    nextMs = now() + AGAIN_MS;
    const read = `${(bytesRead / MEGABYTE).toFixed(0)} MB read`;
    show(bytesTotal === 0 ? read : `${read}, ${Math.floor((bytesRead / bytesTotal) * 100)} %`);
  };
}
