// Waiting for what comes by itself: from another process, from the kernel, in a later turn of the event loop.

import { vi } from "vitest";

/** Only what never comes takes so long. */
const SOON_MS = 15_000;
const LOOK_MS = 20;

/** Until `look` throws no more. */
export async function soon(look: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(look, { timeout: SOON_MS, interval: LOOK_MS });
}
