// What knockd watch says live of real frames: the same as explain does of a capture of them.

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressesOf, DOORS, FAILED_KNOCKS, framesOf, inGeneral } from "../support/failed-knocks.ts";
import { ethernet, syn } from "../support/frames.ts";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, Lab } from "../support/lab.ts";
import { root } from "../support/netns.ts";
import type { Running } from "../support/running.ts";

describe.skipIf(!root)("what is said of a knock", () => {
  const lab = new Lab();
  const { net } = lab;
  const env = () => ({
    ...process.env,
    TZ: "UTC",
    RUNTIME_DIRECTORY: join(lab.directory, "run"),
    STATE_DIRECTORY: join(lab.directory, "state"),
  });
  let everything: Running;
  let probes = 0;

  beforeAll(async () => {
    await lab.open("client");
    await lab.start(DOORS);
    everything = await watch();
  });
  afterAll(() => lab.close());

  /** A watch that has begun to hear. */
  async function watch(...args: string[]): Promise<Running> {
    const running = net.spawn("server", [...KNOCKD, "watch", ...args], { env: env() });
    const source = args.find((word) => !word.startsWith("-")) ?? "10.9.0.250";
    await eventually("a knock is watched", async () => {
      await lab.sendFrames("client", [ethernet(syn({ from: source, to: HOST, port: 8200 }))]);
      return running.stdout !== "";
    });
    return running;
  }

  /** Waits until all that was sent before has been told. */
  async function settled(running: Running): Promise<void> {
    probes++;
    const from = `10.9.1.${probes}`;
    await lab.sendFrames("client", [ethernet(syn({ from, to: HOST, port: 8200 }))]);
    await running.until(new RegExp(`${from.replaceAll(".", "\\.")} `));
  }

  it.each(FAILED_KNOCKS.map((each, index) => ({ ...each, index })))(
    "$name is the same live as in explain",
    async ({ index, knocks, says }) => {
      let sentMs = 0;
      const frames = framesOf(index, knocks);
      for (const atMs of new Set(frames.map((each) => each.atMs))) {
        await delay(atMs - sentMs);
        sentMs = atMs;
        await lab.sendFrames(
          "client",
          frames.filter((each) => each.atMs === atMs).map(({ bytes }) => bytes),
        );
      }
      await settled(everything);
      const ours = Object.values(addressesOf(index));
      const lines = everything.stdout
        .split("\n")
        .map((line) => /^\d\d:\d\d:\d\d\.\d{3} (\S+) +\S+ +(.*)$/.exec(line) ?? []);
      const said = lines
        .filter(([, source = ""]) => ours.includes(source))
        .map(([, , text = ""]) => inGeneral(index, text));
      // Of time that ran out while nothing came, only a capture that goes on for so long can tell.
      expect(said.filter((text) => !text.includes("timed out"))).toEqual(says);
    },
  );

  it("tells of one source alone, as JSON too", async () => {
    const one = await watch("10.9.0.77", "--json");
    await lab.sendFrames("client", [
      ethernet(syn({ from: "10.9.0.78", to: HOST, port: 7100 })),
      ethernet(syn({ from: "10.9.0.77", to: HOST, port: 7100 })),
    ]);
    await one.until(/stage 1 of 3/);
    const objects = one.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(objects.map(({ source }) => source))).toEqual(new Set(["10.9.0.77"]));
    expect(objects.at(-1)).toMatchObject({ event: "knock", port: "7100/tcp", text: "ssh: stage 1 of 3" });
    await one.stop();
  });

  it("is said of a bounded number of a stranger's knocks, and of all of one's own", async () => {
    const mine = await watch("10.9.0.79");
    // More than is told in a second, and fewer than the capture holds if it is not its turn for a while.
    const stranger = Array.from({ length: 450 }, (_, index) =>
      ethernet(syn({ from: `10.8.${index >> 8}.${index & 255}`, to: HOST, port: 7100 })),
    );
    const own = [7100, 8200, 7600].map((port) => ethernet(syn({ from: "10.9.0.79", to: HOST, port })));
    await lab.sendFrames("client", [...stranger.slice(0, 225), ...own, ...stranger.slice(225)]);
    await mine.until(/ssh: opens\n/);
    await everything.until(/^\.\.\. and \d+ more; knockd watch ADDRESS tells of one source alone$/m);
    expect(everything.stdout.split("\n").filter((line) => line.includes(" 10.8.")).length).toBeLessThan(450);
    expect(mine.stdout).not.toContain(" 10.8.");
    await mine.stop();
  });

  it("comes out of a capture of Debian's own knock, too", async () => {
    const file = join(lab.directory, "knock.pcap");
    const tcpdump = net.spawn("server", ["tcpdump", "-n", "-U", "-i", "eth0", "-w", file]);
    await tcpdump.until(/listening on/);
    await net.ok("client", ["/usr/bin/knock", "-d", "50", HOST, "7100", "8200", "7600"]);
    const config = lab.write("explained.yaml", DOORS);
    const explain = async () =>
      await net.run("server", [...KNOCKD, "explain", file, "-c", config, "-a", HOST], { env: env() });
    await eventually("the whole knock is in the file", async () => (await explain()).code === 0);
    await tcpdump.stop();
    const said = (await explain()).stdout.split("\n").map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, ""));
    expect(said.slice(1)).toEqual([
      "10.9.0.10       7100/tcp  ssh: stage 1 of 3",
      "10.9.0.10       8200/tcp  ssh: stage 2 of 3",
      "10.9.0.10       7600/tcp  ssh: opens",
      "",
      "10.9.0.10: ssh opens",
      "",
    ]);
  });

  it("ends with the daemon", async () => {
    await lab.reset();
    expect(await everything.ended()).toBe(69);
    expect(everything.stderr).toBe("knockd: knockd is shutting down\n");
    const { code, stderr } = await net.run("server", [...KNOCKD, "watch"], { env: env() });
    expect(code).toBe(69);
    expect(stderr).toMatch(/^knockd: no knockd is running: /);
  });
});
