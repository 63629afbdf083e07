// Why a knock did not open, from captures of every kind, as its user sees it.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LINKTYPE } from "../../src/core/pcap.ts";
import { DOORS, FAILED_KNOCKS, framesOf, inGeneral } from "../support/failed-knocks.ts";
import { ethernet, pcap, sll, syn, TCP, timedPcap } from "../support/frames.ts";
import { HOST, HOST_6 } from "../support/lab.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const KNOCKD = fileURLToPath(new URL("../../dist/knockd.js", import.meta.url));
const NOON = Date.UTC(2026, 10, 23, 12, 0, 0);
const X = "198.51.100.7";

const scratch = new Scratch();
beforeAll(() => {
  scratch.make();
  scratch.write("knockd.yaml", DOORS);
});
afterAll(() => scratch.remove());

async function explain(capture: string | Uint8Array, ...args: string[]) {
  const file = typeof capture === "string" ? capture : scratch.write("capture", capture);
  const env = { ...process.env, TZ: "UTC", STATE_DIRECTORY: scratch.pathOf("nowhere") };
  const argv = [process.execPath, KNOCKD, "explain", file, "-c", scratch.pathOf("knockd.yaml"), ...args];
  const running = new Running(argv, { env });
  return { code: await running.ended(), stdout: running.stdout, stderr: running.stderr };
}

const knock = (port: number, flags: number = TCP.SYN) => ethernet(syn({ from: X, to: HOST, port, flags }));
const KNOCK = [7100, 8200, 7600].map((port) => knock(port));

describe("what explain says of", () => {
  it.each(FAILED_KNOCKS.map((each, index) => ({ ...each, index })))(
    "$name",
    async ({ index, knocks, says, summary }) => {
      const frames = framesOf(index, knocks).map(({ atMs, bytes }) => ({ atMs: NOON + atMs, bytes }));
      const { code, stdout } = await explain(timedPcap(frames), "--address", HOST, "--address", HOST_6);
      const [day, ...lines] = stdout.trimEnd().split("\n");
      expect(day).toBe("2026-11-23");
      const end = lines.indexOf("");
      const said = lines.slice(0, end).map((line) => /^12:00:0\d\.\d{3} \S+ +\S+ +(.*)$/.exec(line)?.[1] ?? line);
      expect(said.map((text) => inGeneral(index, text))).toEqual(says);
      expect(lines.slice(end + 1).map((line) => inGeneral(index, line))).toContainEqual(
        expect.stringMatching(new RegExp(`^(X|6): ${summary.replace(/[?.]/g, "\\$&")}$`)),
      );
      expect(code).toBe(summary.endsWith("opens") ? 0 : 1);
    },
  );
});
