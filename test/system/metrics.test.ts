// Metrics of a real daemon after real knocks, in the file that node_exporter collects.

import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, HOST_6, Lab } from "../support/lab.ts";
import { root } from "../support/netns.ts";
import { readingOf, readPage } from "../support/prometheus.ts";

const METRICS = [...KNOCKD, "metrics"];

describe.skipIf(!root)("the metrics file", () => {
  const lab = new Lab();
  const file = join(lab.directory, "knockd.prom");
  const directories = { PATH: process.env["PATH"], RUNTIME_DIRECTORY: join(lab.directory, "run") };

  beforeAll(() => lab.open("client", "stranger"));
  afterEach(async () => {
    await lab.reset();
    rmSync(file, { force: true });
  });
  afterAll(() => lab.close());

  const config = (options = `, metrics_file: ${file}`) => `
options: { interface: eth0${options} }
doors:
  ssh: { sequence: [7000/udp, 7600/udp], open: 2201/tcp, for: 1h }
  fails: { sequence: 7003/udp, start_command: "exit 3" }
`;
  const reading = (series: string) => readingOf(readFileSync(file, "utf8"), series);

  it("is there from the start, all at zero, for everybody to read", async () => {
    const before = Date.now() / 1000;
    await lab.start(config());
    await eventually("the file", async () => existsSync(file));
    expect(reading('knockd_openings_total{door="ssh"}')).toBe(0);
    expect(reading("knockd_knocks_total")).toBe(0);
    // In seconds since 1970, to the hour.
    expect(Math.abs((reading("knockd_start_time_seconds") ?? 0) - before)).toBeLessThan(3600);
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  it("has the last word when the daemon ends", async () => {
    const daemon = await lab.start(config());
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await daemon.logs(/open again/);
    await lab.knock("stranger", HOST_6, "7000:udp", "7601:udp");
    await lab.knock("client", HOST, "7003:udp");
    await daemon.logs(/status code \(3\)/);
    await lab.knock("stranger", HOST, "7000:udp");
    expect(await daemon.stop()).toBe(0);
    expect(readPage(readFileSync(file, "utf8")).length).toBeGreaterThan(15);
    for (const [series, value] of [
      ['knockd_openings_total{door="ssh"}', 1],
      ['knockd_openings_total{door="fails"}', 1],
      ['knockd_extensions_total{door="ssh"}', 1],
      ['knockd_open_grants{door="ssh"}', 1],
      ['knockd_commands_total{door="fails"}', 1],
      ['knockd_command_failures_total{door="fails"}', 1],
      ['knockd_attempts_dropped_total{reason="guard"}', 1],
      ['knockd_captures{state="capturing"}', 0],
    ] as const)
      expect(`${series} ${reading(series)}`).toBe(`${series} ${value}`);
    expect(reading("knockd_knocks_total")).toBeGreaterThanOrEqual(7);
    expect(readFileSync(file, "utf8")).not.toMatch(/10\.9\.0|fd09/);
  });

  it("has what `knockd metrics` prints from the running daemon", async () => {
    const daemon = await lab.start(config());
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
    const printed = await lab.net.ok("server", METRICS, { env: directories });
    expect(readingOf(printed, 'knockd_openings_total{door="ssh"}')).toBe(1);
    expect(readingOf(printed, 'knockd_captures{state="capturing"}')).toBe(1);
    expect(readingOf(printed, "knockd_capture_frames_total")).toBeGreaterThanOrEqual(2);
    await daemon.stop();
    // What the kernel dropped, tcpdump may have told at its end only.
    const names = (page: string) =>
      readPage(page)
        .filter(({ name }) => name !== "knockd_capture_dropped_total")
        .map(({ name, labels }) => `${name} ${Object.values(labels)}`);
    expect(names(readFileSync(file, "utf8"))).toEqual(names(printed));
    const { code, stdout, stderr } = await lab.net.run("server", METRICS, { env: directories });
    expect({ code, stdout }).toEqual({ code: 69, stdout: "" });
    expect(stderr).toMatch(/^knockd: no knockd is running/);
  });

  it("moves with a reload, and goes with one", async () => {
    const daemon = await lab.start(config());
    const other = join(lab.directory, "other.prom");
    await daemon.reload(config(`, metrics_file: ${other}`));
    await eventually("the other file alone", async () => !existsSync(file) && existsSync(other));
    await daemon.reload(config(""));
    await eventually("no file", async () => !existsSync(other));
  });

  it("that cannot be written is a warning, and doors open all the same", async () => {
    const daemon = await lab.start(config(`, metrics_file: /nonexistent/knockd.prom`));
    await daemon.logs(/^cannot write metrics file "\/nonexistent\/knockd\.prom": no such file or directory$/m);
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
  });
});
