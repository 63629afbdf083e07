import { readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ONE_TIME_BYTES_MAX } from "../../../src/core/one-time.ts";
import { formatPort } from "../../../src/core/port.ts";
import { OneTimeFile } from "../../../src/io/state/one-time-file.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

const TEXT = "# mine\r\n7000,8000\r\nnonsense\n #old\n 9000,100/icmp\n1111,2222";

describe("a file of one-time sequences on disk", () => {
  it("is used up from the top, one byte of it for each", () => {
    const path = scratch.write("sequences", TEXT);
    const file = new OneTimeFile(path);
    const seen: string[] = [];
    while (file.left > 0) {
      seen.push(`${file.left}: ${file.sequence.map(formatPort).join(" ")}`);
      file.strike();
      expect(readFileSync(path, "utf8")).toHaveLength(TEXT.length);
    }
    expect(seen).toEqual(["3: 7000/tcp 8000/tcp", "2: 9000/tcp 100/icmp", "1: 1111/tcp 2222/tcp"]);
    expect(file.unreadable).toBe(1);
    expect(file.sequence).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe("# mine\r\n#000,8000\r\nnonsense\n #old\n#9000,100/icmp\n#111,2222");
  });

  it("goes on after a restart where it was", () => {
    const path = scratch.write("sequences", TEXT);
    new OneTimeFile(path).strike();
    const again = new OneTimeFile(path);
    expect(again.left).toBe(2);
    expect(again.sequence.map(formatPort)).toEqual(["9000/tcp", "100/icmp"]);
  });

  it("has nothing to strike when it is used up", () => {
    const path = scratch.write("sequences", "#1,2\n");
    const file = new OneTimeFile(path);
    file.strike();
    expect(readFileSync(path, "utf8")).toBe("#1,2\n");
  });

  it("goes on in memory when it cannot be written, and says why", () => {
    const path = scratch.write("sequences", "1,2\n3,4\n");
    const file = new OneTimeFile(path);
    rmSync(path);
    expect(() => file.strike()).toThrow(/ENOENT/);
    expect(file.sequence.map(formatPort)).toEqual(["3/tcp", "4/tcp"]);
  });

  it("must be there, and of a bearable size", () => {
    expect(() => new OneTimeFile(scratch.pathOf("nowhere"))).toThrow(/ENOENT/);
    expect(() => new OneTimeFile(scratch.path)).toThrow(/EISDIR/);
    const path = scratch.write("large", Buffer.alloc(ONE_TIME_BYTES_MAX + 1, 0x0a));
    expect(() => new OneTimeFile(path)).toThrow(new RangeError(`${path} is larger than ${ONE_TIME_BYTES_MAX} bytes`));
  });
});
