// The log in a file of its own, through the hands of an administrator: mv and SIGHUP, real logrotate, a directory that is gone for
// a moment, a changed level; and fail2ban, which reads it.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Daemon, eventually, HOST, HOST_6, Lab } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const LOGROTATE = fileURLToPath(new URL("../../config/knockd.logrotate", import.meta.url));
/** One datagram opens it, another one extends it: each leaves one line. */
const DOORS = "doors: { ssh: { sequence: 7001/udp, open: 2201/tcp, for: 1h } }";
const KNOCKED = /ssh: (OPEN SESAME|open again until)/g;

describe.skipIf(!root)("the log in a file of its own", () => {
  const lab = new Lab();
  const directory = join(lab.directory, "log");
  const file = join(directory, "knockd.log");

  beforeAll(() => lab.open("client"));
  beforeEach(() => mkdirSync(directory));
  afterEach(async () => {
    await lab.reset();
    rmSync(directory, { recursive: true, force: true });
  });
  afterAll(() => lab.close());

  const config = (options = "", path = file) =>
    `options: { interface: eth0, log_file: ${JSON.stringify(path)}${options} }\n${DOORS}\n`;
  const read = (path = file): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
  const logs = (pattern: RegExp, path = file) =>
    eventually(`${pattern} in ${path}`, async () => pattern.test(read(path)));
  const start = async (options = ""): Promise<Daemon> => {
    const daemon = lab.spawn(config(options));
    await logs(/starting up, listening on eth0/);
    return daemon;
  };
  const knock = () => lab.knock("client", HOST, "7001:udp");
  const knocks = (...paths: string[]): number =>
    paths.map((path) => read(path).match(KNOCKED)?.length ?? 0).reduce((sum, count) => sum + count, 0);

  it("has knockd's stamp on each line, takes all of them, and is for its owner and his group", async () => {
    const daemon = await start();
    await knock();
    await logs(/OPEN SESAME/);
    expect(await daemon.stop()).toBe(0);
    const lines = read().trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d\] \S/);
    expect(lines.map((line) => line.slice(19))).toEqual([
      "ssh: weak sequence, a scan needs some 1,000 packets to open the door; knockd check says why",
      "starting up, listening on eth0",
      "10.9.0.10: ssh: OPEN SESAME",
      "shutting down",
    ]);
    expect(daemon.log + daemon.stderr).toBe("");
    expect(statSync(file).mode & 0o027).toBe(0);
  });

  it("is moved away and made anew on SIGHUP, while knocks come, and none is lost", async () => {
    const daemon = await start();
    let sent = 0;
    const knockOn = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) {
        await knock();
        sent++;
      }
    };
    const rotated: string[] = [];
    for (const number of [1, 2, 3]) {
      await knockOn(2);
      renameSync(file, `${file}.${number}`);
      rotated.push(`${file}.${number}`);
      const busy = knockOn(3);
      daemon.running.signal("SIGHUP");
      await busy;
      await logs(/re-opening log file: .*knockd\.log\n(.*\n)*.*re-reading config file/);
    }
    await knockOn(1);
    await eventually("a line for each knock", async () => knocks(file, ...rotated) === sent);
    expect(knocks(file)).toBeGreaterThanOrEqual(1);
    expect(daemon.log).toBe("");
  });

  it("is rotated by logrotate with the file that we ship", async () => {
    const daemon = await start();
    await knock();
    await logs(/OPEN SESAME/);
    const shipped = readFileSync(LOGROTATE, "utf8");
    const signal = /^.*systemctl kill .*$/m;
    expect(shipped).toMatch(signal);
    // Its directory, its user and its way to the daemon are those of the service; all else is as shipped.
    const ours = shipped
      .replace("/var/log/knockd/*.log", `${directory}/*.log`)
      .replaceAll("knockd adm", "root root")
      .replace(signal, `kill -HUP ${daemonPid(daemon)}`);
    const rotate = (): void => {
      const argv = ["--force", "--state", join(lab.directory, "logrotate.state"), lab.write("logrotate.conf", ours)];
      const { status, stderr } = spawnSync("logrotate", argv, { encoding: "utf8" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    };
    rotate();
    await logs(/re-opening log file/);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    await knock();
    await logs(/open again until/);
    rotate();
    await logs(/re-opening log file/);
    await knock();
    await logs(/open again until/);
    expect(readdirSync(directory).sort()).toEqual(["knockd.log", "knockd.log.1", "knockd.log.2.gz"]);
    expect(knocks(`${file}.1`)).toBe(1);
    expect(knocks(file)).toBe(1);
    const { stdout } = spawnSync("zcat", [`${file}.2.gz`], { encoding: "utf8" });
    expect(stdout.match(KNOCKED)).toHaveLength(1);
  });

  it("goes to stdout while its directory is gone, and comes back by itself", async () => {
    const daemon = await start();
    renameSync(directory, `${directory}.gone`);
    daemon.running.signal("SIGHUP");
    await daemon.logs(
      /^cannot write log file ".*knockd\.log", what it misses goes to stdout: no such file or directory$/m,
    );
    await knock();
    await daemon.logs(/^10\.9\.0\.10: ssh: OPEN SESAME$/m);
    mkdirSync(directory);
    // Tried again with a line, but not with each.
    await eventually("a line in the new file", async () => {
      await knock();
      return /open again until/.test(read());
    });
    await logs(/log file ".*knockd\.log" can be written again/);
    expect(daemon.count(/cannot write log file/)).toBe(1);
    rmSync(`${directory}.gone`, { recursive: true });
  });

  it("is made anew on SIGHUP even when the config has a mistake by then", async () => {
    const daemon = await start();
    renameSync(file, `${file}.1`);
    writeFileSync(daemon.file, "doors: 7\n");
    daemon.running.signal("SIGHUP");
    await logs(/re-opening log file[\s\S]*config not changed/);
  });

  it("is another one, at another level, after a reload that says so; and then it is stdout again", async () => {
    const daemon = await start();
    const other = join(directory, "other.log");
    writeFileSync(daemon.file, config(", log_level: debug", other));
    daemon.running.signal("SIGHUP");
    await logs(/re-reading config file/);
    await eventually("the other file", async () => existsSync(other));
    await knock();
    await logs(/10\.9\.0\.10: ssh: Stage 1/, other);
    writeFileSync(daemon.file, `options: { interface: eth0 }\n${DOORS}\n`);
    daemon.running.signal("SIGHUP");
    await logs(/re-reading config file/, other);
    await eventually("knocks on stdout", async () => {
      await knock();
      return daemon.count(/open again until/) > 0;
    });
    expect(daemon.count(/Stage/)).toBe(0);
  });

  it("that cannot be made ends the daemon at its start, and says what to do", async () => {
    const daemon = lab.spawn(config("", join(lab.directory, "nowhere/knockd.log")));
    expect(await daemon.running.ended()).toBe(69);
    expect(daemon.stderr).toMatch(
      /^knockd: cannot open log file ".*nowhere\/knockd\.log": no such file or directory\nknockd: hint: /,
    );
    expect(daemon.log).toBe("");
  });

  it("is read by fail2ban", async () => {
    const daemon = await start(", log_level: debug, scan_guard: true");
    await knock();
    await lab.knock("client", HOST_6, "7001:udp");
    await eventually("two openings", async () => knocks(file) === 2);
    // So that no line comes while it reads.
    await daemon.stop();
    const filter = lab.write(
      "fail2ban.conf",
      "[Definition]\nfailregex = ^\\s*<ADDR>: \\S+: OPEN SESAME$\ndatepattern = ^\\[%%Y-%%m-%%d %%H:%%M\\]\n",
    );
    const { status, stdout } = spawnSync("fail2ban-regex", [file, filter, "--print-no-missed"], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Failregex: 2 total$/m);
    const lines = read().trimEnd().split("\n").length;
    expect(stdout).toMatch(new RegExp(`^Lines: ${lines} lines, 0 ignored, 2 matched, ${lines - 2} missed$`, "m"));
    // The date is understood in every line.
    expect(stdout).toMatch(new RegExp(`\\[${lines}\\] \\^\\\\\\[Year-Month-Day`));
  });
});

/** `ip netns exec` becomes what it runs. */
function daemonPid(daemon: Daemon): number {
  const { pid } = daemon.running;
  if (pid === undefined) throw new Error("the daemon does not run");
  return pid;
}
