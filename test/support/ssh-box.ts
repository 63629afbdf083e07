// A box with our package, sshd in it, and a client at the other end of a cable who may log in as root, and knocks with Debian's knock.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Box, type BoxSystem, until } from "./box.ts";
import { Netns, type Outcome } from "./netns.ts";
import { succeed } from "./running.ts";
import { Scratch } from "./scratch.ts";

export const PACKAGE_MS = 120_000;
export const CONFIG = "/etc/knockd/knockd.yaml";
export const IN = { code: 0, stdout: "box\n" };
/** Nothing answers; an sshd that is slow says something else. */
export const OUT = { code: 255, stdout: "", stderr: "ssh: connect to host 10.9.0.1 port 22: Connection timed out\r\n" };
const PACKAGE_SH = join(import.meta.dirname, "..", "..", "debian", "package.sh");
const ANSWER_S = 15;
const RETRY_S = 5;
const VAIN_S = 1;
const STEPS = ["24017/tcp", "8615/udp", "13908/tcp"];

export class SshBox {
  readonly net = new Netns();
  readonly box: Box;
  readonly scratch = new Scratch();
  /** The package, on this machine. */
  deb = "";

  constructor(system: BoxSystem = {}) {
    this.box = new Box(system);
  }

  /** The package is `/root/knockd.deb` there. */
  async boot(): Promise<void> {
    this.scratch.make();
    this.deb = await makePackage(this.scratch.path);
    await this.net.add("client");
    await this.box.boot();
    this.box.copy(this.deb, "/root/knockd.deb");
    await this.net.ok("client", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", this.scratch.pathOf("key")]);
    this.box.copy(this.scratch.pathOf("key.pub"), "/root/.ssh/authorized_keys");
    await this.box.ok("chown", "-R", "root:root", "/root/.ssh");
    await this.box.plug(this.net);
  }

  async close(): Promise<void> {
    await this.net.close();
    await this.box.close();
    this.scratch.remove();
  }

  /** All that apt prints. */
  install(path: string): Promise<string> {
    return this.box.ok("sh", "-c", `DEBIAN_FRONTEND=noninteractive apt-get install -y ${path} 2>&1`);
  }

  configure(openFor: string, options = ""): void {
    const door = `ssh: { sequence: [${STEPS.join(", ")}], open: 22/tcp, for: ${openFor} }`;
    this.box.write(CONFIG, `options: { interface: eth0${options} }\ndoors:\n  ${door}\n`);
  }

  /** Where sshd answers, it may take its time for it. */
  login(connectS = ANSWER_S): Promise<Outcome> {
    const options = [
      "BatchMode=yes",
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "LogLevel=ERROR",
      `ConnectTimeout=${connectS}`,
    ];
    const given = options.flatMap((option) => ["-o", option]);
    const argv = ["ssh", "-F", "/dev/null", "-i", this.scratch.pathOf("key"), ...given, "root@10.9.0.1", "hostname"];
    return this.net.run("client", argv);
  }

  /** Where nothing should answer. */
  vainLogin(): Promise<Outcome> {
    return this.login(VAIN_S);
  }

  /** Knocks until it gets in: of a machine that is busy the door may be closed again before the login. */
  async knockIn(steps: readonly string[] = STEPS): Promise<void> {
    await until(async () => {
      await this.knock(steps);
      return (await this.login(RETRY_S)).code === 0;
    });
  }

  async knock(steps: readonly string[] = STEPS): Promise<void> {
    await this.net.ok("client", ["/usr/bin/knock", "10.9.0.1", ...steps.map((step) => step.replace("/", ":"))]);
  }

  mainPid(): Promise<string> {
    return this.box.says("systemctl", "show", "--value", "-p", "MainPID", "knockd");
  }

  statusText(): Promise<string> {
    return this.box.says("systemctl", "show", "--value", "-p", "StatusText", "knockd");
  }

  async untilStatus(text: string): Promise<void> {
    await until(async () => (await this.statusText()) === text);
  }
}

/** Its path; made on the file system of `scratch`. */
export async function makePackage(directory: string, scratch = tmpdir()): Promise<string> {
  await succeed(PACKAGE_MS, "env", `TMPDIR=${scratch}`, "bash", PACKAGE_SH, directory);
  return join(directory, readdirSync(directory).find((name) => /^knockd_.*\.deb$/.test(name)) ?? "");
}

/** A package nodejs as NodeSource's: this machine's node in /usr/bin. */
export async function makeNodejsPackage(scratch: Scratch): Promise<string> {
  const tree = scratch.pathOf("nodejs");
  mkdirSync(join(tree, "DEBIAN"), { recursive: true });
  mkdirSync(join(tree, "usr/bin"), { recursive: true });
  copyFileSync(process.execPath, join(tree, "usr/bin/node"));
  const architecture = (await succeed(PACKAGE_MS, "dpkg", "--print-architecture")).trim();
  const version = process.versions.node;
  writeFileSync(
    join(tree, "DEBIAN/control"),
    `Package: nodejs\nVersion: ${version}-1test\nArchitecture: ${architecture}\nMaintainer: Nobody <nobody@packages.invalid>\nDescription: Node.js\n`,
  );
  const deb = scratch.pathOf("nodejs.deb");
  await succeed(PACKAGE_MS, "dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, deb);
  return deb;
}

/** The same with a higher version. */
export async function makeNewer(deb: string, scratch: Scratch): Promise<string> {
  const tree = scratch.pathOf("newer");
  await succeed(PACKAGE_MS, "dpkg-deb", "-R", deb, tree);
  const control = join(tree, "DEBIAN/control");
  writeFileSync(control, readFileSync(control, "utf8").replace(/^Version: .*$/m, "Version: 9.9.9"));
  const newer = scratch.pathOf("newer.deb");
  await succeed(PACKAGE_MS, "dpkg-deb", "--root-owner-group", "--build", tree, newer);
  return newer;
}
