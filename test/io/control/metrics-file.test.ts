import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MetricsFile } from "../../../src/io/control/metrics-file.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
beforeEach(() => {
  vi.useFakeTimers();
  scratch.make();
});
afterEach(() => {
  vi.useRealTimers();
  scratch.remove();
});

function metricsFile() {
  const { log, messages } = memoryLog();
  let page = 0;
  const file = new MetricsFile(async () => `page ${++page}\n`, log);
  return { file, messages };
}
const content = (name = "knockd.prom"): string => readFileSync(scratch.pathOf(name), "utf8");

describe("the metrics file", async () => {
  it("is written at once, every 15 seconds, and for the last time", async () => {
    const { file, messages } = metricsFile();
    file.apply(scratch.pathOf("knockd.prom"));
    await vi.advanceTimersByTimeAsync(0);
    expect(content()).toBe("page 1\n");
    await vi.advanceTimersByTimeAsync(14_999);
    expect(content()).toBe("page 1\n");
    await vi.advanceTimersByTimeAsync(15_001);
    expect(content()).toBe("page 3\n");
    await file.close();
    expect(content()).toBe("page 4\n");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(content()).toBe("page 4\n");
    expect(messages()).toEqual([]);
  });

  it("may be read by everybody, whatever the umask", async () => {
    const umask = process.umask(0o077);
    metricsFile().file.apply(scratch.pathOf("knockd.prom"));
    await vi.advanceTimersByTimeAsync(0);
    process.umask(umask);
    expect(statSync(scratch.pathOf("knockd.prom")).mode & 0o777).toBe(0o644);
  });

  it("is another file each time, so that a reader never sees half of one; nothing is left beside it", async () => {
    const { file } = metricsFile();
    file.apply(scratch.pathOf("knockd.prom"));
    await vi.advanceTimersByTimeAsync(0);
    const before = statSync(scratch.pathOf("knockd.prom")).ino;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(statSync(scratch.pathOf("knockd.prom")).ino).not.toBe(before);
    expect(readdirSync(scratch.path)).toEqual(["knockd.prom"]);
  });

  it("does not write through a link that somebody put in its place", async () => {
    scratch.write("victim", "untouched");
    for (const name of ["knockd.prom", "knockd.prom.new"]) symlinkSync(scratch.pathOf("victim"), scratch.pathOf(name));
    metricsFile().file.apply(scratch.pathOf("knockd.prom"));
    await vi.advanceTimersByTimeAsync(0);
    expect(content("victim")).toBe("untouched");
    expect(content()).toBe("page 1\n");
  });

  it("that cannot be written is told once, and once more when it can", async () => {
    const { file, messages } = metricsFile();
    file.apply(scratch.pathOf("dir/knockd.prom"));
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(messages()).toEqual([expect.stringMatching(/^cannot write metrics file ".*knockd\.prom": no such file/)]);
    mkdirSync(scratch.pathOf("dir"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(messages().slice(1)).toEqual([
      expect.stringMatching(/^metrics file ".*knockd\.prom" can be written again$/),
    ]);
    rmSync(scratch.pathOf("dir"), { recursive: true });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(messages()).toHaveLength(3);
    await file.close();
  });

  it("moves with a reload; old numbers are not left behind to be taken for new ones", async () => {
    const { file, messages } = metricsFile();
    file.apply(scratch.pathOf("a.prom"));
    await vi.advanceTimersByTimeAsync(0);
    file.apply(scratch.pathOf("b.prom"));
    await vi.advanceTimersByTimeAsync(0);
    expect(readdirSync(scratch.path)).toEqual(["b.prom"]);
    file.apply(undefined);
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(60_000);
    await file.close();
    expect(existsSync(scratch.pathOf("b.prom"))).toBe(false);
    expect(messages()).toEqual([]);
  });

  it("is left alone by a reload that says the same", async () => {
    const { file } = metricsFile();
    file.apply(scratch.pathOf("a.prom"));
    await vi.advanceTimersByTimeAsync(0);
    file.apply(scratch.pathOf("a.prom"));
    await vi.advanceTimersByTimeAsync(0);
    expect(content("a.prom")).toBe("page 1\n");
    await vi.advanceTimersByTimeAsync(15_000);
    expect(content("a.prom")).toBe("page 2\n");
  });
});
