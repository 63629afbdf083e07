// Who is compared: this knockd (with either sniffer), the C knockd, and a ruleset alone. Each guards the same doors in its own way.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pause } from "./shell.mjs";

/** @typedef {{steps?: readonly string[], spa?: boolean, open: number, forS?: number}} Door `open` is a UDP port. */

const OURS = fileURLToPath(new URL("../../dist/knockd.js", import.meta.url));
const THEIRS = "/usr/sbin/knockd";
/** How long a knock may take, and a door stays open unless it says otherwise. */
const KNOCK_S = 25;
const OPEN_S = 600;
const LISTEN_LIMIT_MS = 30_000;

/** Each starts in an empty firewall and gives what to measure it by. */
export const CONTENDERS = { ours: startOurs, cap: startOursWithCap, knockd: startTheirs, nftables: startRuleset };

/** This knockd as another checkout has it built. @param {string} checkout */
export function builtIn(checkout) {
  return (lab, doors, more) => startOurs(lab, doors, { ...more, program: join(checkout, "dist/knockd.js") });
}

/** This knockd, started by another program. @param {string} program @param {Record<string, string>} env */
export function timedIn(program, env) {
  return (lab, doors, more) => startOurs(lab, doors, { ...more, program, env });
}

function startOursWithCap(lab, doors, more) {
  return startOurs(lab, doors, { ...more, sniffer: "cap" });
}

/** `keys`: files of keys that may open the doors which say `spa`. */
async function startOurs(lab, doors, { sniffer = "tcpdump", program = OURS, env = {}, keys = [] } = {}) {
  await lab.run(["nft", "flush", "ruleset"]);
  const rowOf = ({ steps, spa = false, open, forS = OPEN_S }, number) => {
    const earned = spa ? "spa: true" : `sequence: [${steps.join(", ")}], seq_timeout: ${KNOCK_S}s`;
    return `  door${number}: { ${earned}, open: ${open}/udp, for: ${forS}s }`;
  };
  const signed = doors.flatMap(({ spa }, number) => (spa ? [`door${number}`] : []));
  const keyOf = (file, number) => `  key${number}: { file: ${file}, doors: [${signed.join(", ")}] }`;
  const yaml = [
    `options: { interface: eth0, sniffer: ${sniffer} }`,
    ...(keys.length === 0 ? [] : ["keys:", ...keys.map(keyOf)]),
    "doors:",
    ...doors.map(rowOf),
  ];
  const file = join(lab.directory, "knockd.yaml");
  writeFileSync(file, yaml.join("\n"));
  const state = join(lab.directory, "state");
  rmSync(state, { recursive: true, force: true });
  const log = join(lab.directory, "ours.log");
  const argv = [process.execPath, program, "run", "-c", file];
  // Another knockd of this machine may have /run/knockd.
  const directories = { STATE_DIRECTORY: state, RUNTIME_DIRECTORY: join(lab.directory, "run") };
  const daemon = await start(lab, argv, { log, env: { ...directories, ...env } }, log);
  return { ...daemon, countOpen: () => countElements(lab, "knockd", /^door/) };
}

async function startTheirs(lab, doors) {
  await lab.run(["nft", "flush", "ruleset"]);
  await hide(lab, doors);
  const log = join(lab.directory, "knockd.log");
  const text = doors.flatMap(({ steps, open, forS = OPEN_S }, number) => [
    `[door${number}]`,
    ` sequence = ${steps.map((step) => step.replace("/", ":")).join(",")}`,
    ` seq_timeout = ${KNOCK_S}`,
    ` start_command = /usr/sbin/nft add element inet bench allowed { %IP% . ${open} timeout ${forS}s }`,
    " tcpflags = syn",
  ]);
  const file = join(lab.directory, "knockd.conf");
  writeFileSync(file, ["[options]", ` logfile = ${log}`, ...text, ""].join("\n"));
  const daemon = await start(lab, [THEIRS, "-i", "eth0", "-c", file], {}, log);
  return { ...daemon, countOpen: () => countElements(lab, "bench", /^allowed/) };
}

/** Knocking without a daemon: the kernel moves a source from set to set. Nothing tells a scan from a knock. */
async function startRuleset(lab, doors) {
  await lab.run(["nft", "flush", "ruleset"]);
  await hide(lab, doors);
  const lines = doors.flatMap(({ steps, open, forS = OPEN_S }, number) =>
    steps.flatMap((step, at) => {
      const [port, protocol] = step.split("/");
      const mayStep = at === 0 ? "" : `ip saddr @door${number}_${at} `;
      const isLast = at === steps.length - 1;
      const set = isLast ? "" : `set door${number}_${at + 1} { type ipv4_addr; flags dynamic,timeout; }`;
      const next = isLast
        ? `add @allowed { ip saddr . ${open} timeout ${forS}s }`
        : `add @door${number}_${at + 1} { ip saddr timeout ${KNOCK_S}s }`;
      const syn = protocol === "tcp" ? "tcp flags syn " : "";
      return [set, `chain knocks {\n ${mayStep}${syn}${protocol} dport ${port} ${next}\n}`];
    }),
  );
  await lab.run(["nft", "-f", "-"], { input: `table inet bench {\n${lines.join("\n")}\n}\n` });
  return { stop: async () => {}, countOpen: () => countElements(lab, "bench", /^allowed/) };
}

/** Both daemons say in their log when they listen. */
async function start(lab, argv, options, log) {
  rmSync(log, { force: true });
  const before = performance.now();
  const program = lab.spawn(argv, options);
  while (!existsSync(log) || !readFileSync(log, "utf8").includes("starting up, listening on")) {
    if (performance.now() > before + LISTEN_LIMIT_MS) throw new Error(`${argv[0]} does not listen: ${program.stderr}`);
    await pause(1);
  }
  return { pid: program.pid, startMs: performance.now() - before, stop: () => program.stop() };
}

/** What the other two need beside them: nothing but members get in. */
async function hide(lab, doors) {
  const hidden = doors.map(({ open }) => open).join(", ");
  const ruleset = `table inet bench {
    set allowed { type ipv4_addr . inet_service; flags dynamic,timeout; size 200000; }
    set hidden { type inet_service; elements = { ${hidden} } }
    chain knocks { }
    chain input {
      type filter hook input priority 0; policy accept;
      udp dport @hidden ip saddr . udp dport @allowed accept
      udp dport @hidden drop
      jump knocks
    }
  }`;
  await lab.run(["nft", "-f", "-"], { input: ruleset });
}

async function countElements(lab, table, name) {
  const { nftables } = JSON.parse(await lab.run(["nft", "-j", "list", "table", "inet", table]));
  const sets = nftables.flatMap(({ set }) => (set !== undefined && name.test(set.name) ? [set] : []));
  return sets.reduce((total, { elem = [] }) => total + elem.length, 0);
}
