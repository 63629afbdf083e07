// How the daemon ends with doors open, what is left of it then, and its log as JSON lines.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, HOST_6, Lab, SERVICE } from "../support/lab.ts";
import { root } from "../support/netns.ts";

describe.skipIf(!root)("knockd", () => {
  const lab = new Lab();
  const { net } = lab;
  const out = join(lab.directory, "out");

  beforeAll(() => lab.open("client", "stranger"));
  afterEach(async () => {
    await lab.reset();
    rmSync(out, { force: true });
  });
  afterAll(() => lab.close());

  const config = (doors: string, options = "interface: eth0") => `options: { ${options} }\ndoors: { ${doors} }\n`;
  const SSH = "ssh: { sequence: [7000/udp, 7600/udp], open: 2201/tcp, for: 1h }";
  const written = (): string => (existsSync(out) ? readFileSync(out, "utf8") : "");
  const writes = (text: string) => eventually(`written: ${text}`, async () => written() === text);

  it.each(["SIGTERM", "SIGINT"] as const)(
    "ends on %s with 0, and runs the stop commands of open doors before",
    async (signal) => {
      const stop = `stop_command: "sleep 0.3; echo - %IP% >> ${out}", cmd_timeout: 1h`;
      const daemon = await lab.start(
        config(`a: { sequence: 7001/udp, start_command: "echo + %IP% >> ${out}", ${stop} }`),
      );
      await lab.knock("client", HOST, "7001:udp");
      await writes("+ 10.9.0.10\n");
      await lab.knock("stranger", HOST_6, "7001:udp");
      await writes("+ 10.9.0.10\n+ fd09::11\n");
      daemon.running.signal(signal);
      expect(await daemon.running.ended()).toBe(0);
      expect(written().split("\n").slice(2).sort()).toEqual(["", "- 10.9.0.10", "- fd09::11"]);
      expect(daemon.log).toMatch(/^shutting down$/m);
      expect(daemon.stderr).toBe("");
    },
  );

  it("leaves nothing visible that was hidden, and closes open doors in time, when it ends", async () => {
    const daemon = await lab.start(config(SSH.replace("1h", "10s")));
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
    expect(await daemon.stop()).toBe(0);
    expect(await lab.reachable("stranger")).toBe(false);
    await lab.closes("client");
  });

  it("leaves no door open for longer even when it is killed", async () => {
    const daemon = await lab.start(config(SSH.replace("1h", "10s")));
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
    daemon.running.signal("SIGKILL");
    await daemon.running.ended();
    await lab.closes("client");
    expect(await lab.reachable("stranger")).toBe(false);
  });

  it("starts again with open doors still open, and nothing hidden ever visible", async () => {
    const daemon = await lab.start(config(SSH));
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
    const lurker = await lab.lurk("stranger");
    expect(await daemon.stop()).toBe(0);
    await lab.start(config(SSH));
    await lab.opens("client");
    await lurker.stop();
    expect(lurker.stdout).toMatch(/^(out\n)+$/);
  });

  it("leaves no process behind", async () => {
    // A sniffer of the test before may still be on its way out: the kernel takes its time to end a capture.
    const before = new Set((await net.processes("server")).map(({ pid }) => pid));
    const daemon = await lab.start(config(SSH, "interface: [eth0, lo]"));
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
    await daemon.stop();
    await eventually("no process that was not there before", async () => {
      const now = await net.processes("server");
      return now.every(({ pid }) => before.has(pid));
    });
  });

  it("writes JSON lines with time, level, event, door and address", async () => {
    const daemon = await lab.start(
      config(
        `ssh: { sequence: [7000/udp, 7600/udp], open: 2201/tcp, for: 1s }, c: { sequence: 7005/udp, start_command: "exit 4" }`,
        "interface: eth0, log_format: json, log_level: debug",
      ),
    );
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await daemon.logs(/"closed"/);
    await lab.knock("client", HOST_6, "7005:udp");
    await daemon.logs(/"command-failed"/);
    await daemon.stop();
    const records: unknown[] = daemon.log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const client = { door: "ssh", ip: "10.9.0.10" };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const level = "info";
    for (const record of records)
      expect(record).toMatchObject({ time, level: expect.any(String), msg: expect.any(String) });
    for (const expected of [
      { level, event: "listening", interface: "eth0", msg: "starting up, listening on eth0" },
      { level: "debug", event: "stage", ...client, msg: "10.9.0.10: ssh: Stage 1" },
      { level, event: "opened", ...client, msg: "10.9.0.10: ssh: OPEN SESAME", closes_at: time },
      { level, event: "closed", ...client, msg: "10.9.0.10: ssh: closed" },
      { level, event: "opened", door: "c", ip: "fd09::10" },
      { level, event: "command", door: "c", ip: "fd09::10", msg: "c: running command: exit 4" },
      { level: "error", event: "command-failed", door: "c", msg: "c: command returned non-zero status code (4)" },
      { level, event: "shutdown", msg: "shutting down" },
    ])
      expect(records).toContainEqual(expect.objectContaining(expected));
  });

  it("only warns of a state directory that it cannot write", async () => {
    const STATE_DIRECTORY = join(lab.write("file", ""), "state");
    const daemon = await lab.start(config(SSH), { env: { STATE_DIRECTORY } });
    expect(daemon.log).toMatch(/^cannot keep the guard ports over a restart: .*ENOTDIR/m);
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
  });

  it("extends a door that is knocked at again", async () => {
    const daemon = await lab.start(config(SSH.replace("1h", "10s")));
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
    await lab.knock("stranger", HOST, "7000:udp", "7600:udp");
    await lab.opens("stranger");
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await daemon.logs(/10\.9\.0\.10: ssh: open again until \S+Z$/m);
    await lab.closes("client", HOST, SERVICE);
    // It came first, and stayed longest.
    await daemon.logs(/10\.9\.0\.11: ssh: closed$[\s\S]*10\.9\.0\.10: ssh: closed$/m);
    expect(daemon.count(/OPEN SESAME/)).toBe(2);
  });
});
