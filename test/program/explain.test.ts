// Why a knock did not open, from captures of every kind, as its user sees it.

import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LINKTYPE } from "../../src/core/capture/pcap.ts";
import { guardSecret } from "../../src/io/state/secret.ts";
import { DOORS, FAILED_KNOCKS, framesOf, inGeneral } from "../support/failed-knocks.ts";
import { ethernet, pcap, sll, syn, TCP, timedPcap } from "../support/frames.ts";
import { KNOCKD } from "../support/knockd.ts";
import { HOST, HOST_6 } from "../support/lab.ts";
import { Blocks } from "../support/pcapng.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const NOON = Date.UTC(2026, 10, 23, 12, 0, 0);
const X = "198.51.100.7";

const scratch = new Scratch();
beforeAll(() => {
  scratch.make();
  scratch.write("knockd.yaml", DOORS);
  mkdirSync(scratch.pathOf("state"));
  scratch.write("state/guard-secret", Buffer.alloc(16, 7));
});
afterAll(() => scratch.remove());

async function explain(capture: string | Uint8Array, ...args: (string | NodeJS.ProcessEnv)[]) {
  const file = typeof capture === "string" ? capture : scratch.write("capture", capture);
  const more = args.filter((each) => typeof each !== "string");
  const env = Object.assign({ ...process.env, TZ: "UTC", STATE_DIRECTORY: scratch.pathOf("nowhere") }, ...more);
  const words = args.filter((each) => typeof each === "string");
  const argv = [...KNOCKD, "explain", file, "-c", scratch.pathOf("knockd.yaml"), ...words];
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
      // With the daemon's own secret its guards are known.
      const state = { STATE_DIRECTORY: scratch.pathOf("state") };
      const { code, stdout } = await explain(timedPcap(frames), "--address", HOST, "--address", HOST_6, state);
      const [day, ...lines] = stdout.trimEnd().split("\n");
      expect(day).toBe("2026-11-23");
      const end = lines.indexOf("");
      const said = lines.slice(0, end).map((line) => /^12:00:0\d\.\d{3} \S+ +\S+ +(.*)$/.exec(line)?.[1] ?? line);
      // What takes too long runs out of time before it is too late.
      expect(said.filter((text) => !text.includes("timed out")).map((text) => inGeneral(index, text))).toEqual(says);
      expect(lines.slice(end + 1).map((line) => inGeneral(index, line))).toContainEqual(
        expect.stringMatching(new RegExp(`^(X|6): ${summary.replace(/[?.]/g, "\\$&")}$`)),
      );
      expect(code).toBe(summary.endsWith("opens") ? 0 : 1);
    },
  );
});

describe("knockd explain", () => {
  const opens = { code: 0, stdout: expect.stringMatching(new RegExp(`\\n\\n${X}: ssh opens\\n$`)) };

  it("finds the knock in all traffic of a machine, and says nothing of the rest", async () => {
    const rest = [
      knock(22),
      knock(443, TCP.ACK),
      ethernet(syn({ from: HOST, to: X, port: 40_000, flags: 0x14 })),
      Buffer.alloc(60),
    ];
    const frames = [
      knock(7100),
      knock(7100, TCP.ACK),
      ...rest,
      knock(8200),
      ...rest,
      knock(7600),
      knock(7600, TCP.RST),
    ];
    const { code, stdout } = await explain(pcap(frames, LINKTYPE.ETHERNET, NOON, 10));
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        "2026-11-23",
        `12:00:00.000 ${X}    7100/tcp  ssh: stage 1 of 3`,
        `12:00:00.020 ${X}    22/tcp    ssh: stage 1 of 3, ignored: nobody watches this port, expected 8200/tcp`,
        `12:00:00.060 ${X}    8200/tcp  ssh: stage 2 of 3`,
        `12:00:00.070 ${X}    22/tcp    ssh: stage 2 of 3, ignored: nobody watches this port, expected 7600/tcp`,
        `12:00:00.110 ${X}    7600/tcp  ssh: opens`,
        "",
        `${X}: ssh opens`,
        "",
      ].join("\n"),
    );
  });

  it("says what it has taken for granted, on stderr", async () => {
    const { stderr } = await explain(pcap(KNOCK));
    expect(stderr).toBe(
      `knockd: hint: taken for the daemon's own: ${HOST}; if not all of them are, say which with --address\n` +
        "knockd: hint: which ports near the steps are guard ports is not known here: only the daemon's own state directory says so\n",
    );
    expect((await explain(pcap(KNOCK), "-a", HOST)).stderr).not.toContain("--address");
  });

  it("knows all guards where it may read the daemon's secret", async () => {
    const state = scratch.pathOf("state");
    guardSecret(state);
    const { stderr } = await explain(pcap(KNOCK), "-a", HOST, { STATE_DIRECTORY: state });
    expect(stderr).toBe("");
  });

  it("reads stdin", async () => {
    const file = scratch.write("capture", pcap(KNOCK));
    const config = scratch.pathOf("knockd.yaml");
    const running = new Running(["sh", "-c", `${KNOCKD.join(" ")} explain - -c ${config} < ${file}`]);
    expect({ code: await running.ended(), stdout: running.stdout }).toEqual(opens);
  });

  it("reads pcapng, and every kind of link", async () => {
    const blocks = new Blocks(false);
    const packets = KNOCK.map((bytes) => blocks.packet(bytes, { units: BigInt(NOON) * 1000n }));
    expect(await explain(Buffer.concat([blocks.section(), blocks.interface(1), ...packets]))).toMatchObject(opens);
    const cooked = [7100, 8200, 7600].map((port) => sll(syn({ from: X, to: HOST, port })));
    expect(await explain(pcap(cooked, LINKTYPE.LINUX_SLL))).toMatchObject(opens);
  });

  it("prints an object a line with --json, the last one a summary", async () => {
    const { code, stdout } = await explain(pcap(KNOCK.slice(0, 2), LINKTYPE.ETHERNET, NOON), "--json");
    const objects = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(1);
    expect(objects).toEqual([
      expect.objectContaining({ event: "knock", at: "2026-11-23T12:00:00.000Z", source: X, port: "7100/tcp" }),
      expect.objectContaining({
        text: "ssh: stage 2 of 3",
        verdicts: [expect.objectContaining({ outcome: "advanced" })],
      }),
      {
        event: "summary",
        opened: false,
        sources: [
          {
            source: X,
            door: "ssh",
            opened: 0,
            stage: 2,
            text: expect.stringMatching(/^ssh does not open: stage 2 of 3/),
          },
        ],
        frames: 2,
        taken_for_ours: [HOST],
        guards: "unknown",
        refused: 0,
        clock_went_back: false,
      },
    ]);
  });

  it("says that nobody knocked", async () => {
    const { code, stdout } = await explain(pcap([knock(22), knock(443)]));
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: "nobody knocked: 2 frames, none of them at a step of these doors\n",
    });
  });

  it("tells what is readable of a capture that was cut off, or of a link that it cannot read", async () => {
    const { stderr, ...rest } = await explain(Buffer.concat([pcap(KNOCK), Buffer.alloc(5)]));
    expect(rest).toMatchObject(opens);
    expect(stderr).toContain("knockd: hint: the capture ends in the middle of a frame\n");
    const radio = await explain(pcap(KNOCK, 127));
    expect(radio.stderr).toContain("knockd: hint: frames of link type 127 cannot be read\n");
    expect(radio.code).toBe(1);
  });

  it.each([
    ["a missing file", () => scratch.pathOf("nowhere"), 66, /^knockd: cannot read ".*": no such file or directory\n$/],
    [
      "what is no capture",
      () => scratch.write("text", "hello, world"),
      66,
      /^knockd: cannot read ".*": it is neither a pcap nor a pcapng capture\n$/,
    ],
    ["a directory", () => scratch.path, 66, /^knockd: cannot read ".*": illegal operation on a directory\n$/],
  ])("exits 66 for %s", async (_what, fileOf, code, stderr) => {
    expect(await explain(fileOf())).toEqual({ code, stdout: "", stderr: expect.stringMatching(stderr) });
  });

  it("exits 64 for what is no address", async () => {
    const { code, stderr } = await explain(pcap(KNOCK), "--address", "host");
    expect(code).toBe(64);
    expect(stderr).toMatch(/expected an IP address such as 192\.0\.2\.7\n$/);
  });

  it("ends in silence when its reader has seen enough", async () => {
    const file = scratch.write("long", pcap(Array.from({ length: 20_000 }, () => knock(7100))));
    const line = `${KNOCKD.join(" ")} explain ${file} -c ${scratch.pathOf("knockd.yaml")} | head -n 1`;
    const running = new Running(["bash", "-c", line], { env: { ...process.env, TZ: "UTC" } });
    expect({ code: await running.ended(), stdout: running.stdout, stderr: running.stderr }).toEqual({
      code: 0,
      stdout: "1970-01-01\n",
      stderr: "",
    });
  });
});
