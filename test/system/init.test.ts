// `knockd init` as an administrator meets it who is logged in over a real ssh, from a long way off: on a real terminal, with real
// trials. "client" is where he sits; "other" is his other terminal, elsewhere; "stranger" is everybody else.

import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, HOST_6, Lab, stillTalks, words } from "../support/lab.ts";
import { endNow, root } from "../support/netns.ts";
import type { Running } from "../support/running.ts";
import { Sshd } from "../support/sshd.ts";

/** A question, once it waits for its answer: the cursor stands behind it. */
const asked = (question: RegExp): RegExp => new RegExp(`${question.source} \\u001b\\[\\d+G`);
const HIDDEN_NOW = /22\/tcp is hidden now/;

/** All answers but that to the trial. */
const BY_HAND = ["-i", "eth0", "-p", "22", "-f", "2s", "--no-allow", "-s", "17301,4312/udp,28119"];

describe.skipIf(!root)("knockd init over ssh", () => {
  const lab = new Lab();
  const { net } = lab;
  const sshd = new Sshd(lab);
  const file = join(lab.directory, "etc", "knockd.yaml");
  const directories = `STATE_DIRECTORY=${lab.directory}/state RUNTIME_DIRECTORY=${lab.directory}/run`;

  beforeAll(async () => {
    await lab.open("client", "other", "stranger");
    await sshd.start("server");
  });
  afterAll(() => lab.close());
  afterEach(async () => {
    for (const pid of await pids("knockd.js")) endNow(pid);
    await lab.reset();
    rmSync(join(lab.directory, "etc"), { recursive: true, force: true });
  });

  /** Those on the server whose command line has this word; their numbers are the same in every namespace of ours. */
  async function pids(word: string): Promise<number[]> {
    const found = await net.processes("server", `${lab.directory}.*${word}|${word}.*${lab.directory}`);
    return found.map(({ pid }) => pid);
  }

  function logIn(...flags: string[]): Running {
    const command = [directories, "NO_COLOR=1", ...KNOCKD, "init", "-c", file, ...flags].join(" ");
    return net.spawn("client", sshd.session(HOST, command), { typed: true });
  }

  async function reachable(from: string): Promise<boolean> {
    return (await net.run(from, sshd.login(HOST, "echo in"))).stdout === "in\n";
  }

  /** Sooner or later: a machine that does much else may not answer within a second. */
  const getsIn = (from: string): Promise<void> => eventually(`${from} is let in`, () => reachable(from));

  /** The knock that it shows. */
  async function knockOf(init: Running): Promise<string[]> {
    const [, ports = ""] = await init.until(new RegExp(`knock -d 100 ${HOST} ([\\d: a-z]+)\\r\\n`));
    return words(ports);
  }

  it("asks in plain words, and Enter takes what stands in brackets", async () => {
    const init = logIn("--no-trial");
    await init.until(
      asked(/Where do knocks come in\? Here are eth0 \(10\.9\.0\.2 fd09::2\); any means all of them\. \[eth0\]/),
    );
    init.type("wlan7\n");
    await init.until(asked(/ {2}expected one of eth0 any, got "wlan7"\r\n.*\[eth0\]/));
    init.type("\n");
    await init.until(asked(/Which port shall be hidden.*\[22\/tcp\]/));
    init.type("\n");
    await init.until(asked(/Which ports are the knock.*\[\d+\/\w+(,\d+\/\w+){3}\]/));
    init.type("22,17301,4312\n");
    await init.until(/22\/tcp is to be hidden, so it cannot be part of the knock/);
    init.type("17301,4312/udp,28119\n");
    await init.until(asked(/How long does it stay open.*\[30s\]/));
    init.type("\n");
    await init.until(asked(/You are logged in from 10\.9\.0\.10\. Shall that address always get in.*\[Y\/n\]/));
    init.type("\n");
    expect(await init.ended()).toBe(0);
    expect(init.stdout).toContain(`  knock -d 100 ${HOST} 17301 4312:udp 28119\r\n`);
    expect(init.stdout).toContain(`  timeout 0.3 nc -n ${HOST} 17301 `);
    expect(init.stdout).toContain(`${file} is written; nothing is hidden yet.\r\n`);
    expect(readFileSync(file, "utf8").replaceAll(/^ *#.*\n|^\n/gm, "")).toBe(
      `options:\n  interface: "eth0"\n  allow: ["10.9.0.10"]\ndoors:\n  ssh:\n    sequence: [17301/tcp, 4312/udp, 28119/tcp]\n    open: 22/tcp\n    for: 30s\n`,
    );
    expect(statSync(file).mode & 0o777).toBe(0o640);
    await getsIn("stranger");
  });

  it("hides for the time of the trial; the session lives, and all is as before when nobody confirms", async () => {
    const talk = net.spawn("client", sshd.login(HOST, "i=0; while sleep 0.1; do i=$((i + 1)); echo $i; done"));
    await talk.until(/^1$/m);
    const init = logIn("--yes", "--no-allow", "--trial", "12s");
    await init.until(HIDDEN_NOW);
    expect(await reachable("stranger")).toBe(false);
    expect(await reachable("client")).toBe(false);
    await stillTalks(talk);
    expect(await init.ended()).toBe(69);
    expect(init.stdout).toContain("22/tcp is as it was before, visible to everyone\r\n");
    expect(init.stdout).toContain("knockd: not confirmed: nothing is hidden, and nothing was written\r\n");
    await getsIn("stranger");
    expect(existsSync(file)).toBe(false);
    expect(await net.ok("server", words("nft list tables"))).toBe("");
    await stillTalks(talk);
  });

  it("lets the administrator's own address in all the time", async () => {
    const init = logIn("--yes", "--trial", "60s");
    await init.until(HIDDEN_NOW);
    await getsIn("client");
    expect(await reachable("stranger")).toBe(false);
  });

  it("keeps it hidden once a knock was seen and confirmed, and hands over to the service without a gap", async () => {
    const init = logIn(...BY_HAND, "--trial", "12s");
    await init.until(HIDDEN_NOW);
    await lab.knock("other", HOST, ...(await knockOf(init)));
    await init.until(
      asked(/10\.9\.0\.11 knocked, and 22\/tcp is open for it\. Are you in from there: keep it hidden\? \[y\/N\]/),
    );
    // The door may have closed again by now.
    await eventually("in by a knock", async () => {
      await lab.knock("other", HOST, ...(await knockOf(init)));
      return await reachable("other");
    });
    init.type("y\n");
    expect(await init.ended()).toBe(0);
    const [, pid] = /process (\d+) sees to it/.exec(init.stdout) ?? [];
    expect(await reachable("stranger")).toBe(false);

    const lurker = await lab.lurk("stranger", HOST, 22);
    // Longer than a trial: its expiry is renewed.
    const leased = () => net.ok("server", words("nft list set inet knockd leased"));
    const left = async () => Number(/expires (\d+)s/.exec(await leased())?.[1] ?? 0);
    for (let renewals = 0, before = await left(); renewals < 4; ) {
      const now = await left();
      if (now > before) renewals++;
      before = now;
    }
    const daemon = await lab.start(readFileSync(file, "utf8"));
    await eventually("the trial has ended", async () => hasEnded(Number(pid)));
    expect(await net.ok("server", words("nft list table inet knockd"))).toMatch(
      /set hidden \{[^}]*elements = \{ tcp \. 22 \}/,
    );
    expect(await net.ok("server", words("nft list table inet knockd"))).not.toContain("leased");
    await lab.knock("other", HOST, 17301, "4312:udp", 28119);
    await daemon.logs(/10\.9\.0\.11: ssh: OPEN SESAME/);
    expect(lurker.stdout).not.toMatch(/^in$/m);
    expect(daemon.log).not.toContain("taken away");
  });

  it("takes anything but a yes for a no", async () => {
    const init = logIn(...BY_HAND, "--trial", "60s");
    await init.until(HIDDEN_NOW);
    init.type("y\n");
    await lab.knock("other", HOST, 17301, "4312:udp", 28119);
    await init.until(asked(/keep it hidden\? \[y\/N\]/));
    init.type("\n");
    await init.until(/22\/tcp is as it was before, visible/);
    await init.until(asked(/Try once more\? \[Y\/n\]/));
    await getsIn("stranger");
    init.type("n\n");
    await init.until(asked(/all the same\? It hides nothing until the service is started\. \[y\/N\]/));
    init.type("\n");
    expect(await init.ended()).toBe(69);
    expect(existsSync(file)).toBe(false);
  });

  it("is over in time when the question stays without an answer", async () => {
    const init = logIn(...BY_HAND, "--trial", "12s");
    await init.until(HIDDEN_NOW);
    await lab.knock("other", HOST, 17301, "4312:udp", 28119);
    await init.until(asked(/keep it hidden\? \[y\/N\]/));
    await init.until(/22\/tcp is as it was before, visible/);
    await init.until(asked(/Try once more\? \[Y\/n\]/));
    await getsIn("stranger");
  });

  describe("leaves nothing hidden", () => {
    const longTrial = ["--yes", "--no-allow", "--trial", "10m"];

    it("after Ctrl-C", async () => {
      const init = logIn(...longTrial);
      await init.until(HIDDEN_NOW);
      init.type("\x03");
      await eventually("visible", () => reachable("stranger"));
      expect(await init.ended()).not.toBe(0);
    });

    it("after Ctrl-C at the question whether to keep it", async () => {
      const init = logIn(...BY_HAND, "--trial", "10m");
      await init.until(HIDDEN_NOW);
      await lab.knock("other", HOST, 17301, "4312:udp", 28119);
      await init.until(asked(/keep it hidden\? \[y\/N\]/));
      init.type("\x03");
      await eventually("visible", () => reachable("stranger"));
      expect(await init.ended()).not.toBe(0);
      expect(existsSync(file)).toBe(false);
    });

    it("when the session breaks off", async () => {
      const init = logIn(...longTrial);
      await init.until(HIDDEN_NOW);
      init.signal("SIGKILL");
      await eventually("visible", () => reachable("stranger"));
    });

    it("when it is killed", async () => {
      const init = logIn(...longTrial);
      await init.until(HIDDEN_NOW);
      for (const pid of await pids("knockd.js init")) endNow(pid);
      await eventually("visible", () => reachable("stranger"));
      await eventually("nothing of ours runs", async () => (await pids("knockd.js")).length === 0);
    });

    it("when the daemon of the trial is killed", async () => {
      const init = logIn(...longTrial);
      await init.until(HIDDEN_NOW);
      for (const pid of await pids("knockd.js run")) endNow(pid);
      expect(await init.ended()).toBe(69);
      await getsIn("stranger");
    });

    it("when everything is killed, and only the kernel is left", async () => {
      const init = logIn("--yes", "--no-allow", "--trial", "12s");
      await init.until(HIDDEN_NOW);
      for (const pid of [...(await pids("knockd.js run")), ...(await pids("knockd.js init"))]) endNow(pid);
      expect(await reachable("stranger")).toBe(false);
      await eventually("nothing of ours runs", async () => (await pids("knockd.js")).length === 0);
      await eventually("visible", () => reachable("stranger"));
      expect(await net.ok("server", words("nft list tables"))).toContain("inet knockd");
    });

    it("when somebody flushes the firewall meanwhile: hidden again, but no longer than it may", async () => {
      const init = logIn("--yes", "--no-allow", "--trial", "12s");
      await init.until(HIDDEN_NOW);
      await net.ok("server", words("nft flush ruleset"));
      await eventually("hidden again", async () =>
        (await net.ok("server", words("nft list tables"))).includes("knockd"),
      );
      expect(await reachable("stranger")).toBe(false);
      expect(await init.ended()).toBe(69);
      await getsIn("stranger");
    });
  });

  it("makes no trial beside a daemon that hides already, and leaves that alone", async () => {
    const daemon = await lab.start(
      "options: { interface: eth0 }\ndoors: { web: { sequence: [31337, 4242/udp, 9171], open: 2201 } }\n",
    );
    const before = await net.ok("server", words("nft list table inet knockd"));
    const init = logIn("--yes", "--trial", "5s");
    expect(await init.ended()).toBe(69);
    expect(init.stdout).toContain(
      "knockd: cannot try it: another knockd hides ports already, in table inet knockd\r\n",
    );
    expect(await net.ok("server", words("nft list table inet knockd"))).toBe(before);
    expect(daemon.log).not.toContain("taken away");
  });

  it("keeps an administrator safe who comes by IPv6", async () => {
    const command = `${directories} ${KNOCKD.join(" ")} init --yes -c ${file} --trial 12s`;
    const init = net.spawn("client", sshd.login(HOST_6, command));
    await init.until(HIDDEN_NOW);
    expect((await net.run("stranger", sshd.login(HOST_6, "echo in"))).stdout).toBe("");
    await eventually(
      "the administrator is let in",
      async () => (await net.run("client", sshd.login(HOST_6, "echo in"))).stdout === "in\n",
    );
    expect(init.stdout).toMatch(new RegExp(`knock -d 100 ${HOST_6} \\d`));
    expect(await init.ended()).toBe(69);
    await eventually(
      "everybody is let in again",
      async () => (await net.run("stranger", sshd.login(HOST_6, "echo in"))).stdout === "in\n",
    );
  });

  it("makes one trial at a time", async () => {
    const init = logIn("--yes", "-i", "any", "--trial", "10m");
    await init.until(HIDDEN_NOW);
    const second = logIn("--yes", "--trial", "10m", "--no-allow");
    expect(await second.ended()).toBe(69);
    expect(second.stdout).toMatch(/cannot try it: another knockd \(process \d+\) is using/);
    // The first one goes on, undisturbed.
    expect(await reachable("stranger")).toBe(false);
    init.type("\x03");
    await eventually("visible", () => reachable("stranger"));
  });

  it("finds the session behind sudo, which takes it out of the environment", async () => {
    const inner = `env -u SSH_CONNECTION ${KNOCKD.join(" ")} init --yes -c ${file}; true`;
    await net.ok("client", sshd.login(HOST, `bash -c '${inner}'`));
    expect(readFileSync(file, "utf8")).toContain('allow: ["10.9.0.10"]');
  });

  it("takes the knock itself for a yes where nobody can be asked", async () => {
    const init = net.spawn(
      "client",
      sshd.login(HOST, `${directories} ${KNOCKD.join(" ")} init --yes -c ${file} --trial 60s`),
    );
    await lab.knock(
      "other",
      HOST,
      ...(await (async () => {
        await init.until(HIDDEN_NOW);
        const [, ports = ""] = await init.until(new RegExp(`knock -d 100 ${HOST} ([\\d: a-z]+)\\n`));
        return words(ports);
      })()),
    );
    expect(await init.ended()).toBe(0);
    expect(existsSync(file)).toBe(true);
    expect(await reachable("stranger")).toBe(false);
  });
});

/** Where nobody reaps orphans, as in many containers, what is left of one has no memory of its own. */
function hasEnded(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || !readFileSync(`/proc/${pid}/status`, "utf8").includes("VmRSS");
}
