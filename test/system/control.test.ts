// The running daemon through its control socket, as an administrator sees it: stdout, stderr, exit codes.

import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, Lab, SERVICE_2, type StartOptions, words } from "../support/lab.ts";
import { type Outcome, root } from "../support/netns.ts";

const CONFIG = `
options: { interface: eth0 }
doors:
  ssh: { sequence: [7000/udp, 7600/udp], open: 2201/tcp, for: 1h }
  web: { sequence: [7003/udp], open: 2202/tcp, for: 1h }
  wake: { sequence: 7009/udp, start_command: "exit 3" }
`;
const CLIENT = "10.9.0.10";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_REST = "\x1b[J";
/** In its first second a sniffer is not asked yet. */
const DROPPED = expect.toSatisfy((dropped: unknown) => dropped === 0 || dropped === null);
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe.skipIf(!root)("knockd's control socket", () => {
  const lab = new Lab();
  const { net } = lab;
  const state = join(lab.directory, "state");
  const run = join(lab.directory, "run");
  const sockets: Socket[] = [];

  beforeAll(() => lab.open("client", "stranger"));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await lab.reset();
  });
  afterAll(() => lab.close());

  /** An administrator's command; it needs no network namespace, only the socket. */
  const knockd = (args: string, env: NodeJS.ProcessEnv = {}, through: readonly string[] = []): Promise<Outcome> =>
    net.run("server", [...through, ...KNOCKD, ...words(args)], {
      env: { PATH: process.env["PATH"], RUNTIME_DIRECTORY: run, TZ: "UTC", ...env },
    });
  const status = async () => JSON.parse((await knockd("status --json")).stdout);

  const client = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(join(run, "knockd.sock"));
      sockets.push(socket);
      socket.on("connect", () => resolve(socket)).on("error", reject);
    });

  describe("knockd status", () => {
    it("shows doors, attempts, captures and the firewall", async () => {
      const daemon = await lab.start(CONFIG.replace("eth0", "eth0, log_level: debug"));
      expect((await knockd("status")).stdout).toMatch(/^no door is open\n\nno attempt is under way\n/m);
      await lab.knock("client", HOST, "7000:udp", "7600:udp");
      await lab.opens("client");
      await lab.knock("stranger", HOST, "7000:udp");
      await daemon.logs(/10\.9\.0\.11: ssh: Stage 1/);
      await knockd("open web fd09::10 --for 2m");
      const { code, stdout, stderr } = await knockd("status");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const lines = stdout.trimEnd().split("\n");
      expect(lines).toEqual([
        expect.stringMatching(/^knockd \d\S+, process \d+, up \d+s, .*knockd-\d+\.yaml$/),
        "",
        "DOOR  ADDRESS    OPENED               CLOSES IN  EARNED BY",
        expect.stringMatching(/^web {3}fd09::10 {3}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}(2m 0s|1m \d+s) +manual$/),
        expect.stringMatching(/^ssh {3}10\.9\.0\.10 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}(1h 0m|59m \d+s) +knock$/),
        "",
        expect.stringMatching(/^ATTEMPT AT {2}ADDRESS {4}STAGE {3}BEGUN$/),
        expect.stringMatching(/^ssh {9}10\.9\.0\.11 {2}1 of 2 {2}\d+s ago$/),
        "",
        expect.stringMatching(/^INTERFACE {2}STATE {6}RECEIVED {2}DROPPED {2}LOST$/),
        expect.stringMatching(/^eth0 {7}capturing {2}\d+ +(0|unknown) +0 times$/),
        "",
        "firewall: nftables, hides 2201/tcp 2202/tcp, never taken away",
      ]);
    });

    it("--json prints one object with what other programs rely on", async () => {
      await lab.start(CONFIG);
      await lab.knock("client", HOST, "7000:udp", "7600:udp");
      await lab.opens("client");
      const { stdout } = await knockd("status --json");
      expect(stdout.trimEnd()).not.toContain("\n");
      const { grants, capture, firewall } = JSON.parse(stdout);
      expect(grants).toEqual([{ door: "ssh", ip: CLIENT, opened_at: ISO, closes_at: ISO, earned_by: "knock" }]);
      const openMs = Date.parse(grants[0].closes_at) - Date.parse(grants[0].opened_at);
      expect(Math.abs(openMs - 3_600_000)).toBeLessThan(2);
      expect(capture).toEqual([
        { interface: "eth0", state: "capturing", received: expect.any(Number), dropped: DROPPED, lost: 0 },
      ]);
      expect(capture[0].received).toBeGreaterThanOrEqual(2);
      expect(firewall).toEqual({ kind: "nftables", hidden: ["2201/tcp", "2202/tcp"], restored_at: null });
    });

    it("tells that somebody flushed the firewall, and that an interface was lost", async () => {
      const daemon = await lab.start(CONFIG);
      await net.ok("server", words("nft flush ruleset"));
      await daemon.logs(/our rules were taken away, put back/);
      await net.ok("server", words("ip link set eth0 down"));
      await daemon.logs(/lost interface "eth0"/);
      expect(await status()).toMatchObject({
        capture: [{ state: "waiting", lost: 1 }],
        firewall: { restored_at: ISO },
      });
      const { stdout } = await knockd("status");
      expect(stdout).toMatch(/^eth0 +waiting +\d+ +(0|unknown) +once$/m);
      expect(stdout).toMatch(/hides .*, taken away and put back \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/m);
      await net.ok("server", words("ip link set eth0 up"));
      await daemon.logs(/interface "eth0" is back/);
      await net.address("server", "eth0", "fd09::2/64");
    });

    it("tells how many packets the kernel dropped", async () => {
      await lab.start(CONFIG);
      const dropped = async (): Promise<number> => (await status()).capture[0].dropped ?? 0;
      await eventually("the sniffer can tell", async () => (await status()).capture[0].dropped === 0);
      // It is kept from reading until its ring is full.
      const sniffers = () => net.processes("server", "^tcpdump");
      await eventually("the sniffer of the test before is gone", async () => (await sniffers()).length === 1);
      for (const { pid } of await sniffers()) process.kill(pid, "SIGSTOP");
      const send = `import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nfor _ in range(40000): s.sendto(b"", ("${HOST}", 7600))`;
      await net.ok("client", ["python3", "-c", send]);
      for (const { pid } of await sniffers()) process.kill(pid, "SIGCONT");
      await eventually("packets are dropped", async () => (await dropped()) > 1000);
      // Until the last of those in its ring is read.
      await eventually("each packet is either received or dropped", async () => {
        const [{ received, dropped }] = (await status()).capture;
        return received + dropped >= 40_000;
      });
    });

    it("--watch goes on until Ctrl-C, and then ends well", async () => {
      await lab.start(CONFIG);
      const env = { PATH: process.env["PATH"], RUNTIME_DIRECTORY: run };
      const watching = net.spawn("server", [...KNOCKD, "status", "--watch"], { env });
      await watching.until(/no door is open/);
      await knockd("open ssh 10.9.0.77");
      await watching.until(/^ssh +10\.9\.0\.77 .* manual$/m);
      watching.signal("SIGINT");
      expect(await watching.ended()).toBe(0);
      // Not a terminal, so nothing that only a terminal understands.
      expect(watching.stdout).not.toContain("\x1b");
    });

    it("--watch redraws a terminal in place", async () => {
      await lab.start(CONFIG);
      const env = { PATH: process.env["PATH"], RUNTIME_DIRECTORY: run, TERM: "xterm" };
      const line = `stty rows 6 cols 40; exec ${KNOCKD.join(" ")} status --watch`;
      const watching = net.spawn("server", ["script", "-q", "-e", "-c", line, "/dev/null"], { env });
      const screens = (): string[] => watching.stdout.split(CLEAR_REST);
      await eventually("the second screen", async () => screens().length > 2);
      const [, second = ""] = screens();
      expect(second.startsWith(HOME)).toBe(true);
      const shown = second.replace(HOME, "").replaceAll(CLEAR_LINE, "").split("\r\n");
      // The sixth holds the cursor.
      expect(shown).toHaveLength(6);
      expect(shown.at(-1)).toBe("");
      expect(shown.at(-2)).toMatch(/^\.\.\. and \d+ more lines$/);
      for (const text of shown) expect(text.length).toBeLessThanOrEqual(40);
    });
  });

  describe("knockd open and close", () => {
    it("open lets in at once, for as long as said, and says what the log says", async () => {
      const daemon = await lab.start(CONFIG);
      expect(await knockd(`open ssh ${CLIENT} --for 1h`)).toEqual({
        code: 0,
        stdout: `${CLIENT}: ssh: OPEN SESAME\n`,
        stderr: "",
      });
      // The answer came when the firewall had it.
      expect(await net.ok("server", words("nft list set inet knockd ssh_ipv4"))).toContain(CLIENT);
      await lab.opens("client");
      expect(await lab.reachable("stranger")).toBe(false);
      const again = await knockd(`open ssh ${CLIENT} --for 2h`);
      expect(again.stdout).toMatch(/^10\.9\.0\.10: ssh: open again until .*Z\n$/);
      await knockd(`open web ${CLIENT} --for 1s`);
      await daemon.logs(/^10\.9\.0\.10: web: closed$/m);
      await lab.closes("client", HOST, SERVICE_2);
      await lab.opens("client");
      expect(daemon.log).toMatch(/^10\.9\.0\.10: ssh: opening by hand\n10\.9\.0\.10: ssh: OPEN SESAME$/m);
    });

    it("close shuts out at once; --all everybody", async () => {
      await lab.start(CONFIG);
      await knockd(`open ssh ${CLIENT}`);
      await knockd("open ssh 10.9.0.11");
      await knockd(`open web ${CLIENT}`);
      expect(await knockd(`close ssh ${CLIENT}`)).toEqual({ code: 0, stdout: `${CLIENT}: ssh: closed\n`, stderr: "" });
      expect(await lab.reachable("client")).toBe(false);
      await lab.opens("stranger");
      const all = await knockd("close --all");
      expect(all).toMatchObject({ code: 0, stderr: "" });
      expect(all.stdout.trim().split("\n").sort()).toEqual([`${CLIENT}: web: closed`, "10.9.0.11: ssh: closed"]);
      expect(await lab.reachable("stranger")).toBe(false);
      expect(await knockd("close --all")).toEqual({ code: 0, stdout: "no door is open\n", stderr: "" });
    });

    it.each([
      ["open shh 10.9.0.10", 64, 'knockd: unknown door "shh", did you mean ssh?\n'],
      ["open ssh 10.9.0.300", 64, 'knockd: expected an IP address such as 192.0.2.7, got "10.9.0.300"\n'],
      ["open ssh", 64, "knockd: missing required argument 'address'\n"],
      ["close ssh 10.9.0.10", 69, "knockd: 10.9.0.10: ssh: is not open\n"],
      [
        "close ssh",
        64,
        "knockd: expected a door and an address, or --all\nknockd: hint: knockd status names what is open\n",
      ],
    ])("%s ends with %i and says why", async (args, code, stderr) => {
      await lab.start(CONFIG);
      expect(await knockd(args)).toEqual({ code, stdout: "", stderr });
    });

    it("open with a time that is none says what was expected", async () => {
      const { code, stderr } = await knockd(`open ssh ${CLIENT} --for soon`);
      expect(code).toBe(64);
      expect(stderr).toContain('expected a time such as 30, 30s, 5m, 1h or 1d (a year at most), got "soon"');
    });

    it("open says what its command made of it", async () => {
      await lab.start(CONFIG);
      expect(await knockd(`open wake ${CLIENT}`)).toEqual({
        code: 69,
        stdout: `${CLIENT}: wake: OPEN SESAME\n`,
        stderr: "knockd: wake: command returned non-zero status code (3)\n",
      });
    });

    it("what was opened by hand is known to be so after a SIGKILL", async () => {
      const daemon = await lab.start(CONFIG);
      await knockd(`open ssh ${CLIENT}`);
      daemon.running.signal("SIGKILL");
      await daemon.running.ended();
      await lab.start(CONFIG);
      expect((await status()).grants).toMatchObject([{ door: "ssh", ip: CLIENT, earned_by: "manual" }]);
      await lab.opens("client");
      await knockd("close --all");
      expect(await lab.reachable("client")).toBe(false);
    });
  });

  describe("knockd reload", () => {
    it("takes the new file, and keeps what is open", async () => {
      const daemon = await lab.start(CONFIG);
      await knockd(`open ssh ${CLIENT}`);
      writeFileSync(
        daemon.file,
        CONFIG.replace("web:", "web2:").replace("eth0", "eth0, log_level: debug, firewall: none"),
      );
      expect(await knockd("reload")).toEqual({
        code: 0,
        stdout: `re-reading config file: ${daemon.file}\nchanged in the file, but only a restart takes it up: firewall\n`,
        stderr: "",
      });
      writeFileSync(daemon.file, CONFIG.replace("web:", "web2:"));
      expect(await knockd("reload")).toEqual({
        code: 0,
        stdout: `re-reading config file: ${daemon.file}\n`,
        stderr: "",
      });
      await lab.opens("client");
      expect((await knockd(`open web2 ${CLIENT}`)).code).toBe(0);
    });

    it("says every problem of a bad file, and loses nothing", async () => {
      const daemon = await lab.start(CONFIG);
      await knockd(`open ssh ${CLIENT}`);
      writeFileSync(daemon.file, "doors: { ssh: { sequence: [70000], tcpflag: any } }");
      const { code, stdout, stderr } = await knockd("reload");
      expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
      expect(stderr.trimEnd().split("\n")).toEqual([
        expect.stringMatching(/^knockd: .*\.yaml:1:\d+: doors\.ssh\.sequence\[0\]: .*70000/),
        expect.stringMatching(/^knockd: .*\.yaml:1:\d+: doors\.ssh\.tcpflag: unknown key, did you mean tcpflags\?$/),
        "knockd: hint: nothing changed: knockd goes on with the config that it has",
      ]);
      rmSync(daemon.file);
      expect(await knockd("reload")).toMatchObject({ code: 66, stderr: expect.stringContaining("no such file") });
      await lab.opens("client");
      await lab.knock("stranger", HOST, "7000:udp", "7600:udp");
      await lab.opens("stranger");
    });
  });

  describe("who cannot be answered", () => {
    it.each(["status", "open ssh 10.9.0.10", "close --all", "reload"])(
      "%s ends with 69 when no daemon runs",
      async (args) => {
        const { code, stdout, stderr } = await knockd(args, { RUNTIME_DIRECTORY: join(lab.directory, "nowhere") });
        expect({ code, stdout }).toEqual({ code: 69, stdout: "" });
        expect(stderr).toMatch(
          /^knockd: no knockd is running: nobody listens on ".*nowhere\/knockd\.sock"\nknockd: hint: systemctl start knockd/,
        );
      },
    );

    it("ends with 69 also when the daemon was killed and its socket still lies there", async () => {
      const daemon = await lab.start(CONFIG);
      daemon.running.signal("SIGKILL");
      await daemon.running.ended();
      expect(statSync(join(run, "knockd.sock")).isSocket()).toBe(true);
      expect(await knockd("status")).toMatchObject({
        code: 69,
        stderr: expect.stringContaining("no knockd is running"),
      });
    });

    it("ends with 77 for an ordinary user, whether it is the directory or the socket", async () => {
      await lab.start(CONFIG);
      await net.ok("server", ["chmod", "755", lab.directory]);
      const nobody = words("setpriv --reuid=nobody --regid=nogroup --clear-groups");
      const refused = {
        code: 77,
        stdout: "",
        stderr: `knockd: no permission to talk to knockd at "${run}/knockd.sock"\nknockd: hint: run it as root\n`,
      };
      expect(await knockd("status", {}, nobody)).toEqual(refused);
      await net.ok("server", ["chmod", "755", run]);
      expect(await knockd(`open ssh ${CLIENT}`, {}, nobody)).toEqual(refused);
      expect(statSync(join(run, "knockd.sock")).mode & 0o777).toBe(0o600);
    });
  });

  describe("a second daemon", () => {
    const LIMIT_MS = 30_000;
    const start = (directories: NodeJS.ProcessEnv, options: StartOptions = {}) =>
      lab.spawn(CONFIG, { ...options, env: directories });

    it.each([
      ["the runtime directory", "RUNTIME_DIRECTORY", { STATE_DIRECTORY: join(lab.directory, "other") }],
      ["the state directory", "STATE_DIRECTORY", { RUNTIME_DIRECTORY: join(lab.directory, "other") }],
    ])("with %s of the first is refused, and the first goes on", async (_name, variable, others) => {
      const first = await lab.start(CONFIG);
      const second = start(others);
      expect(await second.running.ended(LIMIT_MS)).toBe(69);
      const directory = variable === "STATE_DIRECTORY" ? state : run;
      expect(second.stderr).toBe(
        `knockd: another knockd (process ${first.running.pid}) is using ${JSON.stringify(directory)}\n` +
          `knockd: hint: stop it (systemctl stop knockd), or name another directory in ${variable}\n`,
      );
      expect(second.log).not.toContain("listening");
      expect((await status()).pid).toBe(first.running.pid);
      rmSync(join(lab.directory, "other"), { recursive: true, force: true });
    });

    it("is refused from another network namespace, too", async () => {
      await lab.start(CONFIG);
      const second = start({ RUNTIME_DIRECTORY: join(lab.directory, "other") }, { through: words("unshare -n") });
      expect(await second.running.ended(LIMIT_MS)).toBe(69);
      expect(second.stderr).toContain("another knockd");
    });

    it("with directories of its own runs beside the first", async () => {
      const first = await lab.start(CONFIG);
      const second = start(
        { RUNTIME_DIRECTORY: join(lab.directory, "run2"), STATE_DIRECTORY: join(lab.directory, "state2") },
        { through: words("unshare -n"), args: ["-i", "lo"] },
      );
      await second.answers();
      const other = await knockd("status --json", { RUNTIME_DIRECTORY: join(lab.directory, "run2") });
      expect(JSON.parse(other.stdout).pid).toBe(second.running.pid);
      expect((await status()).pid).toBe(first.running.pid);
      expect(await second.stop()).toBe(0);
    });

    it("takes the place of one that was killed, at once", async () => {
      for (let round = 0; round < 3; round++) {
        const daemon = await lab.start(CONFIG);
        expect((await status()).pid).toBe(daemon.running.pid);
        daemon.running.signal("SIGKILL");
        await daemon.running.ended();
      }
    });

    it("leaves no socket behind when it ends", async () => {
      const daemon = await lab.start(CONFIG);
      expect(await daemon.stop()).toBe(0);
      expect(() => statSync(join(run, "knockd.sock"))).toThrow(/ENOENT/);
    });
  });

  it("goes on without a socket where none can be made, and says so", async () => {
    const file = lab.write("file", "");
    const daemon = await lab.start(CONFIG, { env: { RUNTIME_DIRECTORY: file } });
    await daemon.logs(
      /control socket: cannot offer it, knockd status and the like will not work: (file already exists|not a directory)/,
    );
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
  });

  describe("hostile clients do no harm:", () => {
    const knocksStillOpen = async (): Promise<void> => {
      await lab.knock("client", HOST, "7000:udp", "7600:udp");
      await lab.opens("client");
      expect((await status()).grants).toHaveLength(1);
    };
    const memoryKb = (pid: number | undefined): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

    it("a thousand that connect and say nothing", async () => {
      await lab.start(CONFIG);
      // Of so many at once the kernel turns some away; more come until there have been a thousand.
      let connected = 0;
      while (connected < 1000) {
        const some = await Promise.allSettled(Array.from({ length: 100 }, client));
        connected += some.filter(({ status }) => status === "fulfilled").length;
      }
      await knocksStillOpen();
    });

    it("a line of 100 MB", async () => {
      const daemon = await lab.start(CONFIG);
      const before = memoryKb(daemon.running.pid);
      const send = `head -c 100000000 /dev/zero | tr '\\0' x | timeout 20 socat -u - UNIX-CONNECT:${run}/knockd.sock`;
      await net.run("server", ["bash", "-c", send]);
      await knocksStillOpen();
      expect(memoryKb(daemon.running.pid) - before).toBeLessThan(30_000);
    });

    it("one that is killed in the middle", async () => {
      const daemon = await lab.start(CONFIG.replace("exit 3", "sleep 1"));
      for (let round = 0; round < 5; round++) {
        const asking = net.spawn("server", [...KNOCKD, "open", "wake", CLIENT], {
          env: { PATH: process.env["PATH"], RUNTIME_DIRECTORY: run },
        });
        await eventually("the opening begins", async () => daemon.count(/wake: running command/) === round + 1);
        asking.signal("SIGKILL");
        await asking.ended();
      }
      await eventually("all are open", async () => daemon.count(/wake: OPEN SESAME/) === 5);
      await knocksStillOpen();
    });

    it("one that watches a flood and never reads: knocks still open, and it is told how much it has missed", async () => {
      const daemon = await lab.start(CONFIG);
      const watcher = await client();
      let heard = "";
      watcher.setEncoding("utf8").on("data", (chunk: string) => {
        heard += chunk;
      });
      watcher.pause();
      watcher.write('{"request":"watch"}\n');
      const before = memoryKb(daemon.running.pid);
      // Each goes to the first step of a door, from another source.
      const flood = net.spawn("stranger", words(`hping3 -q -n -i u100 --rand-source -2 -p 7000 ${HOST}`));
      for (let knock = 1; knock <= 10; knock++) {
        await lab.knock("client", HOST, "7000:udp", "7600:udp");
        await eventually(
          `knock ${knock}`,
          async () => daemon.count(/10\.9\.0\.10: ssh: (OPEN SESAME|open again)/) === knock,
        );
      }
      expect((await knockd("status")).code).toBe(0);
      expect(memoryKb(daemon.running.pid) - before).toBeLessThan(60_000);
      watcher.resume();
      await eventually("it is told", async () => /\{"answer":\{"event":"missed","count":\d+\}\}/.test(heard));
      await flood.stop();
    });

    it("many that ask and never read", async () => {
      const daemon = await lab.start(CONFIG);
      const before = memoryKb(daemon.running.pid);
      for (let number = 0; number < 50; number++) {
        const socket = await client();
        socket.pause();
        socket.write('{"request":"status"}\n');
      }
      await knocksStillOpen();
      expect(memoryKb(daemon.running.pid) - before).toBeLessThan(50_000);
    });
  });
});
