// The pipe of a capture on a real disk that is full.

import { mkdirSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFifo } from "../../src/io/capture/frame-fifo.ts";
import { root } from "../support/netns.ts";
import { succeed } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

describe.skipIf(!root)("the pipe of a capture", () => {
  it("leaves nothing behind on a disk that is full, and says so", async () => {
    const disk = scratch.pathOf("disk");
    mkdirSync(disk);
    // Room for itself, for the directory and for the filter.
    await succeed(5000, "mount", "-t", "tmpfs", "-o", "nr_inodes=3", "tmpfs", disk);
    try {
      expect(() => openFifo(disk, "")).toThrow(/^mkfifo: .*frames\.pcap.*: No space left on device$/);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      await succeed(5000, "umount", disk);
    }
  });
});
