// Two machines of the bench's own, and what is sent between them. The machine's own network is never touched.
//
//     "client": knockers and the flood              "server": the contender, and the echo behind its doors
//   ┌────────────────────────────────┐            ┌───────────────────────┐
//   │ 10.78.0.0/16 all of it    eth0 ┼─── veth ───┼ eth0                  │
//   │                      10.77.0.1 │            │ 10.77.0.2             │
//   └────────────────────────────────┘            └───────────────────────┘
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ok, Program, stopAll } from "./shell.mjs";

export const SERVER = "10.77.0.2";
const CLIENT = "10.77.0.1";
/** Hidden ports, each with an echo behind it. */
export const FIRST_DOOR = 20_000;
export const DOORS = 1000;

export class Lab {
  directory = mkdtempSync(join(tmpdir(), "knockd-bench-"));
  #client = `kb-${process.pid}-client`;
  #server = `kb-${process.pid}-server`;
  #mac = "";
  #knockers = 0;

  async open() {
    for (const tool of ["send", "knock", "echo"]) await this.#compile(tool);
    await this.#compile("flush-times", ["-shared", "-fPIC"]);
    for (const name of [this.#client, this.#server]) {
      await ok(["ip", "netns", "add", name]);
      await ok(["ip", "-n", name, "link", "set", "lo", "up"]);
    }
    await this.#ip(this.#client, "link add eth0 type veth peer name eth0 netns", this.#server);
    for (const [name, address] of [
      [this.#client, CLIENT],
      [this.#server, SERVER],
    ]) {
      await this.#ip(name, "link set eth0 up");
      await this.#ip(name, `address add ${address}/24 dev eth0`);
    }
    // The client is every address of the knockers; invented ones have no route back, so nothing answers a flood.
    await this.#ip(this.#client, "route add local 10.78.0.0/16 dev lo");
    await this.#ip(this.#server, `route add 10.78.0.0/16 via ${CLIENT}`);
    this.#mac = await this.#macOf(this.#server);
    await this.#ip(this.#client, `neigh replace ${SERVER} lladdr ${this.#mac} dev eth0 nud permanent`);
    const clientMac = await this.#macOf(this.#client);
    await this.#ip(this.#server, `neigh replace ${CLIENT} lladdr ${clientMac} dev eth0 nud permanent`);
    await this.spawn([this.#tool("echo"), String(FIRST_DOOR), String(DOORS)]).until(/listening/);
  }

  async close() {
    await stopAll();
    for (const name of [this.#client, this.#server]) await ok(["ip", "netns", "delete", name]).catch(() => {});
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Starts a program on the server. */
  spawn(argv, options = {}) {
    return new Program(["ip", "netns", "exec", this.#server, ...argv], options);
  }

  /** Runs a command on the server that must succeed. */
  async run(argv, options = {}) {
    return await ok(["ip", "netns", "exec", this.#server, ...argv], options);
  }

  /** An address that has not knocked yet, or the first of so many. */
  knockers(count = 1) {
    const first = this.#knockers;
    this.#knockers += count;
    if (this.#knockers > 65_000) throw new RangeError("no knockers left");
    return Array.from({ length: count }, (_, at) => `10.78.${(first + at) >> 8}.${(first + at) & 255}`);
  }

  /**
   * Microseconds from the last step of each knock to the first datagram that comes in, or undefined.
   * @param {readonly {source: string, steps: readonly string[], door?: number}[]} plan
   */
  async knock(plan, { together = false, gapUs = 0, probeUs = 50, limitMs = 2000 } = {}) {
    const lines = plan.map(({ source, steps, door = FIRST_DOOR }) => `${source} ${steps.join(",") || "-"} ${door}`);
    const argv = [this.#tool("knock"), SERVER, together ? "all" : "one", gapUs, probeUs, limitMs].map(String);
    const said = await ok(["ip", "netns", "exec", this.#client, ...argv], { input: lines.join("\n") });
    return said
      .trim()
      .split("\n")
      .map((line) => (line === "-" ? undefined : Number(line)));
  }

  /**
   * Sends packets with invented sources: each sends to all ports, then comes the next source. The end of it tells what
   * rate it was.
   */
  async send({ protocol = "tcp", ports, rate = 0, count, sources = count, first = "scattered" }) {
    return JSON.parse(await ok(this.#sendArgv({ protocol, rate, count, sources, first }), { input: ports.join(" ") }));
  }

  /** The same beside us, until it is stopped. */
  sending({ protocol = "tcp", ports, rate = 0, sources = 2 ** 28, first = "scattered" }) {
    return new Program(this.#sendArgv({ protocol, rate, count: 2 ** 40, sources, first }), { input: ports.join(" ") });
  }

  /** One datagram to the server. */
  async datagram(source, port, text) {
    const to = `UDP4-SENDTO:${SERVER}:${port},bind=${source}`;
    await ok(["ip", "netns", "exec", this.#client, "socat", "-u", "STDIN", to], { input: text });
  }

  /** Packets that have reached the server so far. */
  async received() {
    return Number(await this.run(["cat", "/sys/class/net/eth0/statistics/rx_packets"]));
  }

  #sendArgv({ protocol, rate, count, sources, first }) {
    const words = [this.#tool("send"), "eth0", this.#mac, SERVER, protocol, rate, count, sources, first].map(String);
    return ["ip", "netns", "exec", this.#client, ...words];
  }

  #tool(name) {
    return join(this.directory, name);
  }

  /** A library that tells when tcpdump writes. */
  get preload() {
    return this.#tool("flush-times");
  }

  async #compile(name, flags = []) {
    const source = fileURLToPath(new URL(`./${name}.c`, import.meta.url));
    await ok(["gcc", "-O2", ...flags, "-o", this.#tool(name), source]);
  }

  async #macOf(netns) {
    const [link] = JSON.parse(await ok(["ip", "-n", netns, "-j", "link", "show", "eth0"]));
    return link.address;
  }

  async #ip(netns, words, ...more) {
    await ok(["ip", "-n", netns, ...words.split(" "), ...more]);
  }
}
