import { describe, expect, it } from "vitest";
import { Slots } from "../../src/io/slots.ts";

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("slots", () => {
  it("let so many tasks run at a time, the others in their turn", async () => {
    const slots = new Slots(3);
    const started: number[] = [];
    const ends: (() => void)[] = [];
    const all = Array.from({ length: 10 }, (_each, number) =>
      slots.run(() => {
        started.push(number);
        return new Promise<number>((resolve) => ends.push(() => resolve(number)));
      }),
    );
    for (let ended = 0; ended < 10; ended++) {
      await settled();
      expect(started).toEqual(Array.from({ length: Math.min(10, ended + 3) }, (_each, number) => number));
      ends[ended]?.();
    }
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("are free again after a task that failed", async () => {
    const slots = new Slots(1);
    for (let turn = 0; turn < 3; turn++)
      await expect(slots.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    await expect(
      slots.run(() => {
        throw new Error("thrown");
      }),
    ).rejects.toThrow("thrown");
    expect(await slots.run(async () => "done")).toBe("done");
  });
});
