import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../../src/core/exit.ts";
import { lock, lockBoth } from "../../../src/io/control/lock.ts";
import { Running } from "../../support/running.ts";
import { Scratch } from "../../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

/** Another process that has the lock of a directory until it is killed. */
async function holder(directory: string): Promise<Running> {
  const script = 'exec 9>>"$0"; flock 9; echo has it; exec sleep 600';
  const running = new Running(["bash", "-c", script, join(directory, "knockd.lock")]);
  await running.until(/has it/);
  return running;
}

describe("the lock of a directory", () => {
  it("makes the directory, for us alone, and says who has it", async () => {
    const directory = scratch.pathOf("deep/down");
    expect(await lock(join(directory, "knockd.lock"), "X")).toEqual({});
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "knockd.lock")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, "knockd.lock"), "utf8")).toBe(`${process.pid}\n`);
  });

  it("is refused while another one has it, with words that help; not any more once it was killed", async () => {
    const directory = scratch.pathOf("taken");
    mkdirSync(directory);
    const other = await holder(directory);
    writeFileSync(join(directory, "knockd.lock"), "4711\n");
    await expect(lock(join(directory, "knockd.lock"), "STATE_DIRECTORY")).rejects.toMatchObject({
      code: EXIT.UNAVAILABLE,
      message: `another knockd (process 4711) is using ${JSON.stringify(directory)}`,
      hint: expect.stringContaining("STATE_DIRECTORY"),
    });
    other.signal("SIGKILL");
    await other.ended();
    writeFileSync(join(directory, "knockd.lock"), "a number of another length\n");
    expect(await lock(join(directory, "knockd.lock"), "X")).toEqual({});
    expect(readFileSync(join(directory, "knockd.lock"), "utf8")).toBe(`${process.pid}\n`);
  });

  it("is held: a second taker in this very process is refused, too", async () => {
    const directory = scratch.pathOf("held");
    await lock(join(directory, "knockd.lock"), "X");
    await expect(lock(join(directory, "knockd.lock"), "X")).rejects.toMatchObject({ code: EXIT.UNAVAILABLE });
    const probe = new Running(["flock", "-n", join(directory, "knockd.lock"), "true"]);
    expect(await probe.ended()).toBe(1);
  });

  it("does not go on in what we start", async () => {
    const directory = scratch.pathOf("children");
    await lock(join(directory, "knockd.lock"), "X");
    const child = new Running(["sh", "-c", "ls -l /proc/self/fd"]);
    await child.ended();
    expect(child.stdout).not.toContain("knockd.lock");
  });

  it("where nothing can be written says why, and is no obstacle", async () => {
    const file = scratch.write("file", "");
    const { problem } = await lock(join(file, "state", "knockd.lock"), "X");
    expect(problem).toMatchObject({ code: "ENOTDIR" });
    rmSync(file);
  });
});

describe("the locks of a daemon", () => {
  /** State and socket of a daemon of its own. */
  const places = (name: string): [string, string] => {
    mkdirSync(scratch.pathOf(name));
    mkdirSync(scratch.pathOf(`${name}/run`));
    return [scratch.pathOf(name), scratch.pathOf(`${name}/run/knockd.sock`)];
  };

  it.each([
    ["state", "ledger.lock", "STATE_DIRECTORY"],
    ["socket", "run/knockd.sock.lock", "RUNTIME_DIRECTORY"],
  ])("are refused while another one has the place of its %s", async (what, file, variable) => {
    const [state, socket] = places(`taken-${what}`);
    await lock(join(state, file), "X");
    await expect(lockBoth(state, socket)).rejects.toMatchObject({
      code: EXIT.UNAVAILABLE,
      hint: expect.stringContaining(variable),
    });
  });

  it("go to one of several that start at once, not to none", async () => {
    const race = async (round: number): Promise<string[]> => {
      const [state, socket] = places(`race-${round}`);
      const ends = await Promise.allSettled([1, 2, 3].map(() => lockBoth(state, socket)));
      return ends.map(({ status }) => status).sort();
    };
    const races = await Promise.all([...Array(20).keys()].map(race));
    expect(races).toEqual(races.map(() => ["fulfilled", "rejected", "rejected"]));
  });

  it("tell that the socket has no place, and are silent of a state that cannot be kept, which others tell", async () => {
    const file = scratch.write("no-directory", "");
    const [state, socket] = places("place");
    expect(await lockBoth(state, join(file, "knockd.sock"))).toMatchObject({ problem: { code: "EEXIST" } });
    expect(await lockBoth(join(file, "state"), socket)).toEqual({});
  });
});
