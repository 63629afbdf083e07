// The Debian package, from apt install over Debian's knockd to purge, on a machine of its own with a real systemd
// (systemd-box.sh) and a real sshd. Knocks come over a cable, from Debian's knock.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Box, CREATE_MS } from "./support/box.ts";
import { Netns, type Outcome, root } from "./support/netns.ts";
import { Running } from "./support/running.ts";
import { Scratch } from "./support/scratch.ts";

const CLOSE_MS = 60_000;
const PACKAGE_MS = 120_000;
const PACKAGE_SH = join(import.meta.dirname, "..", "debian", "package.sh");
const KNOCK = ["24017", "8615:udp", "13908"];
const OLD_CONF = `[openSSH]
	sequence = 7000,8000,9000
	seq_timeout = 5
	command = /sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	tcpflags = syn
`;
const DOORS = `
doors:
  ssh: { sequence: [24017/tcp, 8615/udp, 13908/tcp], open: 22/tcp, for: FOR }
`;

describe.skipIf(!root)("the Debian package", () => {
  const net = new Netns();
  const box = new Box();
  const scratch = new Scratch();
  let deb = "";
  let newer = "";

  beforeAll(async () => {
    scratch.make();
    const out = scratch.path;
    await command("bash", PACKAGE_SH, out);
    deb = join(out, readdirSync(out).find((name) => /^knockd_.*\.deb$/.test(name)) ?? "");
    newer = await newerThan(deb, scratch);
    await net.add("client");
    await box.boot();
    box.copy(deb, "/root/knockd.deb");
    box.copy(newer, "/root/knockd-newer.deb");
    box.copy(await nodejsPackage(scratch), "/root/nodejs.deb");
    await net.ok("client", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", scratch.pathOf("key")]);
    box.copy(scratch.pathOf("key.pub"), "/root/.ssh/authorized_keys");
    await box.ok("chown", "-R", "root:root", "/root/.ssh");
    await box.plug(net);
  }, CREATE_MS);
  afterAll(async () => {
    await net.close();
    await box.close();
    scratch.remove();
  }, CLOSE_MS);

  it(
    "is the same to the byte when it is made again",
    async () => {
      mkdirSync(scratch.pathOf("again"));
      await command("bash", PACKAGE_SH, scratch.pathOf("again"));
      const [again = ""] = readdirSync(scratch.pathOf("again"));
      expect(readFileSync(scratch.pathOf(join("again", again))).equals(readFileSync(deb))).toBe(true);
    },
    PACKAGE_MS,
  );

  it("has the licence of each library in it, and a bill of materials", async () => {
    const tree = scratch.pathOf("tree");
    await command("dpkg-deb", "-x", deb, tree);
    const papers = join(tree, "usr/share/doc/knockd");
    const copyright = readFileSync(join(papers, "copyright"), "utf8");
    const bill = JSON.parse(await command("gzip", "-dc", join(papers, "sbom.cdx.json.gz")));
    const names = bill.components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["cap", "commander", "ipaddr.js", "pino", "yaml", "zod"]));
    for (const name of names) expect(copyright).toMatch(new RegExp(`^Comment: ${name} \\d`, "m"));
    expect(names).not.toContain("vitest");
  });

  it("says what to do where Node.js is too old, and changes nothing", async () => {
    await box.ok("dpkg", "-i", "/root/nodejs.deb");
    box.write("/usr/local/bin/node", "#!/bin/sh\necho v18.20.4\n");
    await box.ok("chmod", "755", "/usr/local/bin/node");
    const { code, stderr } = await box.run("dpkg", "-i", "/root/knockd.deb");
    expect(code).not.toBe(0);
    expect(stderr).toContain("needs Node.js 20.19 or newer, and found /usr/local/bin/node, which is v18.20.4");
    expect(stderr).toContain("NodeSource");
    for (const path of ["/usr/bin/knockd", "/etc/knockd", "/usr/lib/knockd"]) expect(box.has(path)).toBe(false);
    await box.ok("rm", "/usr/local/bin/node");
  });

  it("takes the place of Debian's knockd, and makes a draft of its file", async () => {
    await box.ok("sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg -i /opt/knockd_*.deb");
    box.write("/etc/knockd.conf", OLD_CONF);
    await box.ok("systemctl", "enable", "knockd");
    const said = await install(box, "/root/knockd.deb");
    expect(said).toContain("/etc/knockd.conf was translated to /etc/knockd/knockd.yaml.imported");
    expect(box.read("/etc/knockd/knockd.yaml.imported")).toContain("[7000/tcp, 8000/tcp, 9000/tcp]");
    expect(await box.says("stat", "-c", "%a %U %G", "/etc/knockd/knockd.yaml.imported")).toBe("640 root knockd");
    expect(box.read("/etc/knockd.conf")).toBe(OLD_CONF);
    expect(box.has("/usr/sbin/knockd")).toBe(false);
    expect(await box.says("readlink", "-f", "/usr/bin/knock")).toBe("/usr/lib/knockd/dist/knock.js");
  });

  it("neither starts nor enables anything, and its file hides nothing", async () => {
    expect(await box.says("systemctl", "is-enabled", "knockd")).toBe("disabled");
    expect(await box.says("systemctl", "is-active", "knockd", "knockd-sniffer.socket")).toBe("inactive\ninactive");
    expect(await box.says("stat", "-c", "%a %U %G", "/etc/knockd", "/etc/knockd/knockd.yaml")).toBe(
      "750 root knockd\n640 root knockd",
    );
    expect(await box.says("knockd", "check")).toContain("/etc/knockd/knockd.yaml: fine, 0 doors");
    await box.ok("systemctl", "start", "knockd");
    expect(await box.ok("nft", "list", "tables")).toBe("");
    expect(await login(net, scratch)).toMatchObject(IN);
    await box.ok("systemctl", "stop", "knockd");
  });

  it("hides sshd, and lets in who knocks", async () => {
    configure(box, "5s");
    await box.ok("systemctl", "enable", "--now", "knockd");
    expect(await login(net, scratch)).toMatchObject(OUT);
    await knock(net);
    await box.journal(/^10\.9\.0\.2: ssh: OPEN SESAME$/m);
    expect(await login(net, scratch)).toMatchObject(IN);
    await box.journal(/^10\.9\.0\.2: ssh: closed$/m);
    expect(await login(net, scratch)).toMatchObject(OUT);
  });

  it("keeps an open door over reload, restart and SIGKILL", async () => {
    configure(box, "1h");
    await box.ok("systemctl", "reload", "knockd");
    await knock(net);
    await until(async () => (await login(net, scratch)).code === 0);
    const acts = [
      ["reload", "knockd"],
      ["restart", "knockd"],
      ["kill", "-s", "SIGKILL", "knockd"],
    ];
    for (const act of acts) {
      const before = await mainPid(box);
      await box.ok("systemctl", ...act);
      expect(await login(net, scratch)).toMatchObject(IN);
      if (act[0] !== "reload") await until(async () => !["0", before].includes(await mainPid(box)));
      await until(async () => (await statusText(box)) === "1 door open, listening on eth0");
    }
  });

  it("keeps the file, the ledger and an open door over an upgrade", async () => {
    const file = box.read("/etc/knockd/knockd.yaml");
    const pid = await mainPid(box);
    await install(box, "/root/knockd-newer.deb");
    expect(await mainPid(box)).not.toBe(pid);
    expect(box.read("/etc/knockd/knockd.yaml")).toBe(file);
    expect(await box.says("stat", "-c", "%a %U %G", "/etc/knockd/knockd.yaml")).toBe("640 root knockd");
    expect(await login(net, scratch)).toMatchObject(IN);
    await until(async () => (await statusText(box)) === "1 door open, listening on eth0");
  });

  it("comes back after a reboot with the door still open to whoever had knocked", async () => {
    await box.reboot();
    expect(await box.ok("nft", "list", "table", "inet", "knockd")).toContain("hidden by knockd: 22/tcp");
    await box.plug(net);
    await until(async () => (await statusText(box)) === "1 door open, listening on eth0");
    expect(await login(net, scratch)).toMatchObject(IN);
    await box.ok("knockd", "close", "--all");
    expect(await login(net, scratch)).toMatchObject(OUT);
  });

  it("stops, and hides nothing any more, when it is removed", async () => {
    await box.ok("apt-get", "remove", "-y", "knockd");
    expect(await box.ok("nft", "list", "tables")).toBe("");
    expect(await login(net, scratch)).toMatchObject(IN);
    expect(box.has("/usr/bin/knockd")).toBe(false);
    expect(box.has("/etc/knockd/knockd.yaml")).toBe(true);
    expect(box.has("/var/lib/knockd/guard-secret")).toBe(true);
  });

  it("leaves nothing when it is purged", async () => {
    await box.ok("apt-get", "purge", "-y", "knockd");
    const places = ["/etc", "/usr", "/var/lib", "/run", "/tmp"];
    const left = await box.says("find", ...places, "-xdev", "-name", "*knockd*", "-not", "-path", "/run/systemd/*");
    expect(left).toBe("");
    expect((await box.run("getent", "passwd", "knockd")).code).not.toBe(0);
  });
});

const IN = { code: 0, stdout: "box\n" };
const OUT = { code: 255, stdout: "" };

function login(net: Netns, scratch: Scratch): Promise<Outcome> {
  const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=1"];
  const given = options.flatMap((option) => ["-o", option]);
  const argv = ["ssh", "-F", "/dev/null", "-q", "-i", scratch.pathOf("key"), ...given, "root@10.9.0.1", "hostname"];
  return net.run("client", argv);
}

async function knock(net: Netns): Promise<void> {
  await net.ok("client", ["/usr/bin/knock", "10.9.0.1", ...KNOCK]);
}

function configure(box: Box, open: string): void {
  box.write("/etc/knockd/knockd.yaml", `options: { interface: eth0 }\n${DOORS.replace("FOR", open)}`);
}

function mainPid(box: Box): Promise<string> {
  return box.says("systemctl", "show", "--value", "-p", "MainPID", "knockd");
}

function statusText(box: Box): Promise<string> {
  return box.says("systemctl", "show", "--value", "-p", "StatusText", "knockd");
}

/** All that apt prints. */
function install(box: Box, path: string): Promise<string> {
  return box.ok("sh", "-c", `DEBIAN_FRONTEND=noninteractive apt-get install -y ${path} 2>&1`);
}

/** A package nodejs as NodeSource's: this machine's node in /usr/bin. */
async function nodejsPackage(scratch: Scratch): Promise<string> {
  const tree = scratch.pathOf("nodejs");
  mkdirSync(join(tree, "DEBIAN"), { recursive: true });
  mkdirSync(join(tree, "usr/bin"), { recursive: true });
  copyFileSync(process.execPath, join(tree, "usr/bin/node"));
  const architecture = (await command("dpkg", "--print-architecture")).trim();
  const version = process.versions.node;
  writeFileSync(
    join(tree, "DEBIAN/control"),
    `Package: nodejs\nVersion: ${version}-1test\nArchitecture: ${architecture}\nMaintainer: Nobody <nobody@packages.invalid>\nDescription: Node.js\n`,
  );
  const deb = scratch.pathOf("nodejs.deb");
  await command("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, deb);
  return deb;
}

/** The same with a higher version. */
async function newerThan(deb: string, scratch: Scratch): Promise<string> {
  const tree = scratch.pathOf("newer");
  await command("dpkg-deb", "-R", deb, tree);
  const control = join(tree, "DEBIAN/control");
  writeFileSync(control, readFileSync(control, "utf8").replace(/^Version: .*$/m, "Version: 9.9.9"));
  const newer = scratch.pathOf("newer.deb");
  await command("dpkg-deb", "--root-owner-group", "--build", tree, newer);
  return newer;
}

async function command(...argv: string[]): Promise<string> {
  const running = new Running(argv);
  const code = await running.ended(PACKAGE_MS);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with exit code ${code}\n${running.stderr}`);
  return running.stdout;
}

async function until(holds: () => Promise<boolean>, limitMs = 15_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so after ${limitMs} ms: ${holds}`);
    await delay(50);
  }
}
