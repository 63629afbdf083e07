// Start and stop commands of real doors: what they are given, what they are spared, and when they run.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, HOST_6, Lab, SERVICE_2, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

describe.skipIf(!root)("a door's commands", () => {
  const lab = new Lab();
  const out = join(lab.directory, "out");

  beforeAll(() => lab.open("client"));
  afterEach(async () => {
    await lab.reset();
    rmSync(out, { force: true });
  });
  afterAll(() => lab.close());

  const start = (door: string) =>
    lab.start(`options: { interface: eth0 }\ndoors: { cmd: { sequence: 7001/udp, ${door} } }`);
  const knock = (host = HOST) => lab.knock("client", host, "7001:udp");
  const written = (): string => (existsSync(out) ? readFileSync(out, "utf8") : "");
  const writes = (text: string) => eventually(`written: ${text}`, async () => written() === text);

  it("given as a string, run in a shell with all it can do", async () => {
    await start(`start_command: "echo b %IP% | cat - /dev/null > ${out} && echo then >> ${out} && true || echo never"`);
    await knock();
    await writes("b 10.9.0.10\nthen\n");
  });

  it("given as a list, run without a shell, blanks and signs and all", async () => {
    const script = "require('fs').writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))";
    const words = [process.execPath, "-e", script, out, "%IP% and %IP%", "$HOME; `id` | * > x", "", 'it\'s "so"'];
    await start(`start_command: ${JSON.stringify(words)}`);
    await knock();
    await writes(JSON.stringify(["10.9.0.10 and 10.9.0.10", "$HOME; `id` | * > x", "", 'it\'s "so"']));
  });

  it("run at ordinary priority, though the daemon goes ahead of others", async () => {
    const daemon = await start(`start_command: "sleep 0.2; nice > ${out}"`);
    await knock();
    await writes("0\n");
    const niceOf = (pid: number | undefined) => lab.net.ok("server", ["ps", "-o", "ni=", "-p", String(pid)]);
    expect((await niceOf(daemon.running.pid)).trim()).toBe("-10");
  });

  it("get an IPv6 knocker's address in its short form", async () => {
    await start(`start_command: "echo %IP% > ${out}"`);
    await knock(HOST_6);
    await writes("fd09::10\n");
  });

  it("stop when the time is over, and both are in the log", async () => {
    const daemon = await start(
      `start_command: "echo + > ${out}", stop_command: "echo - %IP% >> ${out}", cmd_timeout: 1`,
    );
    await knock();
    await writes("+\n- 10.9.0.10\n");
    await daemon.logs(/cmd: running command: echo - 10\.9\.0\.10/);
    const log = daemon.log.split("\n").filter((line) => line.includes("cmd: ") && !line.startsWith("cmd: weak"));
    expect(log).toEqual([
      "10.9.0.10: cmd: OPEN SESAME",
      `cmd: running command: echo + > ${out}`,
      "10.9.0.10: cmd: command timeout",
      `cmd: running command: echo - 10.9.0.10 >> ${out}`,
    ]);
  });

  it("stop also when the start failed; its status and its words are in the log", async () => {
    const door = `start_command: "echo broken pipe; echo and fittings >&2; exit 3", stop_command: "echo - > ${out}"`;
    const daemon = await start(`${door}, cmd_timeout: 1`);
    await knock();
    await daemon.logs(/^cmd: command returned non-zero status code \(3\).*broken pipe.*and fittings/m);
    await writes("-\n");
  });

  it.each([
    ["a program that is not there", '["/nonexistent/program", "%IP%"]', /cmd: cannot run command: .*ENOENT/],
    ["a shell command that is not there", '"/nonexistent/program %IP%"', /status code \(127\).*not found/],
    ["a signal", '"kill -9 $$"', /status code \(137\)/],
  ])("stop also when the start was ended by %s", async (_reason, command, line) => {
    const daemon = await start(`start_command: ${command}, stop_command: "echo - > ${out}", cmd_timeout: 1`);
    await knock();
    await daemon.logs(line);
    await writes("-\n");
  });

  it("count the time from the end of the start command", async () => {
    const daemon = await start(
      `start_command: "sleep 2; echo + > ${out}", stop_command: "echo - >> ${out}", cmd_timeout: 1`,
    );
    await knock();
    await daemon.logs(/running command: sleep/);
    await writes("+\n-\n");
  });

  it("run once when the knock is repeated while the door is open, and stop once", async () => {
    const daemon = await start(`start_command: "echo + >> ${out}", stop_command: "echo - >> ${out}", cmd_timeout: 8`);
    await knock();
    await writes("+\n");
    await knock();
    await daemon.logs(/10\.9\.0\.10: cmd: open again until \d{4}-/);
    await writes("+\n-\n");
    // The door is closed for good: the next knock is a new opening.
    await knock();
    await eventually("a new opening", async () => written().startsWith("+\n-\n+\n"));
    await writes("+\n-\n+\n-\n");
  });

  it("run each time where there is no stop command", async () => {
    await start(`start_command: "echo %IP% >> ${out}"`);
    for (const expected of ["10.9.0.10\n", "10.9.0.10\n10.9.0.10\n"]) {
      await knock();
      await writes(expected);
    }
  });

  it("that end by themselves what they open are believed: status says open as long as the kernel does", async () => {
    await lab.net.ok("server", words("ipset create members hash:ip timeout 0"));
    const daemon = await start(
      `start_command: "ipset -exist add members %IP% timeout 9", stop_command: "ipset -exist del members %IP%", cmd_timeout: 1h`,
    );
    /** Seconds that the kernel lets them in for. */
    const left = async (): Promise<number> => {
      const listing = await lab.net.ok("server", words("ipset list members"));
      return Number(/^10\.9\.0\.10 timeout (\d+)/m.exec(listing)?.[1] ?? 0);
    };
    const status = async (): Promise<{ grants: { closes_at: string }[] }> => {
      const env = { PATH: process.env["PATH"], RUNTIME_DIRECTORY: join(lab.directory, "run") };
      return JSON.parse(await lab.net.ok("server", [...KNOCKD, "status", "--json"], { env }));
    };
    await knock();
    await eventually("open", async () => (await left()) > 0);
    await eventually("half of its time", async () => (await left()) <= 4);
    await knock();
    await eventually("the kernel's time begins anew", async () => (await left()) >= 7);
    expect(daemon.count(/running command: ipset -exist add/)).toBe(2);
    const [grant] = (await status()).grants;
    // The kernel began to count before the command had ended, and tells whole seconds.
    const earliest = Date.now() + ((await left()) - 1) * 1000;
    expect(Date.parse(grant?.closes_at ?? "")).toBeGreaterThanOrEqual(earliest);
    await eventually("closed by the kernel", async () => (await left()) === 0);
    // Long before cmd_timeout.
    await eventually("closed for status", async () => (await status()).grants.length === 0);
    await lab.net.ok("server", words("ipset destroy members"));
  });

  describe("for IPv6 knockers", () => {
    it("are their own where the door has some", async () => {
      await start(
        `start_command: "echo four >> ${out}", start_command_6: "echo six %IP% >> ${out}", stop_command: "echo stop %IP% >> ${out}", cmd_timeout: 1`,
      );
      await knock(HOST_6);
      await writes("six fd09::10\nstop fd09::10\n");
    });

    it("do not run at all where theirs are empty, and those for IPv4 do", async () => {
      const daemon = await start(
        `start_command: "echo four >> ${out}", start_command_6: "", stop_command: "echo stop >> ${out}", cmd_timeout: 1`,
      );
      await knock(HOST_6);
      await daemon.logs(/fd09::10: cmd: OPEN SESAME/);
      await knock();
      await writes("four\nstop\n");
      await daemon.logs(/running command: echo stop/);
      expect(daemon.count(/running command/)).toBe(2);
    });
  });

  const TELL = `echo $KNOCKD_EVENT $KNOCKD_DOOR $KNOCKD_IP $KNOCKD_CLOSES_AT >> ${out}`;

  it("are told who, which door, what for and until when", async () => {
    const daemon = await start(`start_command: "${TELL}", stop_command: [/bin/sh, -c, "${TELL}"], cmd_timeout: 1`);
    await knock(HOST_6);
    await daemon.logs(/command timeout[\s\S]*running command/);
    await eventually("both told", async () => written().split("\n").length === 3);
    const [opened, closed] = written().trim().split("\n");
    const told = /^(open|close) cmd fd09::10 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/;
    expect(told.exec(opened ?? "")?.[1]).toBe("open");
    expect(told.exec(closed ?? "")?.[1]).toBe("close");
    // The time of such a door counts from the end of its start command.
    const [opens, closes] = [opened, closed].map((line) => Date.parse(told.exec(line ?? "")?.[2] ?? ""));
    expect(closes).toBeGreaterThanOrEqual(opens ?? Number.NaN);
  });

  it("are told the same when the next start runs them after a crash", async () => {
    const door = `start_command: "true", stop_command: "${TELL}", cmd_timeout: 6`;
    const daemon = await start(door);
    await knock();
    await daemon.logs(/running command: true/);
    daemon.running.signal("SIGKILL");
    await daemon.running.ended();
    await start(door);
    await eventually("told", async () => written().endsWith("\n"));
    expect(written()).toMatch(/^close cmd 10\.9\.0\.10 \d{4}-\d\d-\d\dT\S+Z\n$/);
  });

  it("inherit no variables and no descriptors of the daemon", async () => {
    const daemon = await lab.start(
      `
options: { interface: eth0 }
doors:
  cmd: { sequence: 7001/udp, start_command: "{ env; pwd; ls -l /proc/self/fd; } > ${out}.tmp; mv ${out}.tmp ${out}" }
`,
      {
        env: { CANARY: "sings", NOTIFY_SOCKET: "/nowhere", LD_LIBRARY_PATH: "/nowhere", LISTEN_FDS: "3" },
        // Of the descriptors of the test run itself, none; of a careless parent, one.
        through: [
          "bash",
          "-c",
          `for n in $(ls /proc/self/fd); do [ $n -le 2 ] || eval "exec $n>&-"; done; exec 5</etc/passwd "$@"`,
          "bash",
        ],
      },
    );
    await knock();
    await eventually("written", async () => written() !== "");
    const variables = [...written().matchAll(/^([A-Za-z_]+)=/gm)].map((match) => match[1]);
    // The shell itself adds two.
    expect(variables.filter((name) => name !== "PWD" && name !== "OLDPWD" && name !== "_").sort()).toEqual([
      "KNOCKD_CLOSES_AT",
      "KNOCKD_DOOR",
      "KNOCKD_EVENT",
      "KNOCKD_IP",
      "LC_ALL",
      "PATH",
    ]);
    expect(written()).toMatch(/^\/$/m);
    const descriptors = [...written().matchAll(/ (\d+) -> (\S+)/g)].map(([, number, target]) => `${number} ${target}`);
    expect(descriptors).toHaveLength(4);
    expect(descriptors[0]).toBe("0 /dev/null");
    expect(descriptors[1]).toBe(`1 ${out}.tmp`);
    expect(descriptors[2]).toMatch(/^2 (pipe|socket):/);
    expect(descriptors[3]).toMatch(/^3 \/proc\/\d+\/fd$/);
    expect(await daemon.stop()).toBe(0);
  });

  it("that hang delay neither another door nor the closing of one", async () => {
    const daemon = await lab.start(`
options: { interface: eth0 }
doors:
  hangs: { sequence: 7001/udp, start_command: "sleep 50", stop_command: "true" }
  ssh: { sequence: 7003/udp, open: 2201/tcp, for: 1h }
  web: { sequence: 7004/udp, open: 2202/tcp, for: 1s }
`);
    await knock();
    await daemon.logs(/running command: sleep 50/);
    await lab.knock("client", HOST, "7003:udp", "7004:udp");
    await lab.opens("client");
    await daemon.logs(/web: OPEN SESAME[\s\S]*web: closed/);
    await lab.closes("client", HOST, SERVICE_2);
  });
});
