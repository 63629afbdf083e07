// Network namespaces for tests: machines and cables of our own, all of them gone after close().
//
//     namespace "client"                                namespace "server"
//   ┌───────────────────────┐                         ┌───────────────────────┐
//   │ lo              eth0 ─┼────────── veth ─────────┼─ eth0              lo │
//   │            10.9.0.1/24│                         │10.9.0.2/24            │
//   └───────────────────────┘                         └───────────────────────┘
//
//   const net = new Netns();
//   await net.add("client", "server");
//   await net.veth(["client", "eth0", "10.9.0.1/24"], ["server", "eth0", "10.9.0.2/24"]);
//   const sniffer = net.spawn("server", ["tcpdump", "-n", "-l", "-i", "eth0"]);
//   await sniffer.until(/listening on/);
//   await net.ok("client", ["ping", "-c", "1", "10.9.0.2"]);
//   await net.close(); // in afterAll: it also runs when beforeAll or a test failed
//
// The machine's own namespace is never touched: cables are made inside ours.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Running, type RunningOptions } from "./running.ts";

/** For `describe.skipIf(!root)`: namespaces need root. Under CI nothing is skipped in silence. */
export const root = process.getuid?.() === 0;
const { CI } = process.env;
if (!root && CI === "true") throw new Error("tests with network namespaces need root, and CI runs them all");
if (!root) process.stderr.write("\nWARNING: not root, so all tests with network namespaces are SKIPPED\n\n");

/** Namespace, interface, addresses with their prefix length. */
export type End = readonly [namespace: string, device: string, ...addresses: string[]];

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Process {
  readonly pid: number;
  /** Its words, with a space between them. */
  readonly line: string;
}

export interface RunOptions extends RunningOptions {
  readonly limitMs?: number;
}

/** Generous: only what hangs takes so long. */
const RUN_MS = 60_000;
const CARRIER_MS = 20_000;
const CARRIER_LOOK_MS = 20;

export class Netns {
  readonly #prefix = `kt-${process.pid}-${randomBytes(3).toString("hex")}-`;
  readonly #names: string[] = [];
  readonly #running: Running[] = [];

  /** Makes namespaces with a loopback device that is up. */
  async add(...names: string[]): Promise<void> {
    for (const name of names) {
      await ip("netns", "add", this.nameOf(name));
      this.#names.push(name);
      await ip("-n", this.nameOf(name), "link", "set", "lo", "up");
    }
  }

  /** The name that `ip netns` knows. */
  nameOf(name: string): string {
    return this.#prefix + name;
  }

  /** A cable between two namespaces, its ends up and with their addresses, usable at once. */
  async veth(left: End, right: End): Promise<void> {
    const peer = ["peer", "name", right[1], "netns", this.nameOf(right[0])];
    await ip("-n", this.nameOf(left[0]), "link", "add", left[1], "type", "veth", ...peer);
    for (const [name, device] of [left, right]) await ip("-n", this.nameOf(name), "link", "set", device, "up");
    for (const [name, device, ...addresses] of [left, right]) {
      await this.carrier(name, device);
      for (const address of addresses) await this.address(name, device, address);
    }
  }

  /** Waits until a device that was set up really is; the kernel may take a second, and IPv6 neighbours one more. */
  async carrier(name: string, device: string): Promise<void> {
    const end = performance.now() + CARRIER_MS;
    while (!/\bstate UP\b/.test(await ip("-n", this.nameOf(name), "link", "show", "dev", device))) {
      if (performance.now() > end) throw new Error(`${name}: ${device} is not up after ${CARRIER_MS} ms`);
      await delay(CARRIER_LOOK_MS);
    }
  }

  async address(name: string, device: string, address: string): Promise<void> {
    // Without duplicate address detection an IPv6 address works now, and not in a second or two.
    const nodad = address.includes(":") ? ["nodad"] : [];
    await ip("-n", this.nameOf(name), "address", "add", address, "dev", device, ...nodad);
  }

  /** Loads a ruleset, in the syntax of an nft file. */
  async nft(name: string, ruleset: string): Promise<void> {
    await this.ok(name, ["nft", "-f", "-"], { input: `${ruleset}\n` });
  }

  /** Runs a command to its end, however it ends. Throws only when that takes longer than `limitMs`. */
  async run(
    name: string,
    argv: readonly string[],
    { limitMs = RUN_MS, ...options }: RunOptions = {},
  ): Promise<Outcome> {
    const running = this.spawn(name, argv, options);
    const code = await running.ended(limitMs);
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  /** Runs a command that must succeed; its stdout. */
  async ok(name: string, argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(name, argv, options);
    if (code !== 0) throw new Error(`${name}: command failed with exit code ${code}: ${argv.join(" ")}\n${stderr}`);
    return stdout;
  }

  /** Starts a command; close() ends it if the test has not. */
  spawn(name: string, argv: readonly string[], options: RunningOptions = {}): Running {
    const running = new Running(["ip", "netns", "exec", this.nameOf(name), ...argv], options);
    this.#running.push(running);
    return running;
  }

  /** What runs there, whoever started it, with this in its command line. */
  async processes(name: string, text: string | RegExp = ""): Promise<Process[]> {
    const listed = (await pidsIn(this.nameOf(name))).map((pid) => ({ pid, line: commandLine(pid) }));
    const wanted = new RegExp(text);
    // One that has ended since it was listed has none; of a dying one the kernel takes it first.
    return listed.filter(({ line }) => line !== "" && wanted.test(line));
  }

  /** Ends what still runs in our namespaces, then removes them, and with them their cables and rules. */
  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((running) => running.stop()));
    const results = await Promise.allSettled(this.#names.splice(0).map((name) => remove(this.nameOf(name))));
    const failed = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    if (failed.length > 0) throw new AggregateError(failed, `${failed.length} namespaces could not be removed`);
  }
}

async function remove(netns: string): Promise<void> {
  // A child that a command left behind would keep its namespace alive without a name.
  for (const pid of await pidsIn(netns)) endNow(pid);
  await ip("netns", "delete", netns);
}

async function pidsIn(netns: string): Promise<number[]> {
  const lines = await ip("netns", "pids", netns);
  return lines.trim().split("\n").filter(Boolean).map(Number);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** Whether or not it is still there. */
export function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself after it was listed.
  }
}

async function ip(...words: string[]): Promise<string> {
  const running = new Running(["ip", ...words]);
  const code = await running.ended(RUN_MS);
  if (code !== 0) throw new Error(`command failed with exit code ${code}: ip ${words.join(" ")}\n${running.stderr}`);
  return running.stdout;
}
