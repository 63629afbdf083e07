// V8's settings for a daemon that hardly ever has to do anything, and must do it at once.
import { setFlagsFromString } from "node:v8";

/** Before anything of it is compiled. */
export function tuneForStart(): void {
  // Compiled at its first call: the first knocks would be interpreted, which takes half as long again.
  setFlagsFromString("--always-sparkplug");
}

/** From now on it waits. Until then, collecting early would have cost more than the room. */
export function tuneForWaiting(): void {
  // A flood makes short-lived garbage only: collected early, it takes no room.
  setFlagsFromString("--semi-space-growth-factor=1");
}
