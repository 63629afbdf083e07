// The log as others rely on it: every event with its level, its exact words and its facts; and nobody can fill the disk with it.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LINES_MAX } from "../src/core/text/line-limit.ts";
import { captureLog } from "../src/io/capture/capture-log.ts";
import { Logbook } from "../src/io/log/log.ts";
import { config, type DoorOptions } from "./support/doors.ts";
import { MemoryLedger } from "./support/memory-ledger.ts";
import { memoryLog } from "./support/memory-log.ts";
import { RecordingFirewall } from "./support/recording-firewall.ts";
import { Rig, startRig, stopClock } from "./support/rig.ts";
import { Scratch } from "./support/scratch.ts";

const X = "192.0.2.7";
const SSH: DoorOptions = { name: "ssh", sequence: "7000,8000", open: "22/tcp", for: "30s", seq_timeout: 5 };
const CMD: DoorOptions = {
  name: "cmd",
  sequence: "1/udp",
  start_command: "go %IP%",
  stop_command: "stop",
  cmd_timeout: 10,
};
const DEBUG = 20;
const INFO = 30;
const WARN = 40;
const ERROR = 50;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const scratch = new Scratch();
beforeEach(() => {
  stopClock();
  scratch.make();
});
afterEach(() => {
  vi.useRealTimers();
  scratch.remove();
});

describe("each event of the contract", () => {
  it("of a door has its level, its words and its facts", async () => {
    const rig = await startRig([SSH, CMD]);
    rig.result = { outcome: "status", status: 3, output: "" };
    await rig.play("S7000 S7001 S7000 +5.1 S7000 S8000 S7000 S8000 U1 +30.1");
    await rig.daemon.stop();
    const until = rig.log.lines
      .find(({ event }) => event === "extended")
      ?.msg.split(" ")
      .at(-1);
    const ssh = { door: "ssh", ip: X };
    const cmd = { door: "cmd", ip: X };
    for (const line of [
      { level: DEBUG, event: "stage", ...ssh, stage: 1, msg: `${X}: ssh: Stage 1` },
      {
        level: DEBUG,
        event: "guard",
        ...ssh,
        port: "7001/tcp",
        msg: `${X}: ssh: guard port 7001/tcp touched, attempt dropped`,
      },
      { level: DEBUG, event: "timeout", ...ssh, stage: 1, msg: `${X}: ssh: sequence timeout (stage 1)` },
      { level: INFO, event: "opened", ...ssh, closes_at: TIME, msg: `${X}: ssh: OPEN SESAME` },
      { level: INFO, event: "extended", ...ssh, closes_at: until, msg: `${X}: ssh: open again until ${until}` },
      { level: INFO, event: "closed", ...ssh, msg: `${X}: ssh: closed` },
      { level: INFO, event: "command", ...cmd, msg: `cmd: running command: go ${X}` },
      {
        level: ERROR,
        event: "command-failed",
        ...cmd,
        outcome: "status",
        msg: "cmd: command returned non-zero status code (3)",
      },
      { level: INFO, event: "closed", ...cmd, msg: `${X}: cmd: command timeout` },
      { level: INFO, event: "shutdown", msg: "shutting down" },
    ])
      expect(rig.log.lines).toContainEqual(expect.objectContaining(line));
    expect(until).toEqual(TIME);
    await rig.play("+30");
    expect(rig.log.lines).toContainEqual(expect.objectContaining({ level: INFO, event: "guard", touches: 1 }));
  });

  it("of the captures has its level, its words and its facts", () => {
    const { log, lines } = memoryLog();
    const report = captureLog(log);
    report.listening("eth0", false);
    report.lost("eth0", "it went down");
    report.listening("eth0", true);
    report.absent("ppp0", "no such device");
    report.noDefaultRoute();
    expect(lines).toMatchObject([
      { level: INFO, event: "listening", interface: "eth0", msg: "starting up, listening on eth0" },
      {
        level: WARN,
        event: "capture-lost",
        interface: "eth0",
        reason: "it went down",
        msg: 'lost interface "eth0": it went down',
      },
      { level: INFO, event: "capture-back", interface: "eth0", msg: 'interface "eth0" is back, listening' },
      { level: WARN, event: "capture-lost", interface: "ppp0", msg: 'cannot open interface "ppp0": no such device' },
      { level: WARN, event: "capture-lost", msg: "no default route: waiting for one, or set options.interface" },
    ]);
  });

  it("of the firewall says what was put back", async () => {
    const rig = await startRig([SSH]);
    await rig.play("S7000 S8000");
    rig.firewall.flush();
    await rig.play("+0.1");
    expect(rig.log.lines).toContainEqual(
      expect.objectContaining({
        level: WARN,
        event: "firewall-restored",
        ports: 1,
        grants: 1,
        msg: "firewall: our rules were taken away, put back: 1 hidden ports, 1 open doors",
      }),
    );
  });

  it("has a name: no line is written without", () => {
    const src = fileURLToPath(new URL("../src", import.meta.url));
    const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const calls = files.flatMap((file) => [
      ...readFileSync(`${src}/${file}`, "utf8").matchAll(/\blog\s*\.(?:debug|info|warn|error|fatal)\(\s*(.{0,12})/g),
    ]);
    expect(calls.length).toBeGreaterThan(25);
    expect(calls.map(([, first]) => first).filter((first) => !/^(\{ ?event(:|,| )|about, )/.test(`${first}`))).toEqual(
      [],
    );
  });
});

describe("nothing secret stands in the log", () => {
  it("neither steps nor guard ports, at info level", async () => {
    const doors = [
      { ...SSH, sequence: "31337,4242/udp,9171" },
      { name: "one", one_time_sequences: scratch.write("one", " 23456,5432\n nonsense 777777\n 6543\n") },
    ];
    const rig = await startRig(doors);
    await rig.play("S31337 S31338 S31337 U4242 S9171 S23456 S5432 S6543 S23455 S31337 +100");
    const visible = rig.log.lines
      .filter(({ level }) => level >= INFO)
      .map((line) => JSON.stringify({ ...line, time: 0 }));
    expect(visible.join("\n")).toContain("OPEN SESAME");
    expect(visible.join("\n")).toContain("unreadable");
    expect(visible.join("\n")).toContain("guard ports: 1 attempts");
    for (const port of ["31337", "31338", "4242", "9171", "23456", "5432", "6543", "777777"])
      expect(visible.filter((line) => line.includes(port))).toEqual([]);
  });
});

describe("who overheard a knock, and repeats it from everywhere,", () => {
  const MINUTE_MS = 60_000;

  /** A daemon that logs to a file, as it does in earnest. */
  async function logging(doors: readonly DoorOptions[], options = {}): Promise<{ rig: Rig; lines: () => string[] }> {
    const logFile = scratch.pathOf("log");
    const { log } = new Logbook({ logFormat: "text", logLevel: "info", logFile });
    const rig = new Rig(config(doors, options), new MemoryLedger(), new RecordingFirewall(), {
      log,
      lines: [],
      messages: () => [],
    });
    await rig.daemon.start();
    const lines = () => readFileSync(logFile, "utf8").split("\n").slice(0, -1);
    return { rig, lines };
  }

  const flood = async (rig: Rig, words: string, count: number) => {
    for (let host = 0; host < count; host++) {
      for (const word of words.split(" ")) rig.seeFrom(`10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`, word);
      if (host % 100 === 0) await rig.play("");
    }
    await rig.play("+1");
  };

  it("does not fill the disk: so many lines of a kind a minute, and one for all others", async () => {
    const { rig, lines } = await logging([
      { name: "cmd", sequence: "1/udp", start_command: "go", stop_command: "stop", cmd_timeout: 10 },
    ]);
    rig.result = { outcome: "status", status: 1, output: "" };
    await flood(rig, "U1 U1 U2", 3000);
    await rig.play("+30");
    const kinds = [
      "OPEN SESAME",
      "open again until",
      "running command: go",
      "running command: stop",
      "command timeout",
    ];
    const counted = (text: string) => lines().filter((line) => line.includes(text)).length;
    // The first opening of each network has its line in any case; 3000 hosts are in 12 networks, 8 of them past the limit.
    const [openings = 0, ...others] = kinds.map(counted);
    expect(openings).toBe(LINES_MAX + 8);
    expect(others.every((count) => count <= LINES_MAX)).toBe(true);
    expect(counted("open again")).toBe(LINES_MAX);
    expect(counted("status code")).toBe(LINES_MAX);
    expect(lines().length).toBeLessThanOrEqual(5 * LINES_MAX + 8);
    await rig.play("+30");
    const left = lines().slice(-6).join("\n");
    expect(left).toMatch(/cmd: 1992 more lines of "opened" in the last minute left out/);
    expect(left).toMatch(/cmd: 2000 more lines of "extended" in the last minute left out/);
    const before = lines().length;
    await rig.play("+120");
    expect(lines().length).toBe(before);
  });

  it("does not fill it with doors that stay closed either", async () => {
    const { rig, lines } = await logging([SSH, { name: "wake", sequence: "1/udp", start_command: "wake" }]);
    rig.firewall.openFailure = new Error("nft: no");
    rig.commandMs = 5 * MINUTE_MS;
    await flood(rig, "S7000 S8000 U1", 1500);
    const counted = (text: string) => lines().filter((line) => line.includes(text)).length;
    expect(["ssh: not opened: nft", "wake: not opened, too many"].map(counted)).toEqual([LINES_MAX, LINES_MAX]);
    expect(lines().length).toBeLessThanOrEqual(3 * LINES_MAX);
  });

  it("cannot drown another door", async () => {
    const { rig, lines } = await logging(
      [
        { ...SSH, sequence: "1/udp" },
        { name: "web", sequence: "2", open: 80 },
      ],
      {
        scan_guard: false,
      },
    );
    await flood(rig, "U1", 1500);
    await rig.play("S2 +1");
    expect(lines().filter((line) => line.endsWith(`${X}: web: OPEN SESAME`))).toHaveLength(1);
  });
});
