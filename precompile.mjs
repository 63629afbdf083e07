// V8's code of what a command runs, kept for its next start: the command is rehearsed on a machine that is made up here, where no
// tool is started and no firewall touched. `node precompile.mjs SCRIPT` rehearses one, in a process of its own.
import { spawn as start } from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const LIMIT_MS = 60_000;
const OURS = [192, 0, 2, 1];
const KNOCKER = [192, 0, 2, 7];
const PORTS = [17301, 4312, 28119];
const CONFIG = `options: { interface: eth0, sniffer: tcpdump }
doors:
  ssh: { sequence: [${PORTS.map((port) => `${port}/udp`)}], open: 22/tcp, for: 30s }
`;
/** What `ip address` would say. */
const LINKS = [{ ifname: "eth0", flags: ["UP"], link_type: "ether", addr_info: [{ local: OURS.join(".") }] }];
/** Says that a rehearsal of `run` is over. */
const OPENED = "OPEN SESAME";

/** By script, the command that it is rehearsed with. */
const COMMANDS = { program: "check" };

/** Leaves the code that the script needs beside it. */
export async function precompile(script) {
  const child = start(process.execPath, [fileURLToPath(import.meta.url), script], { timeout: LIMIT_MS });
  let said = "";
  child.stdout.on("data", (text) => {
    said += text;
    if (script === "run" && said.includes(OPENED)) child.kill("SIGTERM");
  });
  child.stderr.on("data", (text) => (said += text));
  const status = await new Promise((resolve) => child.on("close", resolve));
  if (status !== 0) throw new Error(`rehearsal of ${script}: exit status ${status}: ${said}`);
}

async function rehearse(name) {
  const command = COMMANDS[name] ?? name;
  const directory = mkdtempSync(join(tmpdir(), "knockd-build-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const config = join(directory, "knockd.yaml");
  writeFileSync(config, CONFIG, { mode: 0o600 });
  process.env.STATE_DIRECTORY = join(directory, "state");
  process.env.RUNTIME_DIRECTORY = join(directory, "run");
  process.argv = [process.execPath, "knockd", command, ...(command === "status" ? [] : ["-c", config])];

  const place = new URL("./dist/main.js", import.meta.url);
  const scripts = new URL("./dist/scripts/program.cjs", import.meta.url);
  const { codeFile, scriptWith } = await import(place);
  const script = scriptWith(name);
  const real = createRequire(place);
  const pretended = (name) => (name in PRETENDED ? PRETENDED[name](real) : real(name));
  const load = script.runInThisContext();
  await load(pretended, { url: scripts.href, dirname: dirname(fileURLToPath(scripts)), resolve: String }).main();
  writeFileSync(codeFile(name), script.createCachedData());
  process.exit(0);
}

/** By the module that the program asks for. */
const PRETENDED = {
  // Code is only good for the settings that it was made with.
  "node:v8": () => ({ setFlagsFromString() {} }),
  "node:child_process": (real) => ({ ...real("node:child_process"), execFile, spawn }),
  koffi: () => {
    throw new Error("no call of the C library here");
  },
};

function execFile(file, args, _options, ended) {
  const says =
    file === "ip" ? JSON.stringify(LINKS) : file === "nft" && args.includes("--json") ? '{"nftables":[]}' : "";
  setImmediate(() => ended(null, says, ""));
  return { stdin: { on() {}, end() {} } };
}

/** flock gets its lock; a sniffer writes what it sees, and stays. */
function spawn(file, args, { stdio }) {
  const child = Object.assign(new EventEmitter(), { stdout: new EventEmitter(), stderr: new EventEmitter() });
  child.kill = () => setImmediate(() => child.emit("close", 0));
  if (file === "flock") child.kill();
  if (args.includes("tcpdump")) writeSync(stdio[1], capture());
  return child;
}

/** A knock as a pcap stream. */
function capture() {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(256, 16);
  header.writeUInt32LE(1, 20);
  return Buffer.concat([header, ...PORTS.map(record)]);
}

/** Ethernet, IPv4, UDP without a byte in it. */
function record(port) {
  const bytes = Buffer.alloc(16 + 42);
  bytes.writeUInt32LE(42, 8);
  bytes.writeUInt32LE(42, 12);
  bytes.set([0x08, 0x00, 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, ...KNOCKER, ...OURS, 0x9c, 0x40], 16 + 12);
  bytes.writeUInt16BE(port, 16 + 36);
  bytes.writeUInt16BE(8, 16 + 38);
  return bytes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await rehearse(process.argv[2]);
