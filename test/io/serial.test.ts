import { describe, expect, it } from "vitest";
import { Serial } from "../../src/io/serial.ts";

/** A task that ends when it is told to. */
class Task {
  started = false;
  end: () => void = () => {};
  fail: (error: Error) => void = () => {};
  readonly run = (): Promise<void> => {
    this.started = true;
    return new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
  };
}

/** All that is ready has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("tasks of one key", () => {
  it("run one after the other, in order", async () => {
    const serial = new Serial();
    const tasks = [new Task(), new Task(), new Task()];
    const ends = tasks.map((task) => serial.run("ssh", task.run));
    for (const [index, task] of tasks.entries()) {
      await settled();
      expect(tasks.map(({ started }) => started)).toEqual(tasks.map((_each, other) => other <= index));
      task.end();
      await ends[index];
    }
  });

  it("do not hold up another key", async () => {
    const serial = new Serial();
    const slow = new Task();
    const end = serial.run("ssh", slow.run);
    expect(await serial.run("web", async () => "done")).toBe("done");
    slow.end();
    await end;
  });

  it("go on after one that failed, whose caller hears of it", async () => {
    const serial = new Serial();
    const first = serial.run("ssh", () => Promise.reject(new Error("broken")));
    const second = serial.run("ssh", async () => "done");
    await expect(first).rejects.toThrow("broken");
    expect(await second).toBe("done");
  });

  it("give their result to their caller", async () => {
    const serial = new Serial();
    const results = [1, 2, 3].map((number) => serial.run("ssh", async () => number));
    expect(await Promise.all(results)).toEqual([1, 2, 3]);
  });
});

describe("idle", () => {
  it("ends at once when nothing is under way", async () => {
    await new Serial().idle();
  });

  it("waits for all keys, for what failed, and for what was added meanwhile", async () => {
    const serial = new Serial();
    const first = new Task();
    const second = new Task();
    let idle = false;
    serial.run("ssh", first.run).catch(() => {});
    const waiting = serial.idle().then(() => {
      idle = true;
    });
    await settled();
    serial.run("web", second.run).catch(() => {});
    first.fail(new Error("broken"));
    await settled();
    expect(idle).toBe(false);
    second.end();
    await waiting;
    expect(idle).toBe(true);
  });
});
