// `knockd init` without a terminal, and what it refuses. (Questions and trials: test/system/init.test.ts.)

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { root } from "../support/netns.ts";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const SAMPLE = fileURLToPath(new URL("../../config/knockd.yaml", import.meta.url));
/** A session from elsewhere. It is found in the environment before that of any parent. */
const SESSION = { SSH_CONNECTION: "198.51.100.7 50022 192.0.2.10 2222" };

describe("knockd init, without a terminal", () => {
  const scratch = new Scratch();
  beforeAll(() => scratch.make());
  afterAll(() => scratch.remove());

  async function init(...args: string[]) {
    const running = new Running([...KNOCKD, "init", ...args], { env: { ...process.env, ...SESSION } });
    return { code: await running.ended(), stdout: running.stdout, stderr: running.stderr };
  }

  it("takes flags and defaults with --yes: the port and the peer of the ssh session, a random sequence", async () => {
    const file = join(scratch.path, "new", "etc", "knockd.yaml");
    const { code, stdout } = await init("--yes", "-i", "any", "-c", file, "--host", "server.example");
    expect({ code }).toEqual({ code: 0 });
    expect(stdout).toMatch(/^\nHow to knock:\n {2}knock -d 100 server\.example \d.*\n {2}.*nc server\.example .*\n/);
    expect(stdout).toContain(`${file} is written; nothing is hidden yet.\n`);
    expect(stdout).toContain(`knockd howto ssh --host server.example -c ${file} `);
    const yaml = readFileSync(file, "utf8");
    expect(yaml).toContain(`interface: "any"\n`);
    expect(yaml).toContain(`allow: ["198.51.100.7"]\n`);
    expect(yaml).toMatch(/sequence: \[\d+\/(tcp|udp)(, \d+\/(tcp|udp)){3}\]\n/);
    expect(yaml).toContain("open: 2222/tcp\n");
    expect(yaml).toContain("for: 30s\n");
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(statSync(join(scratch.path, "new", "etc")).mode & 0o777).toBe(0o750);
    expect(readdirSync(join(scratch.path, "new", "etc"))).toEqual(["knockd.yaml"]);
  });

  it("gives each machine another sequence", async () => {
    const files = ["a.yaml", "b.yaml"].map((name) => join(scratch.path, name));
    for (const file of files) expect(await init("--yes", "-i", "any", "-c", file)).toMatchObject({ code: 0 });
    const [a, b] = files.map((file) => /sequence: .*/.exec(readFileSync(file, "utf8"))?.[0]);
    expect(a).not.toBe(b);
  });

  it("hides from everyone with --no-allow, and says what is weak or strange in what it was given", async () => {
    const file = join(scratch.path, "weak.yaml");
    const args = ["--yes", "-i", "any", "-c", file, "-p", "5/udp", "-s", "7000,8000,9000", "-f", "2d", "--no-allow"];
    const { code, stderr } = await init(...args);
    expect(code).toBe(0);
    expect(stderr).toContain("knockd: hint: nothing uses 5/udp on this machine yet\n");
    expect(stderr).toContain(
      "knockd: hint: doors.udp-5.sequence: 7000/tcp, 8000/tcp, 9000/tcp are ports that scanners try first",
    );
    expect(stderr).toContain("knockd: hint: doors.udp-5.for: 2 days is long");
    expect(readFileSync(file, "utf8")).not.toContain("allow:");
  });

  it("never overwrites a config", async () => {
    const file = scratch.write("mine.yaml", "doors: {}\n");
    const { code, stdout, stderr } = await init("--yes", "-c", file);
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    expect(stderr).toContain(`knockd: ${JSON.stringify(file)} exists, and is not overwritten\n`);
    expect(stderr).toContain(
      `knockd: hint: move it away (mv ${file} ${file}.old), or name another file with -c FILE\n`,
    );
    expect(readFileSync(file, "utf8")).toBe("doors: {}\n");
  });

  it("takes the place of the sample that came with knockd, as long as nobody has changed it", async () => {
    const file = join(scratch.path, "sample.yaml");
    copyFileSync(SAMPLE, file);
    expect(await init("--yes", "-i", "any", "-c", file)).toMatchObject({ code: 0 });
    expect(readFileSync(file, "utf8")).toContain("made by knockd init");
    writeFileSync(file, `${readFileSync(SAMPLE, "utf8")}# mine\n`);
    expect(await init("--yes", "-i", "any", "-c", file)).toMatchObject({ code: 78 });
  });

  it.each([
    [["-p", "22"], 64, "no terminal to ask at"],
    [["--yes", "-p", "100/icmp"], 64, '--port: expected a tcp or udp port such as 22/tcp, got "100/icmp"'],
    [["--yes", "-p", "ssh"], 64, '--port: expected a port such as 22/tcp, got "ssh"'],
    [["--yes", "-i", "wlan7"], 64, "--interface: expected one of "],
    [["--yes", "-i", "any", "-s", "2222,1,2"], 64, "--sequence: 2222/tcp is to be hidden, so it cannot be part"],
    [["--yes", "-i", "any", "-s", ""], 64, '--sequence: expected a port such as 22/tcp, got ""'],
    [["--yes", "-i", "any", "-f", "0"], 64, '--for: expected a time above 0, got "0"'],
    [["--yes", "-i", "any", "--allow", "home"], 64, "--allow: expected an address or a network such as 192.0.2.7"],
    [["--yes", "-i", "any", "--host", "a b"], 64, '--host: expected an IP address or a host name, got "a b"'],
    [["--yes", "-i", "any", "--trial", "1d"], 64, '--trial: expected a time from 1s to 10m 0s, got "1d"'],
  ])("refuses %j", async (args, code, message) => {
    const file = join(scratch.path, "refused.yaml");
    const outcome = await init(...args, "-c", file);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(`knockd: ${message}`);
    expect(existsSync(file)).toBe(false);
  });

  it.skipIf(!root)("says before any question that it may not write there", async () => {
    const directory = join(scratch.path, "roots");
    mkdirSync(directory);
    chmodSync(scratch.path, 0o755);
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const argv = [...nobody, ...KNOCKD, "init", "-c", join(directory, "sub", "knockd.yaml")];
    const running = new Running(argv);
    expect(await running.ended()).toBe(77);
    expect(running.stderr).toMatch(
      /^knockd: cannot write ".*": permission denied\nknockd: hint: run as root: sudo knockd init\n$/,
    );
  });
});
