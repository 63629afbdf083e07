import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogFile } from "../../../src/io/log/log-file.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
const said: string[] = [];
const report = {
  lost: (reason: unknown) => said.push(`lost: ${reason instanceof Error ? reason.message.slice(0, 6) : ""}`),
  back: () => said.push("back"),
};
/** Longer than the pause between tries. */
const later = () => vi.advanceTimersByTime(1001);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  scratch.make();
  said.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
  scratch.remove();
});

function opened(path = scratch.pathOf("log")): LogFile {
  const file = new LogFile(path, report);
  file.open();
  return file;
}
const content = (name = "log"): string => readFileSync(scratch.pathOf(name), "utf8");

describe("the log's own file", () => {
  it("goes on where it ended", () => {
    scratch.write("log", "before\n");
    expect(opened().write("after\n")).toBe(true);
    expect(content()).toBe("before\nafter\n");
  });

  it("is made for its owner and his group, and no one else", () => {
    const umask = process.umask(0);
    opened();
    process.umask(umask);
    expect(statSync(scratch.pathOf("log")).mode & 0o777).toBe(0o640);
  });

  it("keeps a stricter mode that it finds", () => {
    chmodSync(scratch.write("log", ""), 0o600);
    opened().write("x\n");
    expect(statSync(scratch.pathOf("log")).mode & 0o777).toBe(0o600);
  });

  it("follows its name when it is opened anew, and loses nothing", () => {
    const file = opened();
    file.write("one\n");
    renameSync(scratch.pathOf("log"), scratch.pathOf("log.1"));
    file.write("two\n");
    file.reopen();
    file.write("three\n");
    expect([content("log.1"), content()]).toEqual(["one\ntwo\n", "three\n"]);
    expect(said).toEqual([]);
  });

  it("throws at the start what there is to say", () => {
    expect(() => opened(scratch.pathOf("no/log"))).toThrow("ENOENT");
    expect(() => opened(scratch.path)).toThrow("EISDIR");
  });

  it("holds no descriptor after a failure, and none too many after many openings", () => {
    const before = descriptors();
    const file = opened();
    for (let time = 0; time < 10; time++) file.reopen();
    expect(descriptors()).toBe(before + 1);
    file.close();
    file.close();
    expect(descriptors()).toBe(before);
  });
});

describe("a log file whose directory is gone for a moment", () => {
  it("gives its lines back meanwhile, says so once, and goes on when the directory is there again", () => {
    mkdirSync(scratch.pathOf("dir"));
    const file = opened(scratch.pathOf("dir/log"));
    rmSync(scratch.pathOf("dir"), { recursive: true });
    file.reopen();
    for (let time = 0; time < 5; time++) {
      expect(file.write("nowhere\n")).toBe(false);
      later();
    }
    file.reopen();
    expect(said).toEqual(["lost: ENOENT"]);
    mkdirSync(scratch.pathOf("dir"));
    later();
    expect(file.write("there\n")).toBe(true);
    expect(content("dir/log")).toBe("there\n");
    expect(said).toEqual(["lost: ENOENT", "back"]);
  });

  it("is not looked for with every line", () => {
    const file = new LogFile(scratch.pathOf("dir/log"), report);
    expect(file.write("x\n")).toBe(false);
    mkdirSync(scratch.pathOf("dir"));
    expect(file.write("x\n")).toBe(false);
    expect(existsSync(scratch.pathOf("dir/log"))).toBe(false);
    later();
    expect(file.write("x\n")).toBe(true);
  });

  it("is looked for at once when somebody asks", () => {
    const file = new LogFile(scratch.pathOf("dir/log"), report);
    file.write("x\n");
    mkdirSync(scratch.pathOf("dir"));
    file.reopen();
    expect(file.write("y\n")).toBe(true);
    expect(said).toEqual(["lost: ENOENT", "back"]);
  });
});

describe("a log file on a full disk", () => {
  it("gives its lines back, and says so once", () => {
    const file = opened("/dev/full");
    for (let time = 0; time < 3; time++) {
      expect(file.write("x\n")).toBe(false);
      later();
    }
    expect(said).toEqual(["lost: ENOSPC"]);
  });
});

describe("a fifo that nobody reads", () => {
  it("does not hold us up", () => {
    execFileSync("mkfifo", [scratch.pathOf("fifo")]);
    expect(() => opened(scratch.pathOf("fifo"))).toThrow("ENXIO");
  });
});

/** How many of ours lead to files of this test. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").filter((fd) => target(fd).startsWith(scratch.path)).length;
}

function target(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // It is closed by now.
  }
}
