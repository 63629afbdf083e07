// The same package on the next Debian, with its own Node.js and with newer ones.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLOSE_MS, OPEN_MS, TEST_MS, until } from "../support/box.ts";
import { root } from "../support/netns.ts";
import { nodeOf } from "../support/nodes.ts";
import { CONFIG, IN, OUT, SshBox } from "../support/ssh-box.ts";

/** Another distribution's mirror has no Debian 13. */
const isDebian = /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
const LISTENING = "0 doors open, listening on eth0";
const OPEN = "1 door open, listening on eth0";
const VERSIONS = ["24", "26"];

describe.skipIf(!root || !isDebian)("the Debian package on Debian 13", { timeout: TEST_MS }, () => {
  const machine = new SshBox({ release: "trixie" });
  const { box } = machine;

  beforeAll(async () => {
    for (const version of VERSIONS) await nodeOf(version);
    await machine.boot();
  }, OPEN_MS);
  afterAll(() => machine.close(), CLOSE_MS);

  it("is installed with the Node.js of the distribution, without a compiler, npm or libpcap's headers", async () => {
    await machine.install("/root/knockd.deb");
    expect(await box.says("readlink", "-f", "/usr/bin/node")).toBe("/usr/bin/node");
    for (const program of ["npm", "cc", "pcap-config"])
      expect(`${program} ${await box.says("sh", "-c", `command -v ${program}`)}`).toBe(`${program} `);
    expect(await box.says("knockd", "doctor")).toMatch(/^ok {4}capture: cap, \S*libpcap/m);
  });

  it("hides sshd by what knockd init writes, and lets in who knocks", async () => {
    await box.ok("knockd", "init", "--yes", "--interface=eth0", "--port=22/tcp", "--no-allow", "--no-trial");
    expect(await box.says("stat", "-c", "%a %U %G", CONFIG)).toBe("640 root knockd");
    await box.ok("systemctl", "enable", "--now", "knockd");
    expect(await machine.vainLogin()).toMatchObject(OUT);
    const steps = /^ +sequence: \[(.*)\]/m.exec(box.read(CONFIG))?.[1]?.split(", ") ?? [];
    await machine.knock(steps);
    await box.journal(/^10\.9\.0\.2: ssh: OPEN SESAME$/m);
    await machine.knockIn(steps);
    await box.ok("knockd", "close", "--all");
  });

  it("captures with its own sniffer, too", async () => {
    machine.configure("1h", ", sniffer: cap");
    await box.ok("systemctl", "restart", "knockd");
    await machine.untilStatus(LISTENING);
    await box.ok("pgrep", "-f", "dist/capture.js");
    await machine.knock();
    await machine.untilStatus(OPEN);
    await box.ok("knockd", "close", "--all");
    await machine.untilStatus(LISTENING);
  });

  it("is as exposed as on Debian 12", async () => {
    const said = await box.says("systemd-analyze", "security", "--no-pager", "knockd.service");
    expect(Number(/exposure level for knockd\.service: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(1.5);
  });

  it.each(VERSIONS)("runs with Node.js %s, without cap, which is built for another one", async (version) => {
    box.copyProgram(await nodeOf(version), "/usr/local/bin/node");
    expect(await box.ok("node", "--version")).toMatch(new RegExp(`^v${version}\\.`));
    machine.configure("1h", ", sniffer: cap");
    const before = await machine.mainPid();
    await box.ok("systemctl", "restart", "knockd");
    const pid = await machine.mainPid();
    expect(pid).not.toBe(before);
    await machine.untilStatus(LISTENING);
    const warning = `capturing on eth0 with tcpdump, since cap does not work: it is built for another Node`;
    // What the daemon says takes its way through journald.
    await until(async () => (await box.says("journalctl", `_PID=${pid}`, "-o", "cat")).includes(warning));
    expect(await box.says("knockd", "doctor")).toMatch(/^warn {2}capture: cap does not load: it is built for/m);
    expect(await machine.vainLogin()).toMatchObject(OUT);
    await machine.knock();
    await machine.untilStatus(OPEN);
    expect(await machine.login()).toMatchObject(IN);
    await box.ok("knockd", "close", "--all");
    await machine.untilStatus(LISTENING);
  });
});
