// Colours and progress: for who sits at a terminal, and for nobody else.

import { open } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readingProgress } from "../../src/explain/reading-progress.ts";
import { DOORS } from "../support/failed-knocks.ts";
import { ethernet, pcap, syn } from "../support/frames.ts";
import { KNOCKD } from "../support/knockd.ts";
import { HOST } from "../support/lab.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const GREEN = "\u001b[32m";
const RED = "\u001b[31m";
const CLEAR_LINE = "\u001b[K";

const scratch = new Scratch();
beforeAll(() => {
  scratch.make();
  scratch.write("knockd.yaml", DOORS);
  const knock = (from: string, port: number) => ethernet(syn({ from, to: HOST, port }));
  const good = [7100, 8200, 7600].map((port) => knock("198.51.100.7", port));
  scratch.write("knock.pcap", pcap([...good, knock("198.51.100.8", 7100), knock("198.51.100.8", 7600)]));
});
afterAll(() => scratch.remove());

const explain = ["explain", "knock.pcap", "-c", "knockd.yaml"];

/** In a terminal of its own (script), or with pipes. `env` holds only what is said. */
async function knockd(where: "terminal" | "pipe", args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const words = args.map((word) => (/\.(yaml|pcap)$/.test(word) ? scratch.pathOf(word) : word));
  const argv = [...KNOCKD, ...words];
  const all = { PATH: process.env["PATH"], TERM: "xterm-256color", STATE_DIRECTORY: scratch.pathOf("nowhere"), ...env };
  const inTerminal = ["script", "-qec", argv.map((word) => `'${word}'`).join(" "), "/dev/null"];
  const running = new Running(where === "terminal" ? inTerminal : argv, { env: all });
  await running.ended(20_000);
  return running.stdout + running.stderr;
}

describe("colours", () => {
  it("tell good from bad on a terminal", async () => {
    const said = await knockd("terminal", explain);
    const painted = said.split("\r\n").filter((line) => /^.\[\d+m/.test(line));
    expect(painted.filter((line) => line.startsWith(GREEN) && line.includes("198.51.100.7 "))).toHaveLength(1);
    expect(painted.filter((line) => line.startsWith(RED) && line.includes(": dropped at"))).toHaveLength(1);
    expect(await knockd("terminal", ["check", "-c", "knockd.yaml"])).toContain(`${GREEN}fine`);
    expect(await knockd("terminal", ["check", "-c", "nowhere.yaml"])).toContain(`${RED}knockd:`);
  });

  it.each([
    ["into a pipe", "pipe", {}],
    ["with NO_COLOR", "terminal", { NO_COLOR: "1" }],
    ["on a dumb terminal", "terminal", { TERM: "dumb" }],
  ] as const)("are left out %s", async (_name, where, env) => {
    for (const args of [explain, ["check", "-c", "knockd.yaml"], ["check", "-c", "nowhere.yaml"], ["--help"]])
      expect(await knockd(where, args, env)).not.toContain("\u001b");
  });

  it("can be demanded in a pipe, but never get into JSON", async () => {
    expect(await knockd("pipe", explain, { FORCE_COLOR: "1" })).toContain(GREEN);
    const json = await knockd("pipe", [...explain, "--json"], { FORCE_COLOR: "1" });
    expect(json).not.toContain("\u001b");
    expect(await knockd("terminal", ["check", "--json", "-c", "knockd.yaml"])).not.toContain("\u001b");
  });
});

describe("the progress of a capture that takes long", () => {
  it("is said after a second, with how much of the file that is", () => {
    const file = scratch.write("2mb", Buffer.alloc(2_000_000));
    const said: string[] = [];
    let nowMs = 0;
    const read = readingProgress(
      file,
      (text) => said.push(text),
      () => nowMs,
    );
    for (const [atMs, bytes] of [
      [999, 400_000],
      [1000, 600_000],
      [1100, 1],
      [1300, 999_999],
    ] as const) {
      nowMs = atMs;
      read(bytes);
    }
    expect(said).toEqual(["1 MB read, 50 %", "2 MB read, 100 %"]);
  });

  it("is shown on a terminal, and gone when something else is printed", async () => {
    const fifo = scratch.pathOf("fifo");
    await new Running(["mkfifo", fifo]).ended();
    const line = `${KNOCKD.join(" ")} explain '${fifo}' -c '${scratch.pathOf("knockd.yaml")}'`;
    const explaining = new Running(["script", "-qec", line, "/dev/null"]);
    const capture = await open(fifo, "w");
    const frames = [7100, 8200].map((port) => ethernet(syn({ from: "198.51.100.7", to: HOST, port })));
    const first = pcap(frames.slice(0, 1));
    await capture.write(first);
    await explaining.until(/stage 1 of 3/);
    // Now its clock runs; more than a second later it has to say something.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await capture.write(pcap(frames).subarray(first.length));
    await capture.close();
    expect(await explaining.ended()).toBe(1);
    expect(explaining.stdout).toContain(`knockd: 0 MB read${CLEAR_LINE}\r${CLEAR_LINE}`);
  });
});
