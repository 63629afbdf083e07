// V8's settings for a daemon that hardly ever has to do anything, and must do it at once.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Before anything of it is compiled. */
export function tuneForStart(): void {
  // Compiled at its first call: the first knocks would be interpreted, which takes half as long again.
  setFlagsFromString("--always-sparkplug");
}

/** From now on it waits. Until then, collecting early would have cost more than the room. */
export function tuneForWaiting(): void {
  // A flood makes short-lived garbage only: collected early, it takes no room.
  setFlagsFromString("--semi-space-growth-factor=1");
  // What the start has left would be collected while somebody knocks, and takes 50 ms then.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") setImmediate(() => collect());
}
