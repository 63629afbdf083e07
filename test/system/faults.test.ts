// What the world does to a daemon with open doors: kills it, flushes its firewall, fills its disk, takes its descriptors.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../support/knockd.ts";
import { type Daemon, eventually, HOST, Lab, SERVICE, SERVICE_2, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const KNOCK = ["7013", "8017", "7619"];
const KNOCK_CMD = ["4100", "3900", "4500"];

describe.skipIf(!root)("a daemon with open doors", () => {
  const lab = new Lab();
  const { net } = lab;
  beforeAll(() => lab.open("client", "other", "stranger"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  const ssh = (forTime = "1h") => `ssh: { sequence: [${KNOCK.join(", ")}], open: ${SERVICE}/tcp, for: ${forTime} }`;
  const journal = (): string => `${lab.directory}/journal`;
  const cmd = (time = "10s", more = "") =>
    `cmd: { sequence: [${KNOCK_CMD.join(", ")}], start_command: "echo start %IP% >> ${journal()}", stop_command: "echo stop %IP% >> ${journal()}", cmd_timeout: ${time}${more} }`;
  const config = (doors: string, options = "") => `options: { interface: eth0${options} }\ndoors:\n  ${doors}\n`;
  const done = (): string[] => readFileSync(journal(), "utf8").trim().split("\n");

  async function kill(daemon: Daemon): Promise<void> {
    daemon.running.signal("SIGKILL");
    await daemon.running.ended(5000);
  }

  it("killed and started again, runs the stop command at its time, and start not again", async () => {
    writeFileSync(journal(), "");
    const killed = await lab.start(config(cmd()));
    await lab.knock("client", HOST, ...KNOCK_CMD);
    await killed.logs(/OPEN SESAME/);
    await eventually("the start command", async () => done().includes(`start ${lab.addressOf("client")}`));
    await kill(killed);
    const next = await lab.start(config(cmd()));
    await next.logs(/cmd: still open until/);
    await next.logs(/cmd: command timeout/);
    await eventually("the stop command", async () => done().length > 1);
    expect(done()).toEqual([`start ${lab.addressOf("client")}`, `stop ${lab.addressOf("client")}`]);
  });

  it("killed over its end, runs the overdue stop command at once", async () => {
    writeFileSync(journal(), "");
    const killed = await lab.start(config(cmd("3s")));
    await lab.knock("client", HOST, ...KNOCK_CMD);
    await eventually("the start command", async () => done().includes(`start ${lab.addressOf("client")}`));
    await kill(killed);
    await net.ok("server", words("sleep 3.2"));
    // Its door is gone from the config, too.
    const next = await lab.start(config(ssh()));
    await eventually("the stop command", async () => done().length > 1);
    expect(next.count(/still open until/)).toBe(0);
  });

  it.each([
    ["nft flush ruleset", "nft flush ruleset"],
    ["nft delete table inet knockd", "nft delete table inet knockd"],
    ["nft flush chain inet knockd input", "nft flush chain inet knockd input"],
  ])("hides again after %s, and lets in who was in", async (_, command) => {
    const daemon = await lab.start(config(ssh("60s")));
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    const before = await expiresMs();
    await net.ok("server", words(command));
    await daemon.logs(/firewall: our rules were taken away, put back: 1 hidden ports, 1 open doors/);
    expect(await lab.reachable("stranger")).toBe(false);
    await lab.opens("client");
    expect(await expiresMs()).toBeLessThan(before);
  });

  it("with iptables hides again after everything was flushed and destroyed", async () => {
    const daemon = await lab.start(config(ssh("60s"), ", firewall: iptables"));
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    // Between two of these the daemon may have put the chains back.
    const all = "iptables -F; iptables -X; nft delete table inet knockd; true";
    await net.ok("server", ["bash", "-c", all]);
    await daemon.logs(/firewall: our rules were taken away, put back/);
    await lab.closes("stranger");
    await lab.opens("client");
  });

  it("without koffi says so once, and opens, closes, and puts back what was flushed all the same", async () => {
    const koffi = fileURLToPath(new URL("../../node_modules/koffi", import.meta.url));
    const daemon = await lab.start(config(ssh("2s")), {
      through: ["unshare", "--mount", "sh", "-c", `mount -t tmpfs none ${koffi}; exec "$0" "$@"`],
    });
    await daemon.logs(/firewall: each opening starts nft/);
    await eventually("its listener", async () => (await net.processes("server", "nft monitor")).length > 0);
    await net.nft("server", "flush ruleset");
    await daemon.logs(/firewall: our rules were taken away, put back/);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    await daemon.logs(/ssh: closed/);
    await lab.closes("client");
    expect(daemon.running.stdout.match(/each opening starts nft/g)?.length).toBe(1);
  });

  it("with a full disk refuses what it could not close after a restart, and opens what the kernel closes", async () => {
    const state = `${lab.directory}/full`;
    const mount = `mkdir -p ${state} && mount -t tmpfs -o size=4k,mode=755 tmpfs ${state} && head -c 4096 /dev/zero > ${state}/fill; exec "$0" "$@"`;
    writeFileSync(journal(), "");
    const daemon = await lab.start(config(`${ssh()}\n  ${cmd()}`), {
      through: ["unshare", "--mount", "sh", "-c", mount],
      env: { STATE_DIRECTORY: state },
    });
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    await lab.knock("client", HOST, ...KNOCK_CMD);
    await daemon.logs(/cmd: not opened, a restart would not know to close it: .*no space left/i);
    expect(done()).toEqual([""]);
  });

  it("with a read-only state directory says so, and goes on closing", async () => {
    const state = `${lab.directory}/read-only`;
    const mount = `mkdir -p ${state} && mount -t tmpfs -o ro,mode=755 tmpfs ${state}; exec "$0" "$@"`;
    const web = `web: { sequence: 7003/udp, open: ${SERVICE_2}/tcp, for: 1s }`;
    const daemon = await lab.start(config(`${ssh("1h")}\n  ${web}`), {
      through: ["unshare", "--mount", "sh", "-c", mount],
      env: { STATE_DIRECTORY: state },
    });
    await lab.knock("client", HOST, ...KNOCK, "7003:udp");
    await daemon.logs(/ssh: a restart will not know of this opening, but the kernel closes it: .*read-only/i);
    await lab.opens("client");
    await daemon.logs(/web: OPEN SESAME[\s\S]*web: closed/);
    await lab.closes("client", HOST, SERVICE_2);
  });

  it("tells who is refused by a set without room, and serves the others", async () => {
    await net.nft("server", "table inet admin { set small { type ipv4_addr; size 1; flags timeout; }; }");
    const daemon = await lab.start(
      config(`small: { sequence: [5001, 4001, 6001], set: inet admin small, for: 1h }\n  ${ssh()}`),
    );
    await lab.knock("other", HOST, "5001", "4001", "6001");
    await daemon.logs(/small: OPEN SESAME/);
    await lab.knock("client", HOST, "5001", "4001", "6001");
    await daemon.logs(/small: not opened: nft: /);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
  });

  it("out of descriptors runs the stop command as soon as it has some", async () => {
    writeFileSync(journal(), "");
    const daemon = await lab.start(config(cmd()));
    await lab.knock("client", HOST, ...KNOCK_CMD);
    await eventually("the start command", async () => done().includes(`start ${lab.addressOf("client")}`));
    await net.ok("server", words(`prlimit --pid ${daemon.running.pid} --nofile=4:4096`));
    await daemon.logs(/cmd: cannot run command: .*EMFILE/);
    expect(done()).toHaveLength(1);
    await net.ok("server", words(`prlimit --pid ${daemon.running.pid} --nofile=4096:4096`));
    await eventually("the stop command", async () => done().includes(`stop ${lab.addressOf("client")}`));
    await lab.knock("client", HOST, ...KNOCK_CMD);
    await eventually("another opening", async () => done().length > 2);
  });

  it("is not kept from other doors by a command that leaves a process behind and floods its output", async () => {
    const noisy =
      "noisy: { sequence: [5002, 4002, 6002], start_command: 'sleep 30 & head -c 5000000 /dev/zero; exit 7', stop_command: 'true', cmd_timeout: 1s }";
    const daemon = await lab.start(config(`${noisy}\n  ${ssh()}`));
    await lab.knock("client", HOST, "5002", "4002", "6002");
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    await daemon.logs(/noisy: command returned non-zero status code \(7\)/);
    await daemon.logs(/noisy: command timeout/);
    expect(daemon.log.length).toBeLessThan(50_000);
  });

  it("asked to end while a stop command hangs, ends all the same, and the next start runs it again", async () => {
    writeFileSync(journal(), "");
    const hanging = `cmd: { sequence: [${KNOCK_CMD.join(", ")}], start_command: "true", stop_command: "echo stop >> ${journal()}; sleep 20", cmd_timeout: 60s }`;
    const daemon = await lab.start(config(hanging));
    await lab.knock("client", HOST, ...KNOCK_CMD);
    await daemon.logs(/OPEN SESAME/);
    expect(await daemon.stop()).toBe(0);
    expect(daemon.log).toContain("some stop commands have not ended");
    await lab.start(config(hanging));
    await eventually("the stop command again", async () => done().length === 2);
  });

  it("keeps open doors over reloads by the hundred, under a stream of knocks", async () => {
    const daemon = await lab.start(config(`${ssh("1h")}\n  ${cmd("3s", ", seq_timeout: 5")}`));
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    const flood = net.spawn("stranger", words(`hping3 -q -n --rand-source -S -p ${KNOCK[0]} -i u200 -c 20000 ${HOST}`));
    for (let round = 0; round < 100; round++)
      await daemon.reload(config(`${ssh("1h")}\n  ${cmd("3s", `, seq_timeout: ${5 + (round % 2)}`)}`));
    await lab.knock("other", HOST, ...KNOCK);
    await lab.opens("other");
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
    await flood.stop();
    expect(await daemon.stop()).toBe(0);
  });

  it("leaves nothing in the firewall after knockd flush", async () => {
    const daemon = await lab.start(config(ssh()));
    await daemon.stop();
    expect(await net.ok("server", words("nft list tables"))).toContain("inet knockd");
    await net.ok("server", [...KNOCKD, "flush", "-c", daemon.file]);
    expect(await net.ok("server", words("nft list tables"))).not.toContain("knockd");
    await lab.opens("stranger", HOST, SERVICE);
    await lab.opens("stranger", HOST, SERVICE_2);
  });

  async function expiresMs(): Promise<number> {
    const set = await net.ok("server", words("nft list set inet knockd ssh_ipv4"));
    const [, seconds = "0", ms = "0"] = /expires (?:(\d+)s)?(?:(\d+)ms)?/.exec(set) ?? [];
    return Number(seconds) * 1000 + Number(ms);
  }
});
