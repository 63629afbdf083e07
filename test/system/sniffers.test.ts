// Which program captures, and what happens where one of them does not work.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HOST, Lab } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const KNOCK = ["17013", "18017", "17619"];
const config = (sniffer: string) => `
options: { interface: eth0, sniffer: ${sniffer} }
doors: { ssh: { sequence: [${KNOCK.join(", ")}], open: 2201/tcp, for: 20s } }`;
const CAP_NODE = "node_modules/cap/build/Release/cap.node";

describe.skipIf(!root)("the daemon", () => {
  const lab = new Lab();
  beforeAll(() => lab.open("client"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  /** Runs the daemon in a world where another file stands in place of this one. */
  const where = (file: string, instead: string): string[] => [
    "unshare",
    "--mount",
    "sh",
    "-c",
    `mount --bind ${instead} "$(readlink -f ${file})" && exec "$@"`,
    "sh",
  ];
  const nothing = (): string => lab.write("nothing", "");
  const mute = (): string => {
    const file = lab.write("mute", "#!/bin/sh\nexec sleep 60\n");
    chmodSync(file, 0o755);
    return file;
  };

  it.each(["auto", "tcpdump", "cap"])("opens with sniffer: %s", async (sniffer) => {
    const daemon = await lab.start(config(sniffer));
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    expect(daemon.log).not.toContain("does not work");
  });

  it.each([
    ["cannot run", nothing, "since tcpdump does not work: .*Permission denied"],
    ["says nothing for seconds", mute, "since tcpdump does not work: the sniffer ended"],
  ])("captures with cap where tcpdump %s, and says why", async (_what, instead, reason) => {
    const daemon = await lab.start(config("auto"), { through: where("/usr/bin/tcpdump", instead()) });
    await daemon.logs(new RegExp(`^capturing on eth0 with cap, ${reason}$`, "m"));
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
  });

  it.each(["tcpdump", "cap"])("works without setpriv, and says what that costs (%s)", async (sniffer) => {
    const daemon = await lab.start(config(sniffer), { through: where("/usr/bin/setpriv", nothing()) });
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    expect(daemon.log).not.toMatch(/cannot open interface|does not work/);
    expect(daemon.count(/^no setpriv: the process that captures keeps all of the daemon's privileges$/)).toBe(1);
  });

  it("finds setpriv and the sniffer, whatever PATH it was given", async () => {
    const daemon = await lab.start(config("tcpdump"), { through: ["env", "PATH=/nowhere"] });
    expect(daemon.log).not.toMatch(/cannot open interface|does not work|no setpriv/);
    const [capture] = await lab.net.processes("server", "tcpdump");
    const status = readFileSync(`/proc/${capture?.pid}/status`, "utf8");
    expect(status).toMatch(/^CapEff:\t0000000000002000$/m);
  });

  it("captures with tcpdump where cap does not load, and says why", async () => {
    const daemon = await lab.start(config("cap"), { through: where(CAP_NODE, nothing()) });
    await daemon.logs(/^capturing on eth0 with tcpdump, since cap does not work: .*cap\.node/m);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
  });

  it("captures with tcpdump under a strict umask, too", async () => {
    const daemon = await lab.start(config("auto"), { through: ["sh", "-c", 'umask 077; exec "$@"', "sh"] });
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    expect(daemon.log).not.toContain("does not work");
  });

  it("says why it has no sniffer while systemd starts none, hides all the same, and captures once it does", async () => {
    const socket = join(lab.directory, "sniffer.sock");
    const daemon = lab.spawn(config("auto"), { env: { KNOCKD_SNIFFER_SOCKET: socket } });
    await daemon.logs(/^cannot open interface "eth0": connect ENOENT .*sniffer\.sock$/m);
    await lab.closes("client");
    const script = `EXEC:${join(import.meta.dirname, "../../systemd/knockd-sniffer.sh")},nofork`;
    lab.net.spawn("server", ["socat", `UNIX-LISTEN:${socket},fork,unlink-early`, script]);
    await daemon.logs(/^starting up, listening on eth0$/m);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    expect(readdirSync(join(lab.directory, "run")).filter((name) => name.startsWith("knockd-"))).toEqual([]);
  });

  it("sweeps away the named pipe that a killed daemon has left", async () => {
    const left = join(lab.directory, "run", "knockd-a1B2c3");
    mkdirSync(left, { recursive: true });
    lab.write("run/knockd-a1B2c3/filter.pcap", `tcp port ${KNOCK[0]}`);
    await lab.start(config("auto"));
    expect(existsSync(left)).toBe(false);
  });

  it("keeps its ports out of what others may see: arguments and files", async () => {
    const directory = join(lab.directory, "tmp");
    mkdirSync(directory);
    await lab.start(config("tcpdump"), { env: { TMPDIR: directory } });
    const lines = (await lab.net.processes("server")).map(({ line }) => line);
    const shown = lines.join("\n");
    expect(shown).toContain("tcpdump -i eth0");
    for (const port of KNOCK) expect(shown).not.toContain(port);
    const files = await lab.net.ok("server", ["find", directory]);
    expect(files.trim()).toBe(directory);
  });
});
