// The Debian package, from apt install over Debian's knockd to purge, on a machine of its own with a real systemd
// (systemd-box.sh) and a real sshd. Knocks come over a cable, from Debian's knock.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLOSE_MS, OPEN_MS, TEST_MS, until } from "../support/box.ts";
import { root } from "../support/netns.ts";
import { succeed } from "../support/running.ts";
import { CONFIG, IN, makeNewer, makeNodejsPackage, makePackage, OUT, PACKAGE_MS, SshBox } from "../support/ssh-box.ts";

const OLD_CONF = `[openSSH]
	sequence = 7000,8000,9000
	seq_timeout = 5
	command = /sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	tcpflags = syn
`;
/** As versions before the gate left it. */
const OLD_SAVED = `*filter
:INPUT ACCEPT [0:0]
:KNOCKD - [0:0]
-A INPUT -j KNOCKD
-A INPUT -p tcp -m tcp --dport 25 -j ACCEPT
-A KNOCKD -p tcp -m tcp --dport 22 -m set --match-set knockd-ssh-4 src -j ACCEPT
-A KNOCKD -p tcp -m tcp --dport 22 -j DROP
COMMIT
`;
const WARNINGS = [
  // As npm builds cap.
  "hardening-no-relro",
  // Without debhelper, which would write the same lines.
  "maintainer-script-calls-systemctl",
  "maintainer-script-should-not-use-dpkg-maintscript-helper",
  // Of the files in one directory, which is root's by then, and of none that has another name.
  "recursive-privilege-change",
  // The config is secret.
  "non-standard-dir-perm",
  "non-standard-file-perm",
  // Keys of earlier versions become root's: plain files with one name, in a directory that is root's by then.
  "recursive-privilege-change",
];

describe.skipIf(!root)("the Debian package", { timeout: TEST_MS }, () => {
  const machine = new SshBox();
  const { box, scratch } = machine;

  beforeAll(async () => {
    await machine.boot();
    box.copy(await makeNewer(machine.deb, scratch), "/root/knockd-newer.deb");
    box.copy(await makeNodejsPackage(scratch), "/root/nodejs.deb");
  }, OPEN_MS);
  afterAll(() => machine.close(), CLOSE_MS);

  /** With the administrator's file, which hides sshd. */
  async function installed(): Promise<void> {
    await box.ok("dpkg", "--force-confold", "-i", "/root/knockd.deb");
    await box.ok("systemctl", "start", "knockd");
  }

  function running(): Promise<string> {
    return box.says(
      "systemctl",
      "list-units",
      "--plain",
      "--no-legend",
      "--type=service,socket",
      "--state=active,activating",
      "*knockd*",
    );
  }

  it("is the same to the byte when it is made again", async () => {
    mkdirSync(scratch.pathOf("again"));
    // On another file system, where directories take another size.
    const again = await makePackage(scratch.pathOf("again"), "/dev/shm");
    expect(readFileSync(again).equals(readFileSync(machine.deb))).toBe(true);
  });

  it("has the licence of each library in it, and a bill of materials", async () => {
    const tree = scratch.pathOf("tree");
    await succeed(PACKAGE_MS, "dpkg-deb", "-x", machine.deb, tree);
    const papers = join(tree, "usr/share/doc/knockd");
    const copyright = readFileSync(join(papers, "copyright"), "utf8");
    const bill = JSON.parse(await succeed(PACKAGE_MS, "gzip", "-dc", join(papers, "sbom.cdx.json.gz")));
    const names = bill.components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["cap", "commander", "ipaddr.js", "koffi", "pino", "yaml", "zod"]));
    for (const name of names) expect(copyright).toMatch(new RegExp(`^Comment: ${name} \\d`, "m"));
    expect(names).not.toContain("vitest");
  });

  it("depends on the package of each program that the daemon does not start without", async () => {
    const depends = await succeed(PACKAGE_MS, "dpkg-deb", "-f", machine.deb, "Depends");
    for (const program of ["nft", "ip", "systemctl", "deb-systemd-invoke"]) {
      const owner = await box.ok("sh", "-c", `dpkg-query -S "*bin/${program}" | cut -d: -f1 | sort -u`);
      expect(depends.split(/[ ,]+/)).toContain(owner.trim());
    }
  });

  it("has no errors, says lintian, and no other warnings than those with a reason", async () => {
    const said = await succeed(PACKAGE_MS, "lintian", "--allow-root", "--fail-on=error", machine.deb);
    const tags = [...said.matchAll(/^[EW]: knockd: (\S+)/gm)].flatMap(([, tag = ""]) => tag);
    expect(tags.filter((tag) => !WARNINGS.includes(tag))).toEqual([]);
  });

  it("says what to do where Node.js is too old, and changes nothing", async () => {
    await box.ok("dpkg", "-i", "/root/nodejs.deb");
    box.write("/usr/local/bin/node", "#!/bin/sh\necho v18.20.4\n");
    await box.ok("chmod", "755", "/usr/local/bin/node");
    const { code, stderr } = await box.run("dpkg", "-i", "/root/knockd.deb");
    expect(code).not.toBe(0);
    expect(stderr).toContain("needs Node.js 20.19 or newer, and found /usr/local/bin/node, which says: v18.20.4");
    expect(stderr).toContain("NodeSource");
    for (const path of ["/usr/bin/knockd", "/etc/knockd", "/usr/lib/knockd"]) expect(box.has(path)).toBe(false);
    box.write("/usr/local/bin/node", "#!/bin/sh\necho node: error while loading shared libraries >&2; exit 127\n");
    expect((await box.run("dpkg", "-i", "/root/knockd.deb")).stderr).toContain("which says: node: error while loading");
    await box.ok("rm", "/usr/local/bin/node");
  });

  it("takes the place of Debian's knockd, and makes a draft of its file", async () => {
    await box.ok("sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg -i /opt/knockd_*.deb");
    box.write("/etc/knockd.conf", OLD_CONF);
    box.write("/etc/default/knockd", 'START_KNOCKD=1\nKNOCKD_OPTS="-i eth0 -v"\n');
    await box.ok("systemctl", "enable", "--now", "knockd");
    const pid = await machine.mainPid();
    const said = await machine.install("/root/knockd.deb");
    expect(said).toContain("runs on until the next boot");
    expect(said).toMatch(/^knockd: \/etc\/default\/knockd:2: KNOCKD_OPTS: -v .* take it out/m);
    expect(await machine.mainPid()).toBe(pid);
    await machine.install("--reinstall /root/knockd.deb");
    expect(await machine.mainPid()).toBe(pid);
    expect(said).toContain("/etc/knockd.conf was translated to /etc/knockd/knockd.yaml.imported");
    expect(box.read("/etc/knockd/knockd.yaml.imported")).toContain("[7000/tcp, 8000/tcp, 9000/tcp]");
    expect(await box.says("stat", "-c", "%a %U %G", "/etc/knockd/knockd.yaml.imported")).toBe("640 root knockd");
    expect(box.read("/etc/knockd.conf")).toBe(OLD_CONF);
    expect(box.has("/usr/sbin/knockd")).toBe(false);
    // By the name of knockd there is our package only: to purge that would be to undo the change.
    const diagnosis = await box.says("knockd", "doctor");
    expect(diagnosis).toMatch(/^warn {2}other knockds: the old knockd runs until you change over \(process \d+\)$/m);
    expect(diagnosis).not.toMatch(/purge|kill /);
    expect(await box.says("readlink", "-f", "/usr/bin/knock")).toBe("/usr/lib/knockd/dist/knock.js");
  });

  it("neither starts nor enables anything, and its file hides nothing", async () => {
    expect(await box.says("systemctl", "is-enabled", "knockd")).toBe("disabled");
    box.write("/etc/default/knockd", "");
    expect(await box.says("systemctl", "is-active", "knockd-sniffer.socket")).toBe("inactive");
    const advice = /^warn {2}other knockds: .*\n {6}-> (.*)$/m;
    await box.ok("sh", "-c", advice.exec(await box.says("knockd", "doctor"))?.[1] ?? "false");
    expect(await box.says("knockd", "doctor")).toMatch(/^ok {4}other knockds: none$/m);
    await box.ok("systemctl", "disable", "--now", "knockd");
    expect(await box.says("stat", "-c", "%a %U %G", "/etc/knockd", CONFIG)).toBe("750 root knockd\n640 root knockd");
    expect(await box.says("knockd", "check")).toContain("/etc/knockd/knockd.yaml: fine, 0 doors");
    await box.ok("systemctl", "start", "knockd");
    expect(await box.ok("nft", "list", "tables")).toBe("");
    expect(await machine.login()).toMatchObject(IN);
    await box.ok("systemctl", "stop", "knockd");
  });

  it("has the drop-ins that check names", async () => {
    const door = "hook: { sequence: [24017/tcp, 8615/udp, 13908/tcp], start_command: curl -s http://192.0.2.1/ }";
    box.write("/root/hook.yaml", `doors:\n  ${door}\n`);
    const said = await box.says("knockd", "check", "-c", "/root/hook.yaml");
    expect(said).toMatch(/needs the network \(curl\), .* IPAddressDeny=any\): knockd-network\.conf gives it$/m);
    for (const place of ["/usr/lib/knockd/dist/unit", "/usr/share/doc/knockd/examples"])
      expect(box.has(`${place}/knockd-network.conf`)).toBe(true);
  });

  it("hides sshd, and lets in who knocks", async () => {
    machine.configure("5s");
    await box.ok("systemctl", "enable", "--now", "knockd");
    expect(await machine.vainLogin()).toMatchObject(OUT);
    await machine.knock();
    await box.journal(/^10\.9\.0\.2: ssh: OPEN SESAME$/m);
    await machine.knockIn();
    await box.journal(/^10\.9\.0\.2: ssh: closed$/m);
    await until(async () => (await machine.vainLogin()).stderr === OUT.stderr);
    // The package brings what talks to the kernel, for this architecture.
    expect(await box.says("journalctl", "-u", "knockd", "-g", "starts nft", "-o", "cat")).toBe("");
  });

  it("keeps an open door over reload, restart and SIGKILL", async () => {
    machine.configure("1h");
    await box.ok("systemctl", "reload", "knockd");
    await machine.knockIn();
    const acts = [
      ["reload", "knockd"],
      ["restart", "knockd"],
      ["kill", "-s", "SIGKILL", "knockd"],
    ];
    for (const act of acts) {
      const before = await machine.mainPid();
      await box.ok("systemctl", ...act);
      expect(await machine.login()).toMatchObject(IN);
      if (act[0] !== "reload") await until(async () => !["0", before].includes(await machine.mainPid()));
      await machine.untilStatus("1 door open, listening on eth0");
    }
  });

  it("keeps the file, the ledger and an open door over an upgrade", async () => {
    const file = box.read(CONFIG);
    const pid = await machine.mainPid();
    const draft = "/etc/knockd/knockd.yaml.imported";
    await box.ok("rm", draft);
    await machine.install("/root/knockd-newer.deb");
    expect(box.has(draft)).toBe(false);
    expect(await machine.mainPid()).not.toBe(pid);
    expect(box.read(CONFIG)).toBe(file);
    expect(await box.says("stat", "-c", "%a %U %G", CONFIG)).toBe("640 root knockd");
    expect(await machine.login()).toMatchObject(IN);
    await machine.untilStatus("1 door open, listening on eth0");
  });

  it("leaves the daemon and the firewall alone when it is removed in a chroot", async () => {
    const tree = `mkdir /tmp/c && mount -t tmpfs c /tmp/c && cd /tmp/c && ln -s usr/bin usr/sbin usr/lib usr/lib64 .
      for each in dev etc proc run sys usr var; do mkdir $each && mount --rbind /$each $each; done`;
    const dpkg = ["env", "DPKG_MAINTSCRIPT_PACKAGE=knockd", "DPKG_MAINTSCRIPT_NAME=it"];
    const pid = await machine.mainPid();
    // Of a daemon that does not run, and so puts nothing back.
    await box.ok("nft", "add", "table", "inet", "knockd-other");
    await box.ok("sh", "-ec", tree);
    for (const script of ["prerm", "postrm"])
      await box.ok("chroot", "/tmp/c", ...dpkg, `/var/lib/dpkg/info/knockd.${script}`, "remove");
    await box.ok("sh", "-c", "umount --recursive --lazy /tmp/c && rmdir /tmp/c");
    expect(await machine.mainPid()).toBe(pid);
    expect(await box.ok("nft", "list", "tables")).toContain("table inet knockd-other\n");
    await box.ok("nft", "delete", "table", "inet", "knockd-other");
  });

  it("leaves a daemon alone whose file the new version would not take, and says so", async () => {
    const file = box.read(CONFIG);
    const pid = await machine.mainPid();
    box.write(CONFIG, file.replace("22/tcp", "99999/tcp"));
    const said = await machine.install("--reinstall /root/knockd-newer.deb");
    expect(said).toContain("knockd.service runs on as the old version");
    expect(await machine.mainPid()).toBe(pid);
    box.write(CONFIG, file);
  });

  it("says that the service of a checkout comes before it", async () => {
    const unit = "/etc/systemd/system/knockd.service";
    await box.ok("sh", "-c", `sed s,/usr/bin/,/usr/local/bin/, /lib/systemd/system/knockd.service >${unit}`);
    const said = await machine.install("--reinstall /root/knockd-newer.deb");
    expect(said).toContain("the service of a checkout comes before this package");
    await box.ok("rm", unit);
    await box.ok("systemctl", "daemon-reload");
  });

  it("says that a unit from a tutorial comes before it, and how to have ours", async () => {
    const unit = "/etc/systemd/system/knockd.service";
    box.write(unit, "[Service]\nExecStart=/usr/sbin/knockd -d -i eth0\n[Install]\nWantedBy=multi-user.target\n");
    await box.ok("systemctl", "daemon-reload");
    await box.run("systemctl", "restart", "knockd");
    const { code, stdout } = await box.run("knockd", "doctor");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}unit: knockd\.service is another knockd's: .* comes before ours$/m);
    const [, line = ""] = /^fail .*\n {6}-> (.*)$/m.exec(stdout) ?? [];
    await box.ok("sh", "-c", line);
    await machine.untilStatus("1 door open, listening on eth0");
    expect(await box.says("knockd", "doctor")).toMatch(
      /^ok {4}unit: knockd\.service is active \(running\) and enabled$/m,
    );
    await box.ok("rm", `${unit}.old`);
  });

  it("comes back after a reboot with the door still open to whoever had knocked", async () => {
    await box.reboot();
    expect(await box.ok("nft", "list", "table", "inet", "knockd")).toContain("hidden by knockd: 22/tcp");
    await box.plug(machine.net);
    await machine.untilStatus("1 door open, listening on eth0");
    expect(await machine.login()).toMatchObject(IN);
    await box.ok("knockd", "close", "--all");
    expect(await machine.vainLogin()).toMatchObject(OUT);
  });

  it("stops, and hides nothing any more, when it is removed", async () => {
    const saved = ["/etc/nftables.conf", "/etc/iptables/rules.v4"];
    await box.ok("mkdir", "-p", "/etc/iptables");
    await box.ok(
      "sh",
      "-c",
      "(cat /etc/nftables.conf; nft list ruleset) >/root/saved && mv /root/saved /etc/nftables.conf",
    );
    box.write("/etc/iptables/rules.v4", OLD_SAVED);
    const said = await box.ok("sh", "-c", "apt-get remove -y knockd 2>&1");
    const lines = [...said.matchAll(/^knockd: (\S+) holds rules of ours.*take them out: (.*)$/gm)];
    expect(new Set(lines.map(([, path]) => path))).toEqual(new Set(saved));
    for (const [, , line = ""] of lines) await box.ok("sh", "-c", line);
    for (const path of saved) expect(box.read(path)).not.toMatch(/knockd/i);
    expect(box.read("/etc/iptables/rules.v4")).toContain("-A INPUT -p tcp -m tcp --dport 25 -j ACCEPT");
    await box.ok("nft", "--check", "--file", "/etc/nftables.conf");
    expect(await running()).toBe("");
    expect(await box.ok("nft", "list", "tables")).toBe("");
    expect(await machine.login()).toMatchObject(IN);
    expect(box.has("/usr/bin/knockd")).toBe(false);
    expect(box.has(CONFIG)).toBe(true);
    expect(box.has("/var/lib/knockd/guard-secret")).toBe(true);
  });

  it("stops, and hides nothing any more, when it is removed after half an upgrade", async () => {
    await installed();
    await box.ok("dpkg", "--unpack", "/root/knockd-newer.deb");
    expect(await machine.vainLogin()).toMatchObject(OUT);
    await box.ok("apt-get", "remove", "-y", "knockd");
    expect(await running()).toBe("");
    expect(await machine.login()).toMatchObject(IN);
  });

  it("stops, and hides nothing any more, when Debian's knockd takes its place again", async () => {
    await installed();
    expect(await machine.vainLogin()).toMatchObject(OUT);
    await box.ok("sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg -i /opt/knockd_*.deb");
    expect(await running()).toBe("");
    expect(await machine.login()).toMatchObject(IN);
    expect(box.has(CONFIG)).toBe(true);
  });

  it("leaves nothing when it is purged, though a sniffer takes its time to end", async () => {
    await box.slowTcpdump();
    await installed();
    await machine.untilStatus("0 doors open, listening on eth0");
    await box.ok("apt-get", "purge", "-y", "knockd");
    const places = ["/etc", "/usr", "/var/lib", "/run", "/tmp"];
    const systemd = ["-path", "/run/systemd", "-prune", "-o"];
    const left = await box.says("find", ...places, "-xdev", ...systemd, "-name", "*knockd*", "-print");
    expect(left).toBe("");
    expect((await box.run("getent", "passwd", "knockd")).code).not.toBe(0);
  });
});
