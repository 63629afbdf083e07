// A machine with a real systemd for tests (systemd-box.sh), with this checkout in /opt/knockd. Its system is built once
// and kept in the cache; what a box writes goes to a disk of its own that ends with it.

import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fetched } from "./fetched.ts";
import { eventually } from "./lab.ts";
import type { Netns, Outcome } from "./netns.ts";
import { Running, type RunningOptions, succeed } from "./running.ts";

/** Building a base system fetches a few hundred packages; a mirror that fails is asked again. */
const CREATE_MS = 600_000;
const BOOT_MS = 90_000;
const STOP_MS = 150_000;
/** Far more than any command takes, and any wait: only what hangs comes near it. */
const COMMAND_MS = 60_000;
const WAIT_MS = 30_000;
/** Of a test's beforeAll: another test file may be building the same system, and packages come first. */
export const OPEN_MS = 3 * CREATE_MS;
/** Of its afterAll. */
export const CLOSE_MS = STOP_MS + 30_000;
/** Of each of its tests, which are a dozen commands and waits, on a machine that has other work as well. */
export const TEST_MS = 240_000;

/** This machine's node is linked with its own libraries; another release brings its own. */
const OF_ANOTHER_RELEASE = ["nodejs", "libatomic1"];

const SCRIPT = join(import.meta.dirname, "..", "systemd-box.sh");
const CHECKOUT = join(import.meta.dirname, "..", "..");
const INSTALLED_FROM = "/opt/knockd";
/** With native code, so that they are not in dist. */
const LIBRARIES = ["cap", "koffi", "@koromix"].map((name) => `node_modules/${name}`);

const PAGE_SERVER = `require("node:http").createServer((request, response) => response.end("a page\\n")).listen(8080)`;

/** Still there a while after it was told to go, as with a kernel that takes its time to end a capture. */
const SLOW_TCPDUMP = `#!/bin/sh
trap "" TERM
tcpdump.away "$@" &
wait
sleep 5
`;

/** Another release than this machine's, or more than its base system. */
export interface BoxSystem {
  readonly release?: string;
  readonly packages?: readonly string[];
}

export class Box {
  readonly #system: BoxSystem;
  #pid = "";
  #base = "";
  #disk = "";
  #journal: Running | undefined;

  constructor(system: BoxSystem = {}) {
    this.#system = system;
  }

  async boot(): Promise<void> {
    this.#base = await baseSystem(this.#system);
    this.#disk = mkdtempSync(join(dirname(this.#base), "disk-"));
    await this.#boot();
  }

  /** In order, as a machine does it: the disk stays, and the cable has to be plugged in again. */
  async reboot(): Promise<void> {
    await this.#shutDown();
    await this.#boot();
  }

  async close(): Promise<void> {
    if (this.#pid !== "") await this.#shutDown();
    if (this.#disk !== "") rmSync(this.#disk, { recursive: true, force: true });
  }

  /** What a build leaves, the library of the second sniffer, this machine's node, its libraries. */
  async copyCheckout(): Promise<void> {
    await this.copyNode("/usr/local/bin/node");
    for (const path of ["dist", "config", "systemd", "package.json", ...LIBRARIES])
      cpSync(join(CHECKOUT, path), this.#path(join(INSTALLED_FROM, path)), { recursive: true });
  }

  /** This machine's, with the libraries that it needs. */
  async copyNode(to: string): Promise<void> {
    this.copyProgram(process.execPath, to);
    for (const library of await librariesOf(process.execPath))
      if (!existsSync(this.#path(library))) this.copyProgram(library, library);
  }

  /** A cable from an interface of the client's to the box's of that name. */
  async plug(net: Netns, name = "eth0", network = "10.9.0"): Promise<void> {
    // After a reboot the old end may still be on its way out: the kernel takes its time to remove a machine's cables.
    await net.run("client", ["ip", "link", "delete", name]);
    const peer = ["peer", "name", name, "netns", this.#pid];
    await net.ok("client", ["ip", "link", "add", name, "type", "veth", ...peer]);
    await net.ok("client", ["ip", "link", "set", name, "up"]);
    await this.ok("ip", "link", "set", name, "up");
    await this.ok("ip", "address", "add", `${network}.1/24`, "dev", name);
    await net.address("client", name, `${network}.2/24`);
    await net.carrier("client", name);
  }

  /** A file from this machine. */
  copy(from: string, to: string): void {
    mkdirSync(this.#path(dirname(to)), { recursive: true });
    copyFileSync(from, this.#path(to));
  }

  /** A web page on port 8080. */
  async startPage(): Promise<void> {
    await this.ok("systemd-run", "--quiet", "--unit=page", "/usr/local/bin/node", "-e", PAGE_SERVER);
    const listens = ["ss", "--no-header", "--listening", "--tcp", "--numeric", "sport = :8080"];
    await until(async () => (await this.says(...listens)) !== "");
  }

  async slowTcpdump(): Promise<void> {
    await this.ok("mv", "/usr/bin/tcpdump", "/usr/bin/tcpdump.away");
    this.write("/usr/bin/tcpdump", SLOW_TCPDUMP);
    await this.ok("chmod", "755", "/usr/bin/tcpdump");
  }

  /** Waits until the unit's journal of this boot matches. */
  async journal(pattern: RegExp): Promise<void> {
    this.#journal ??= this.#spawn(["journalctl", "-b", "-u", "knockd", "-f", "-n", "all", "-o", "cat"]);
    await this.#journal.until(pattern, WAIT_MS);
  }

  async run(...argv: string[]): Promise<Outcome> {
    const running = this.#spawn(argv);
    const code = await running.ended(COMMAND_MS);
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  /** A command at a terminal, whose input is typed. */
  atTerminal(line: string): Running {
    return this.#spawn(["script", "--quiet", "--return", "--command", line, "/dev/null"], { typed: true });
  }

  /** Its stdout; the command must succeed. */
  async ok(...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...argv);
    if (code !== 0)
      throw new Error(`box: command failed with exit code ${code}: ${argv.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  /** All that a command prints, whatever its exit code, as `systemctl is-enabled` has one for each answer. */
  async says(...argv: string[]): Promise<string> {
    const { stdout, stderr } = await this.run(...argv);
    return (stdout + stderr).trim();
  }

  /** `/proc/PID/status` of a process of the box. */
  async status(pid: string): Promise<Map<string, string>> {
    const lines = (await this.ok("cat", `/proc/${pid}/status`)).trim().split("\n");
    return new Map(lines.map((line) => [line.split(":\t")[0] ?? "", line.split(":\t")[1]?.trim() ?? ""]));
  }

  has(path: string): boolean {
    return lstatSync(this.#path(path), { throwIfNoEntry: false }) !== undefined;
  }

  read(path: string): string {
    return readFileSync(this.#path(path), "utf8");
  }

  /** A file that is there keeps its owner and mode. */
  write(path: string, text: string): void {
    writeFileSync(this.#path(path), text);
  }

  #spawn(argv: readonly string[], options: RunningOptions = {}): Running {
    return new Running(["bash", SCRIPT, "exec", this.#pid, ...argv], options);
  }

  async #boot(): Promise<void> {
    this.#pid = (await script(BOOT_MS, "boot", this.#base, this.#disk)).trim();
  }

  async #shutDown(): Promise<void> {
    await this.#journal?.stop();
    this.#journal = undefined;
    await script(STOP_MS, "stop", this.#pid);
    this.#pid = "";
  }

  /** Where the box's file is, seen from outside. */
  #path(path: string): string {
    return join("/proc", this.#pid, "root", path);
  }

  copyProgram(from: string, to: string): void {
    mkdirSync(this.#path(dirname(to)), { recursive: true });
    // One that runs cannot be written to.
    rmSync(this.#path(to), { force: true });
    copyFileSync(from, this.#path(to));
    chmodSync(this.#path(to), 0o755);
  }
}

export function until(holds: () => Promise<boolean>): Promise<void> {
  return eventually(String(holds), holds, WAIT_MS);
}

/** One for each version of the script that makes it; one with more packages is a copy of the one without. */
async function baseSystem({ release = releaseHere(), packages = [] }: BoxSystem): Promise<string> {
  const { XDG_CACHE_HOME = "/var/cache" } = process.env;
  const own = release === releaseHere() ? [] : OF_ANOTHER_RELEASE;
  const key = createHash("sha256")
    .update([readFileSync(SCRIPT, "utf8"), release, ...own, ...packages].join(" "))
    .digest("hex")
    .slice(0, 12);
  const base = join(XDG_CACHE_HOME, "knockd-test", `box-${key}`);
  if (existsSync(base)) return base;
  const made = `${base}.new`;
  const how =
    packages.length === 0 ? ["create", made, ...own] : ["extend", await baseSystem({ release }), made, ...packages];
  process.stderr.write(`\nbuilding a base system for the tests with systemd, once, about a minute: ${base}\n`);
  mkdirSync(dirname(base), { recursive: true });
  // Another test file may be building it just now.
  const program = `base=$1; shift; [ -e "$base" ] || { rm -rf "$base.new" && bash "$0" "$@" && mv "$base.new" "$base"; }`;
  const bash = ["env", `BOX_RELEASE=${release}`, "bash", "-c", program, SCRIPT, base, ...how];
  await fetched(CREATE_MS, "flock", `${base}.lock`, ...bash);
  return base;
}

function releaseHere(): string {
  return /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "";
}

function script(limitMs: number, ...words: string[]): Promise<string> {
  return succeed(limitMs, "bash", SCRIPT, ...words);
}

async function librariesOf(program: string): Promise<string[]> {
  const said = await succeed(COMMAND_MS, "ldd", program);
  return [...said.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
}
