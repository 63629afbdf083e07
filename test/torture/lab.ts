// A place to torture the daemon in: a client with three addresses, a server with the daemon, three doors and the rules of an
// administrator, and the prober that looks at all doors from all addresses the whole time.
//
//   web  a port that knockd hides and opens          cmd  a set of the administrator's, filled by start and stop commands
//                                                    set  a set of the administrator's with timeouts, filled by knockd
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Netns } from "../support/netns.ts";
import type { Running } from "../support/running.ts";
import { Knocker } from "./knocker.ts";
import { DOORS, type DoorName, GRANT_MS, SOURCES, type SourceName } from "./plan.ts";
import { type Processes, processesOn } from "./processes.ts";
import { type JournalLine, type Look, nowMs, type Promised } from "./record.ts";

const HOST = "10.9.0.2";
/** Never hidden. */
const CONTROL = 2200;
const PORTS: { readonly [door in DoorName]: number } = { web: 2201, cmd: 2202, set: 2203 };
const SEQUENCES: { readonly [door in DoorName]: readonly number[] } = {
  web: [17301, 4312, 28119],
  cmd: [21877, 6143, 11459],
  set: [9371, 30113, 5527],
};

const ADMIN = `
table inet admin {
  set cmd_ok { type ipv4_addr; }
  set set_ok { type ipv4_addr; flags timeout; }
  chain input {
    type filter hook input priority filter; policy accept;
    tcp dport ${PORTS.cmd} ip saddr @cmd_ok accept
    tcp dport ${PORTS.cmd} drop
    tcp dport ${PORTS.set} ip saddr @set_ok accept
    tcp dport ${PORTS.set} drop
  }
}`;

const LISTENING = /starting up, listening on/;
const START_LIMIT_MS = 15_000;
const END_LIMIT_MS = 15_000;
/** Looks without an open door, one after the other, before we call it quiet. */
const QUIET_LOOKS = 5;
const LOOK_MS = 20;

export class TortureLab {
  readonly #net = new Netns();
  readonly #directory = mkdtempSync(join(tmpdir(), "knockd-torture-"));
  readonly #config = join(this.#directory, "knockd.yaml");
  readonly #journal = join(this.#directory, "journal");
  #prober: Running | undefined;
  #knocker: Knocker | undefined;
  #daemons: Running[] = [];
  #seen = 0;
  #journalRead = 0;

  async open(): Promise<void> {
    await this.#net.add("client", "server");
    const addresses = Object.values(SOURCES).map((address) => `${address}/24`);
    await this.#net.veth(["client", "eth0", ...addresses], ["server", "eth0", `${HOST}/24`]);
    await this.#net.nft("server", ADMIN);
    writeFileSync(this.#journal, "");
    this.configure("");
    const ports = DOORS.map((door) => String(PORTS[door]));
    const echo = this.#net.spawn("server", [...script("../support/echo.js"), String(CONTROL), ...ports]);
    await echo.until(/listening/);
    await this.start();
    const sources = Object.values(SOURCES).join();
    const argv = [...script("./prober.js"), HOST, String(CONTROL), ports.join(), sources];
    this.#prober = this.#net.spawn("client", argv);
    this.#knocker = new Knocker(["ip", "netns", "exec", this.#net.nameOf("client"), ...script("./knocker.js"), HOST]);
    // The daemon starts its nft when it first opens a door.
    for (const door of DOORS) await this.knock("first", door);
    await delay(GRANT_MS);
    await this.quiet(START_LIMIT_MS);
    this.looks();
    this.journal();
    this.takeLog();
  }

  async close(): Promise<void> {
    this.#knocker?.end();
    await this.#net.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Starts the daemon and waits until it listens. */
  async start(): Promise<void> {
    this.spawn();
    await this.listening();
  }

  spawn(): void {
    const directories = {
      STATE_DIRECTORY: join(this.#directory, "state"),
      RUNTIME_DIRECTORY: join(this.#directory, "run"),
    };
    const env = { PATH: process.env["PATH"], ...directories };
    const argv = [...script("../../dist/knockd.js"), "run", "-c", this.#config];
    this.#daemons.push(this.#net.spawn("server", argv, { env }));
  }

  async listening(): Promise<void> {
    await this.#daemon.until(LISTENING, START_LIMIT_MS);
  }

  get listens(): boolean {
    return LISTENING.test(this.#daemon.stdout);
  }

  signal(signal: NodeJS.Signals): void {
    this.#daemon.signal(signal);
  }

  /** Waits until the daemon's process is gone; its exit code. */
  async gone(): Promise<number | null> {
    return await this.#daemon.ended(END_LIMIT_MS);
  }

  async processes(): Promise<Processes> {
    return await processesOn(this.#net, "server");
  }

  /** `door` is one more door for the config. Never half a file. */
  configure(door: string): void {
    writeFileSync(`${this.#config}.new`, `${this.#yaml()}${door}`);
    renameSync(`${this.#config}.new`, this.#config);
  }

  /** What an administrator types. `ADMIN` stands for the administrator's own table. */
  async nft(ruleset: string): Promise<void> {
    await this.#net.nft("server", ruleset.replace("ADMIN", ADMIN));
  }

  /** When the last step left. */
  async knock(source: SourceName, door: DoorName): Promise<number> {
    return (await this.#knocker?.knock(SOURCES[source], SEQUENCES[door])) ?? 0;
  }

  /** Waits until the prober sees no door open; whether that came in time. */
  async quiet(limitMs: number): Promise<boolean> {
    const fromMs = nowMs();
    while (nowMs() < fromMs + limitMs) {
      await delay(LOOK_MS);
      const last = this.#looksFrom(this.#seen)
        .filter(({ atMs }) => atMs > fromMs)
        .slice(-QUIET_LOOKS);
      if (last.length === QUIET_LOOKS && last.every(({ states }) => /^[.?]+$/.test(states))) return true;
    }
    return false;
  }

  /** What the prober saw since the last call. */
  looks(): readonly Look[] {
    const from = this.#seen;
    this.#seen = (this.#prober?.stdout.lastIndexOf("\n") ?? -1) + 1;
    return this.#looksFrom(from);
  }

  /** What the commands noted since the last call. */
  journal(): readonly JournalLine[] {
    const lines = readFileSync(this.#journal, "utf8").trimEnd().split("\n");
    const fresh = lines.slice(this.#journalRead).filter((line) => line !== "");
    this.#journalRead += fresh.length;
    const offsetMs = nowMs() - Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
    return fresh.map((line) => {
      const [act, uptime, ip = ""] = line.split(" ");
      return { act: act === "start" ? "start" : "stop", ip, atMs: Number(uptime) * 1000 + offsetMs };
    });
  }

  /** What the daemons said since the last takeLog. */
  said(): { promised: readonly Promised[]; failures: readonly string[] } {
    const offsetMs = nowMs() - Date.now();
    const lines = this.#daemons.flatMap((daemon) => daemon.stdout.split("\n").filter((line) => /^\{.*\}$/.test(line)));
    const entries = lines.map((line) => JSON.parse(line));
    const promised = entries.flatMap(({ event, door, ip, time }): Promised[] =>
      event === "opened" || event === "extended" ? [{ act: event, door, ip, atMs: Date.parse(time) + offsetMs }] : [],
    );
    const failures = entries.flatMap(({ level, event, msg }) => (level === "error" ? [`${event}: ${msg}`] : []));
    const stderr = this.#daemons.map((daemon) => daemon.stderr.trim()).filter((text) => text !== "");
    return { promised, failures: [...failures, ...stderr] };
  }

  /** The log of all daemons so far, for whoever looks for a cause; forgets those that have ended. */
  takeLog(): string {
    const log = this.#daemons.map((daemon) => daemon.stdout + daemon.stderr).join("--- next daemon\n");
    for (const daemon of this.#daemons) {
      daemon.stdout = LISTENING.test(daemon.stdout) ? "starting up, listening on\n" : "";
      daemon.stderr = "";
    }
    this.#daemons = this.#daemons.slice(-1);
    return log;
  }

  get #daemon(): Running {
    const daemon = this.#daemons.at(-1);
    if (daemon === undefined) throw new Error("no daemon was started");
    return daemon;
  }

  #looksFrom(start: number): readonly Look[] {
    const text = this.#prober?.stdout ?? "";
    const lines = text.slice(start, text.lastIndexOf("\n") + 1).split("\n");
    const looks = lines
      .filter((line) => line !== "")
      .map((line) => {
        const [at, states = "", control] = line.split(" ");
        return { atMs: Number(at), states, controlMs: Number(control) };
      });
    return looks.sort((a, b) => a.atMs - b.atMs);
  }

  #yaml(): string {
    const grant = `${GRANT_MS / 1000}s`;
    const sequence = (door: DoorName): string =>
      `sequence: [${SEQUENCES[door].map((port) => `${port}/udp`).join(", ")}]`;
    const note = (act: string): string => `echo ${act} $(cut -d' ' -f1 /proc/uptime) %IP% >>${this.#journal}`;
    const add = "add element inet admin cmd_ok { %IP% }";
    return `options: { interface: eth0, log_format: json }
doors:
  web: { ${sequence("web")}, open: ${PORTS.web}/tcp, for: ${grant} }
  cmd:
    ${sequence("cmd")}
    start_command: "nft '${add}'; ${note("start")}"
    stop_command: "nft '${add}; delete element inet admin cmd_ok { %IP% }'; ${note("stop")}"
    cmd_timeout: ${grant}
  set: { ${sequence("set")}, set: inet admin set_ok, for: ${grant} }
`;
  }
}

function script(relative: string): string[] {
  return [process.execPath, fileURLToPath(new URL(relative, import.meta.url))];
}
