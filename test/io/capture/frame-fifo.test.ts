import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFifo, sweepFifos } from "../../../src/io/capture/frame-fifo.ts";
import { Scratch } from "../../support/scratch.ts";
import { soon } from "../../support/soon.ts";

/** Without its final zero. */
const PATH_MAX = 4095;
const DIRECTORY_CHARACTERS = "/knockd-abcdef".length;

const scratch = new Scratch();
beforeEach(() => scratch.make());
afterEach(() => scratch.remove());

/** How many file descriptors of ours lead to a place below this directory, which may be gone. */
function descriptorsBelow(directory: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => target(fd).startsWith(directory)).length;
}

function target(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // The one that the directory was read by.
  }
}

describe("the named pipe of a sniffer", () => {
  it("stands in a directory for us alone, with a filter that the sniffer may read whatever our umask", () => {
    const umask = process.umask(0o077);
    const fifo = openFifo(scratch.path, "tcp port 7000");
    process.umask(umask);
    expect(statSync(fifo.directory).mode & 0o777).toBe(0o700);
    expect(statSync(fifo.filterFile).mode & 0o777).toBe(0o644);
    expect(statSync(join(fifo.directory, "frames.pcap")).isFIFO()).toBe(true);
    expect(statSync(join(fifo.directory, "frames.pcap")).mode & 0o777).toBe(0o600);
    expect(readFileSync(fifo.filterFile, "utf8")).toBe("tcp port 7000");
    fifo.remove();
  });

  it("is gone from the disk with the first frame, and goes on until its writer ends", async () => {
    const fifo = openFifo(scratch.path, "");
    let heard = "";
    fifo.read((chunk) => (heard += Buffer.from(chunk).toString()));
    const sniffer = openSync(join(fifo.directory, "frames.pcap"), "w");
    expect(descriptorsBelow(scratch.path)).toBe(3);
    writeSync(sniffer, "header ");
    await soon(() => expect(heard).toBe("header "));
    expect(existsSync(fifo.directory)).toBe(false);
    writeSync(sniffer, "frame");
    await soon(() => expect(heard).toBe("header frame"));
    closeSync(sniffer);
    await soon(() => expect(descriptorsBelow(scratch.path)).toBe(0));
    fifo.remove();
  });

  it("leaves no descriptor and no file when its sniffer ends before the first frame", async () => {
    const fifo = openFifo(scratch.path, "");
    fifo.read(() => {});
    fifo.remove();
    fifo.remove();
    await soon(() => expect(descriptorsBelow(scratch.path)).toBe(0));
    expect(readdirSync(scratch.path)).toEqual([]);
  });

  it("leaves no descriptor and no file when nobody came to read it", () => {
    const fifo = openFifo(scratch.path, "");
    fifo.remove();
    expect(descriptorsBelow(scratch.path)).toBe(0);
    expect(readdirSync(scratch.path)).toEqual([]);
  });

  it("leaves nothing behind where it cannot be made", () => {
    let parent = scratch.path;
    // The directory has a path of the greatest length that there is; for a file in it there is none.
    while (parent.length < PATH_MAX - DIRECTORY_CHARACTERS)
      parent = join(parent, "x".repeat(Math.min(200, PATH_MAX - DIRECTORY_CHARACTERS - parent.length - 1) || 1));
    mkdirSync(parent, { recursive: true });
    expect(() => openFifo(parent, "")).toThrow("ENAMETOOLONG");
    expect(readdirSync(parent)).toEqual([]);
  });

  it("that a killed daemon has left is swept away, and nothing else", () => {
    const left = openFifo(scratch.path, "tcp port 7000");
    const others = ["knockd-abcdef", "knockd-somebodys", "knockd.sock"];
    mkdirSync(scratch.pathOf("knockd-abcdef"));
    mkdirSync(scratch.pathOf("knockd-somebodys"));
    scratch.write("knockd-abcdef/theirs", "");
    scratch.write("knockd.sock", "");
    sweepFifos(scratch.path);
    expect(readdirSync(scratch.path).sort()).toEqual(others);
    left.remove();
  });

  it("is swept away where there is no such directory, too, without a word", () => {
    sweepFifos(scratch.pathOf("nowhere"));
  });
});
