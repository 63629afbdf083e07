import { describe, expect, it } from "vitest";
import { BACKLOG_MAX, Backlog } from "../../../src/io/control/backlog.ts";

describe("a backlog", () => {
  it("gives what was said in its order, whether it was said before or after it was asked for", async () => {
    const backlog = new Backlog<string>();
    const taken = backlog.take();
    backlog.say("a");
    expect((await taken.next()).value).toEqual({ line: "a" });
    const next = taken.next();
    backlog.say("b");
    expect((await next).value).toEqual({ line: "b" });
  });

  it("keeps so many lines, and tells how many it could not keep where they are missing", async () => {
    const backlog = new Backlog<number>();
    for (let number = 0; number < BACKLOG_MAX + 1000; number++) backlog.say(number);
    const taken = backlog.take();
    for (let number = 0; number < BACKLOG_MAX; number++) expect((await taken.next()).value).toEqual({ line: number });
    expect((await taken.next()).value).toEqual({ lost: 1000 });
    backlog.say(7);
    expect((await taken.next()).value).toEqual({ line: 7 });
    // What has been told is not told again.
    backlog.miss(1);
    expect((await taken.next()).value).toEqual({ lost: 1 });
  });

  it("tells of what was lost on its way here", async () => {
    const backlog = new Backlog<number>();
    const next = backlog.take().next();
    backlog.miss(3);
    expect((await next).value).toEqual({ lost: 3 });
  });

  it("ends when it is told to, and wakes up who waits for it", async () => {
    const backlog = new Backlog<number>();
    const next = backlog.take().next();
    backlog.end();
    expect((await next).done).toBe(true);
    expect((await backlog.take().next()).done).toBe(true);
  });
});
