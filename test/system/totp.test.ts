// Codes of an authenticator app, with Debian's oathtool as the phone and real time: every stock tool opens a door with one, and
// replay, guessing, scans and SIGKILL open nothing.
//
//   one machine a tool, "thief", "scanner", "guesser", ... ── "switch" ── "server" 10.9.0.2: knockd, an echo, sshd
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { codePorts, formatCodeRange } from "../../src/core/totp/totp.ts";
import { KNOCKD } from "../support/knockd.ts";
import { type Daemon, eventually, HOST, Lab, OUR_KNOCK } from "../support/lab.ts";
import { root } from "../support/netns.ts";
import { Sshd } from "../support/sshd.ts";

/** By door; base32. */
const SECRETS: Record<string, string> = {};
const DOORS = [
  "ours",
  "debians",
  "nmap",
  "nc",
  "bash",
  "hping",
  "eight",
  "late",
  "early",
  "lock",
  "scan",
  "kill",
  "both",
];
const TOOLS: Record<string, string> = {
  ours: "knock (ours)",
  debians: "knock (of Debian's knockd)",
  nmap: "nmap (as root)",
  nc: "nc",
  bash: "bash (and ping for icmp)",
  eight: "knock (ours)",
};
const firstPortOf = (door: string): number => 20_000 + 400 * DOORS.indexOf(door);
const shownSchema = z.object({ knocks: z.array(z.object({ tool: z.string(), line: z.string().optional() })) });

/** What the phone shows now, or so many steps from now. */
function phone(door: string, later = 0): string {
  const when = new Date(Date.now() + later * 30_000)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
  const argv = ["--totp", "-b", "-d", door === "eight" ? "8" : "6", "--now", when, SECRETS[door] ?? ""];
  return execFileSync("oathtool", argv, { encoding: "utf8" }).trim();
}

/** A code that the phone has not shown and will not show for some minutes. */
function wrongCodes(door: string, count: number): string[] {
  const near = new Set(Array.from({ length: 21 }, (_, index) => phone(door, index - 10)));
  const codes = Array.from({ length: count + 21 }, (_, index) => String(111_111 + 1001 * index));
  return codes.filter((code) => !near.has(code)).slice(0, count);
}

describe.skipIf(!root)("a code of an authenticator app", () => {
  const lab = new Lab();
  const { net } = lab;
  const sshd = new Sshd(lab);
  const secretFile = (door: string): string => join(lab.directory, `${door}.totp`);
  const yaml = (): string => {
    const doors = DOORS.map((door) => {
      const digits = door === "eight" ? 8 : 6;
      const more = door === "both" ? ', sequence: "7000,8000/udp", require: [sequence, totp]' : "";
      const totp = `totp: { secret_file: ${secretFile(door)}, ports: ${formatCodeRange(firstPortOf(door), digits)}, digits: ${digits} }`;
      return `  ${door}: { ${totp}${more}, open: 2201/tcp, for: ${door === "kill" ? "10s" : "1h"} }`;
    });
    const ssh = `  login: { totp: { secret_file: ${secretFile("login")}, ports: 30000-30299 }, open: 22/tcp, for: 1h }`;
    return `options: { interface: eth0 }\ndoors:\n${[...doors, ssh].join("\n")}\n`;
  };
  let daemon: Daemon;

  const portsOf = (door: string, code: string) => codePorts(code, firstPortOf(door)).map(({ number }) => number);
  const knockCode = (from: string, door: string, code: string) => lab.knock(from, HOST, ...portsOf(door, code));
  const opened = (door: string, from: string) =>
    daemon.count(new RegExp(`${lab.addressOf(from).replaceAll(".", "\\.")}: ${door}: OPEN SESAME`));

  beforeAll(async () => {
    await lab.open(
      ...Object.keys(TOOLS),
      "hping",
      "owner",
      "thief",
      "guesser",
      "other",
      "scanner",
      "killed",
      "both",
      "login",
    );
    for (const door of [...DOORS, "login"]) {
      const secret = execFileSync("bash", ["-c", "head -c 20 /dev/urandom | base32"], { encoding: "utf8" });
      SECRETS[door] = secret.trim();
      writeFileSync(secretFile(door), secret, { mode: 0o600 });
    }
    await sshd.start("server");
    daemon = await lab.start(yaml());
  });
  afterAll(() => lab.close());

  it.each(Object.entries(TOOLS))(
    "opens its door by the line that knockd howto prints, for %s: %s",
    async (door, tool) => {
      const argv = [...KNOCKD, "howto", door, "--host", HOST, "--code", phone(door), "--json", "-c", daemon.file];
      const shown = shownSchema.parse(JSON.parse(await net.ok("server", argv)));
      const line = shown.knocks.find((knock) => knock.tool === tool)?.line ?? "";
      expect(await lab.reachable(door)).toBe(false);
      const knock = `knock() { ${door === "debians" ? "/usr/bin/knock" : OUR_KNOCK.join(" ")} "$@"; }; `;
      await net.run(door, ["bash", "-c", knock + line]);
      await lab.opens(door);
    },
  );

  it("opens its door by hping3, one packet a pair", async () => {
    for (const port of portsOf("hping", phone("hping")))
      await net.run("hping", ["hping3", "-q", "-S", "-p", String(port), "-c", "1", HOST]);
    await lab.opens("hping");
  });

  it.each([
    ["late", -1],
    ["early", 1],
  ])("opens when the phone's clock is %s, and once only, whoever has overheard it", async (door, off) => {
    // Not at the end of a step, where one that is late would be two steps late on arrival.
    await eventually("the first part of a step", async () => Date.now() % 30_000 < 22_000);
    const code = phone(door, off);
    await knockCode("owner", door, code);
    await daemon.logs(new RegExp(`: ${door}: OPEN SESAME`));
    await knockCode("thief", door, code);
    await daemon.logs(new RegExp(`${lab.addressOf("thief")}: ${door}: refused: code used already`));
    expect(opened(door, "thief")).toBe(0);
    expect(await lab.reachable("thief")).toBe(false);
  });

  it("is asked for after the sequence where both are required", async () => {
    const ports = portsOf("both", phone("both"));
    await lab.knock("both", HOST, ...ports);
    await lab.knock("both", HOST, 7000, "8000:udp");
    expect(await lab.reachable("both")).toBe(false);
    expect(daemon.log).not.toMatch(/: both: OPEN SESAME/);
    await lab.knock("both", HOST, ...ports);
    await lab.opens("both");
  });

  it("logs in to a hidden sshd in one command", async () => {
    mkdirSync(join(lab.directory, "bin"));
    mkdirSync(join(lab.directory, "knock"));
    chmodSync(lab.write("bin/knock", `#!/bin/sh\nexec ${OUR_KNOCK.join(" ")} "$@"\n`), 0o755);
    lab.write("knock/config.yaml", `profiles:\n  phone: { host: ${HOST}, totp: { ports: 30000-30299 }, wait: 22 }\n`);
    const env = { PATH: `${lab.directory}/bin:${process.env["PATH"]}`, XDG_CONFIG_HOME: lab.directory };
    expect((await net.run("login", sshd.login(HOST, "echo in"))).code).toBe(255);
    const proxy = `sh -c 'knock phone --code ${phone("login")} >&2 && exec nc %h %p'`;
    const [ssh = "", ...rest] = sshd.login(HOST, "echo in", 22, 30);
    const argv = [ssh, "-o", `ProxyCommand=${proxy}`, ...rest];
    expect(await net.run("login", argv, { env })).toMatchObject({ code: 0, stdout: "in\n" });
  });

  it("that was used stays used when the daemon is killed, and half a code does not outlive it", async () => {
    const code = phone("kill");
    await knockCode("killed", "kill", code);
    await daemon.logs(/: kill: OPEN SESAME/);
    const [first = 0, ...others] = portsOf("kill", phone("kill", 1));
    await lab.knock("killed", HOST, first);
    daemon.running.signal("SIGKILL");
    await daemon.running.ended();
    daemon = await lab.start(yaml());
    await lab.knock("killed", HOST, ...others);
    await knockCode("killed", "kill", code);
    await daemon.logs(/: kill: refused: code used already/);
    expect(daemon.log).not.toMatch(/: kill: (OPEN SESAME|open again)/);
    await lab.closes("killed");
    await knockCode("killed", "kill", phone("kill", 1));
    await daemon.logs(/: kill: OPEN SESAME/);
  });

  // Last: from here on their whole network is asked for two codes in a row.
  it("does not open with a wrong pair, and after five of them asks the guesser alone for two codes in a row", async () => {
    for (const code of wrongCodes("lock", 5)) await knockCode("guesser", "lock", code);
    await daemon.logs(/: lock: 5 failed codes in a minute: for a minute two codes in a row are asked for/);
    await eventually("the first part of a step", async () => Date.now() % 30_000 < 22_000);
    await knockCode("guesser", "lock", phone("lock", -1));
    await daemon.logs(/: lock: refused: code right, but too many wrong ones came from this address lately/);
    await knockCode("other", "lock", phone("lock"));
    await lab.opens("other");
    expect(opened("lock", "guesser")).toBe(0);
  });

  it("is not found by scans of its range, in order or at random", async () => {
    const range = formatCodeRange(firstPortOf("scan"), 6);
    for (const order of [["-r"], [], [], []])
      await net.ok("scanner", ["nmap", "-n", "-Pn", "-sS", "--max-retries", "0", "-T5", ...order, "-p", range, HOST]);
    await daemon.logs(/: scan: (attempt dropped|refused: code not valid)/);
    expect(daemon.log).not.toMatch(/: scan: OPEN SESAME/);
    // The owner's network may be suspect by then: two codes in a row open in any case.
    await eventually("the first part of a step", async () => Date.now() % 30_000 < 22_000);
    for (const off of [-1, 0]) await knockCode("other", "scan", phone("scan", off));
    await daemon.logs(/: scan: OPEN SESAME/);
  });
});
