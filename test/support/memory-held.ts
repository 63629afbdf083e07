// What this process still needs of its memory: what is over has been collected, however long that took.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

export function memoryHeld(): NodeJS.MemoryUsage {
  collect();
  return process.memoryUsage();
}
