// A lab for the whole daemon: machines on one switch, the built knockd on the server, and eyes outside that see its doors.
//
//     "client"           "stranger"                       "server"
//   ┌───────────┐      ┌───────────┐      ┌────────────────────────────────┐
//   │ eth0      │      │ eth0      │      │ eth0        knockd, an echo on │
//   │ 10.9.0.10 │      │ 10.9.0.11 │      │ 10.9.0.2    every SERVICE port │
//   │ fd09::10  │      │ fd09::11  │      │ fd09::2                        │
//   └─────┬─────┘      └─────┬─────┘      └───┬────────────────────────────┘
//         └──────────────────┴── "switch" ────┘

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { KNOCKD } from "./knockd.ts";
import { Netns } from "./netns.ts";
import type { Running } from "./running.ts";

export const HOST = "10.9.0.2";
export const HOST_6 = "fd09::2";
/** Where the echo listens, TCP and UDP, both families; doors hide some of them. */
export const SERVICE = 2201;
export const SERVICE_2 = 2202;

export const OUR_KNOCK = [process.execPath, pathOf("../../dist/knock.js")];
const ECHO = [process.execPath, pathOf("./echo.js")];
const SEND_FRAMES = [process.execPath, pathOf("./send-frames.js")];
const FIRST_CLIENT = 10;

/** Generous: only a broken daemon takes so long. */
const EVENTUALLY_MS = 30_000;
const LOOK_MS = 50;
/** The kernel repeats a SYN after one second. */
const PATIENCE_S = 3;

export interface StartOptions {
  /** More words for the command line. */
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What runs the daemon: setpriv, unshare and the like. */
  readonly through?: readonly string[];
}

export class Lab {
  readonly net = new Netns();
  /** For whatever a test has to write; gone with close(). */
  readonly directory = mkdtempSync(join(tmpdir(), "knockd-lab-"));
  readonly #daemons: Daemon[] = [];
  #clients: readonly string[] = [];
  #files = 0;

  /** The server and these clients, cabled. */
  async open(...clients: string[]): Promise<void> {
    this.#clients = clients;
    await this.net.add("switch", "server", ...clients);
    await this.net.ok("switch", words("ip link add br0 type bridge mcast_snooping 0"));
    await this.net.ok("switch", words("ip link set br0 up"));
    await this.#plug("server", `${HOST}/24`, `${HOST_6}/64`);
    for (const name of clients) await this.#plug(name, `${this.addressOf(name)}/24`, `${this.addressOf(name, 6)}/64`);
    await this.net.spawn("server", [...ECHO, String(SERVICE), String(SERVICE_2)]).until(/listening/);
  }

  async close(): Promise<void> {
    await this.net.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** For afterEach: no daemon, nothing hidden, no grant that the next one would take up. */
  async reset(): Promise<void> {
    await Promise.all(this.#daemons.splice(0).map((daemon) => daemon.running.stop()));
    await this.net.ok("server", words("nft flush ruleset"));
    rmSync(join(this.directory, "state"), { recursive: true, force: true });
  }

  addressOf(client: string, family: 4 | 6 = 4): string {
    const number = FIRST_CLIENT + this.#clients.indexOf(client);
    return family === 4 ? `10.9.0.${number}` : `fd09::${number}`;
  }

  write(name: string, text: string): string {
    const file = join(this.directory, name);
    writeFileSync(file, text);
    return file;
  }

  /** Starts the daemon; it may end at once. */
  spawn(yaml: string, { args = [], env = {}, through = [] }: StartOptions = {}): Daemon {
    const file = this.write(`knockd-${++this.#files}.yaml`, yaml);
    const argv = [...through, ...KNOCKD, "run", "-c", file, ...args];
    const { STATE_DIRECTORY = join(this.directory, "state"), RUNTIME_DIRECTORY = join(this.directory, "run") } = env;
    const directories = { STATE_DIRECTORY, RUNTIME_DIRECTORY };
    const running = this.net.spawn("server", argv, { env: { PATH: process.env["PATH"], ...env, ...directories } });
    const daemon = new Daemon(running, file, join(RUNTIME_DIRECTORY, "knockd.sock"));
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Starts the daemon and waits until it listens, and answers whoever asks. */
  async start(yaml: string, options: StartOptions = {}): Promise<Daemon> {
    const daemon = this.spawn(yaml, options);
    await daemon.logs(/starting up, listening on/);
    await daemon.answers();
    return daemon;
  }

  /** `ports` as the client takes them: 7000, 8000:udp, 100:icmp. */
  async knock(from: string, host: string, ...ports: (string | number)[]): Promise<void> {
    await this.net.ok(from, [...OUR_KNOCK, host, ...ports.map(String)]);
  }

  /** Whether a TCP connection to the echo is made now and its data comes back. */
  async reachable(from: string, host = HOST, port = SERVICE): Promise<boolean> {
    return await this.#echoes(from, "tcp", host, port);
  }

  /** Whether a datagram to the echo comes back now. */
  async reachableByUdp(from: string, host = HOST, port = SERVICE): Promise<boolean> {
    return await this.#echoes(from, "udp", host, port);
  }

  async opens(from: string, host = HOST, port = SERVICE): Promise<void> {
    const door = `${host} port ${port} reachable from ${from}`;
    await eventually(door, () => this.reachable(from, host, port));
  }

  async closes(from: string, host = HOST, port = SERVICE): Promise<void> {
    const door = `${host} port ${port} hidden from ${from}`;
    // One failure may be a machine that was busy elsewhere; whoever is let in gets in within a few seconds all the same.
    const hidden = async (patienceS: number) => !(await this.#echoes(from, "tcp", host, port, patienceS));
    await eventually(door, async () => (await hidden(1)) && (await hidden(PATIENCE_S)));
  }

  /** Tries to get in, again and again, until it is stopped; prints `in` or `out` for each try, once before we go on. */
  async lurk(from: string, host = HOST, port = SERVICE): Promise<Running> {
    const knob = `timeout 0.3 bash -c 'echo >/dev/tcp/${host}/${port}' 2>/dev/null`;
    const script = `while sleep 0.05; do if ${knob}; then echo in; else echo out; fi; done`;
    const lurker = this.net.spawn(from, ["bash", "-c", script]);
    await lurker.until(/^(in|out)$/m);
    return lurker;
  }

  /** A connection that sends a number again and again and prints what comes back: `1`, `2`, ... */
  async connect(from: string, host = HOST, port = SERVICE): Promise<Running> {
    const talk = `exec 3<>/dev/tcp/${host}/${port}; for ((i = 1; ; i++)); do echo $i >&3; read -r -u 3 line || exit; echo $line; sleep 0.1; done`;
    const connection = this.net.spawn(from, ["bash", "-c", talk]);
    await connection.until(/^1$/m);
    return connection;
  }

  /** Sends Ethernet frames byte by byte, but to the hardware address of the server. */
  async sendFrames(from: string, frames: readonly Uint8Array[], device = "eth0"): Promise<void> {
    const link = await this.net.ok("server", words(`ip link show ${device}`));
    const mac = /link\/ether ([0-9a-f:]+)/.exec(link)?.[1]?.replaceAll(":", "") ?? "";
    const lines = frames.map((frame) => mac + Buffer.from(frame).toString("hex").slice(mac.length));
    await this.net.ok(from, [...SEND_FRAMES, device], { input: lines.join("\n") });
  }

  async #plug(name: string, ...addresses: string[]): Promise<void> {
    await this.net.veth([name, "eth0", ...addresses], ["switch", name]);
    await this.net.ok("switch", words(`ip link set ${name} master br0`));
  }

  async #echoes(from: string, protocol: "tcp" | "udp", host: string, port: number, limitS = 1): Promise<boolean> {
    // head takes a datagram as a whole; bash's own read would take its first letter and lose the others.
    const script = `exec 3<>/dev/${protocol}/${host}/${port} && echo hello >&3 && [ "$(head -n 1 <&3)" = hello ]`;
    const { code } = await this.net.run(from, ["timeout", String(limitS), "bash", "-c", script]);
    return code === 0;
  }
}

export class Daemon {
  readonly running: Running;
  readonly file: string;
  readonly #socket: string;

  constructor(running: Running, file: string, socket: string) {
    this.running = running;
    this.file = file;
    this.#socket = socket;
  }

  get log(): string {
    return this.running.stdout;
  }

  get stderr(): string {
    return this.running.stderr;
  }

  /** How often a line of the log so far fits. */
  count(pattern: RegExp): number {
    return this.log.split("\n").filter((line) => pattern.test(line)).length;
  }

  /** Waits for it, on stdout or stderr. */
  async logs(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.running.until(pattern, EVENTUALLY_MS);
  }

  /** Waits for its control socket, which comes after the first captures, unless it says that it has none. */
  async answers(): Promise<void> {
    await eventually("an answer on the control socket", async () => (await takesCalls(this.#socket)) || this.#isMute());
  }

  /** SIGHUP with another file in place of the present one; waits until the daemon has said what it made of it. */
  async reload(yaml: string): Promise<void> {
    const answer = /re-reading config file|config not changed/;
    const before = this.count(answer);
    writeFileSync(this.file, yaml);
    this.running.signal("SIGHUP");
    await eventually("an answer to SIGHUP", async () => this.count(answer) > before);
  }

  /** SIGTERM; its exit code. */
  async stop(): Promise<number | null> {
    this.running.signal("SIGTERM");
    return await this.running.ended(EVENTUALLY_MS);
  }

  #isMute(): boolean {
    return /control socket: cannot offer it/.test(this.log);
  }
}

function takesCalls(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const told = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => told(true)).on("error", () => told(false));
  });
}

/** Polls until it is so. */
export async function eventually(what: string, look: () => Promise<boolean>, limitMs = EVENTUALLY_MS): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await look())) {
    if (performance.now() > end) throw new Error(`after ${limitMs} ms still not: ${what}`);
    await delay(LOOK_MS);
  }
}

/** Waits until more has come back over a connection of `connect`. */
export async function stillTalks(connection: Running): Promise<void> {
  const said = connection.stdout.trim().split("\n").length;
  await connection.until(new RegExp(`^${said + 3}$`, "m"));
}

/** A command line without quotes -> its argv. */
export function words(line: string): string[] {
  return line.split(" ");
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
