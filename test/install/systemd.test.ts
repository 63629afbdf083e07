// The service as it is installed, on a machine of its own with a real systemd (systemd-box.sh), from install-service to
// uninstall-service. Knocks come over a cable, from Debian's knock.
//
//     namespace "client"                      box (systemd, journald)
//   ┌───────────────────────┐               ┌───────────────────────────────┐
//   │ eth0                  ┼───── veth ────┼ eth0              knockd      │
//   │ 10.9.0.2/24           │               │ 10.9.0.1/24       page :8080  │
//   └───────────────────────┘               └───────────────────────────────┘

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Box, CLOSE_MS, OPEN_MS, TEST_MS, until } from "../support/box.ts";
import { Netns, type Outcome, root } from "../support/netns.ts";

/** The manual and the completion. */
const OF_THE_SHELL = [
  ...["man8/knockd.8", "man1/knock.1", "man5/knockd.yaml.5"].map((page) => `/usr/local/share/man/${page}`),
  ...["knockd", "knock"].map((name) => `/usr/local/share/bash-completion/completions/${name}`),
  ...["knockd", "knock"].map((name) => `/usr/local/share/fish/vendor_completions.d/${name}.fish`),
  "/usr/local/share/zsh/site-functions/_knockd",
];

const CAP_NET_ADMIN = 1n << 12n;
const CAP_NET_RAW = 1n << 13n;
const UNIT_DIRECTORY = "/etc/systemd/system";
const UNITS = [
  "knockd.service",
  "knockd@.service",
  ...["sniffer", "command"].flatMap((name) => [`knockd-${name}.socket`, `knockd-${name}@.service`]),
];
/** The web door of the sample; the box's file opens it for less time than the sample does. */
const WEB_KNOCK = ["21077", "9263", "14850:udp"];
const WEB_S = 4;
/** By hand, so that a restart and a look fit in, on a machine that is busy. */
const BY_HAND_S = 15;
/** Less than a restart takes: a door that was opened anew would close so much later. */
const SAME_MS = 500;
/** Of a sniffer that takes its time, and less than the daemon gives it. */
const SLOW_START_MS = 1000;
const ACTIVE_SINCE = "ActiveEnterTimestampMonotonic";
/** Long enough that no machine is so busy that nothing is heard of the daemon for as long. */
const WATCHDOG_S = 8;
/** What a tcpdump that somebody has taken over would try first; its last line tells how it fared. */
const INTRUDER = `#!/usr/local/bin/node
const { readFileSync, readdirSync } = require("node:fs");
const told = {};
const attempt = (what, act) => {
  try {
    act();
    told[what] = "done";
  } catch ({ code }) {
    told[what] = code;
  }
};
attempt("config", () => readFileSync("/etc/knockd/knockd.yaml"));
attempt("state", () => readdirSync("/var/lib/knockd"));
attempt("log", () => readdirSync("/var/log/knockd"));
const connect = (what, then) => {
  const socket = require("node:net").createConnection(what, () => socket.destroy());
  socket.on("error", ({ code }) => (told[what] = code));
  socket.on("connect", () => (told[what] = "done"));
  socket.on("close", then);
};
connect("/run/knockd/knockd.sock", () =>
  connect("/run/knockd-sniffer.sock", () => {
    console.error(JSON.stringify(told));
    process.exit(1);
  }),
);
`;
const PAGE = "http://10.9.0.1:8080/";

/** A door with commands, so that these show what they may do. */
const ADMIN_KNOCK = ["24410", "6021:udp", "15110"];
const ADMIN_RULE = "-A INPUT -s 10.9.0.2/32 -p tcp -m tcp --dport 8443 -j ACCEPT";
const ADMIN_DOOR = `
  admin:
    sequence: [24410/tcp, 6021/udp, 15110/tcp]
    start_command: iptables -w -I INPUT -s %IP% -p tcp --dport 8443 -j ACCEPT
    start_command_6: ""
    stop_command: [iptables, -w, -D, INPUT, -s, "%IP%", -p, tcp, --dport, "8443", -j, ACCEPT]
    stop_command_6: ""
    cmd_timeout: 1h
`;

describe.skipIf(!root)("the systemd service", { timeout: TEST_MS }, () => {
  const net = new Netns();
  const box = new Box();

  beforeAll(async () => {
    await net.add("client");
    await box.boot();
    await box.copyCheckout();
    await box.ok("systemctl", "disable", "--now", "ssh");
  }, OPEN_MS);
  afterAll(async () => {
    await net.close();
    await box.close();
  }, CLOSE_MS);

  it("does not take the place of another knockd that runs", async () => {
    box.write("/usr/sbin/knockd", "#!/bin/sh\nexec sleep 1000\n");
    box.write("/lib/systemd/system/knockd.service", "[Service]\nExecStart=/usr/sbin/knockd\n");
    await box.ok("chmod", "755", "/usr/sbin/knockd");
    await box.ok("systemctl", "start", "knockd");
    const pid = await property(box, "MainPID");
    for (let times = 2; times > 0; times--) {
      const said = await box.ok("bash", "/opt/knockd/systemd/install-service.sh");
      expect(said).toContain("another knockd is on this machine: /usr/sbin/knockd");
      expect(await property(box, "MainPID")).toBe(pid);
    }
    await box.ok("bash", "/opt/knockd/systemd/uninstall-service.sh", "--purge");
    expect(await property(box, "MainPID")).toBe(pid);
    await box.ok("systemctl", "stop", "knockd");
    await box.ok("rm", "/usr/sbin/knockd", "/lib/systemd/system/knockd.service");
    await box.ok("systemctl", "daemon-reload");
  });

  it("is installed without the network, and neither enabled nor started", async () => {
    const said = await box.ok("bash", "/opt/knockd/systemd/install-service.sh");
    expect(said).toContain("systemctl enable --now knockd");
    expect(await box.says("systemctl", "is-enabled", "knockd")).toBe("disabled");
    expect(await box.says("systemctl", "is-active", "knockd")).toBe("inactive");
    expect(await box.says("stat", "-c", "%a %U %G", "/etc/knockd/knockd.yaml")).toBe("640 root knockd");
    expect(await box.says("knockd", "check")).toBe("/etc/knockd/knockd.yaml: fine, 2 doors");
    for (const unit of UNITS) expect(await box.says("systemd-analyze", "verify", `${UNIT_DIRECTORY}/${unit}`)).toBe("");
    for (const path of OF_THE_SHELL) expect(`${path} ${box.has(path)}`).toBe(`${path} true`);
  });

  it("keeps the administrator's file when it is installed again", async () => {
    const file = box.read("/etc/knockd/knockd.yaml");
    box.write("/etc/knockd/knockd.yaml", file.replaceAll(/^ {4}for: 10s$/gm, `    for: ${WEB_S}s`) + ADMIN_DOOR);
    await box.ok("bash", "/opt/knockd/systemd/install-service.sh");
    expect(await box.says("knockd", "check")).toBe("/etc/knockd/knockd.yaml: fine, 3 doors");
    expect(await box.says("stat", "-c", "%a %U %G", "/etc/knockd/knockd.yaml")).toBe("640 root knockd");
  });

  it("starts before its interface is there, and hides at once", async () => {
    box.write("/etc/default/knockd", 'KNOCKD_OPTS="-i eth0"\n');
    await box.ok("systemctl", "enable", "--now", "knockd");
    await box.journal(/^cannot open interface "eth0": no such device$/m);
    expect(await box.ok("nft", "list", "table", "inet", "knockd")).toContain("hidden by knockd: 22/tcp 8080/tcp");
  });

  it("listens as soon as the interface is there", async () => {
    await box.plug(net);
    await box.startPage();
    await box.journal(/^starting up, listening on eth0$/m);
    expect(await connection(net)).toMatchObject(HIDDEN);
  });

  it("opens the door for who knocks, says so in the journal, and closes it", async () => {
    await knock(net, WEB_KNOCK);
    await box.journal(/^10\.9\.0\.2: web: OPEN SESAME$/m);
    await knockIn(net);
    await until(async () => (await connection(net)).code === HIDDEN.code);
    await box.journal(/^10\.9\.0\.2: web: closed$/m);
    expect(await box.says("journalctl", "-u", "knockd", "-p", "warning", "-g", "OPEN SESAME", "-o", "cat")).toBe("");
    // Its system call filter, and its one capability, are enough to talk to the kernel.
    expect(await box.says("journalctl", "-u", "knockd", "-g", "starts nft", "-o", "cat")).toBe("");
  });

  it("lets a door's command change the firewall, and ends it when the service stops", async () => {
    await knock(net, ADMIN_KNOCK);
    await box.journal(/^admin: running command: iptables -w -I INPUT/m);
    await until(async () => (await box.ok("iptables", "-S", "INPUT")).includes(ADMIN_RULE));
    await box.ok("systemctl", "restart", "knockd");
    await box.journal(/^10\.9\.0\.2: admin: command timeout$/m);
    // The next run ends what took this one too long.
    await until(async () => !(await box.ok("iptables", "-S", "INPUT")).includes(ADMIN_RULE));
    await box.journal(/^shutting down$[\s\S]*^starting up, listening on eth0$/m);
    expect(await connection(net)).toMatchObject(HIDDEN);
  });

  it("gives the sniffer CAP_NET_RAW alone, and the daemon CAP_NET_ADMIN alone", async () => {
    const daemon = await box.status(await property(box, "MainPID"));
    const sniffer = await box.status(await onlySniffer(box));
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      expect(`${set} ${sniffer.get(set)}`).toBe(`${set} ${hex(CAP_NET_RAW)}`);
      expect(`${set} ${daemon.get(set)}`).toBe(`${set} ${hex(CAP_NET_ADMIN)}`);
    }
    for (const process of [daemon, sniffer]) {
      expect(process.get("NoNewPrivs")).toBe("1");
      expect(process.get("Uid")).not.toMatch(/\b0\b/);
    }
  });

  it("is in order, says knockd doctor, and names what is not", async () => {
    const said = await box.says("knockd", "doctor");
    for (const line of [
      /^ok {4}config: \/etc\/knockd\/knockd\.yaml: 3 doors$/m,
      /^ok {4}capture: tcpdump \S+, libpcap/m,
      /^ok {4}capture: cap, \S*libpcap/m,
      /^ok {4}interface: eth0: up, 10\.9\.0\.1/m,
      /^ok {4}state: \/var\/lib\/knockd is writable$/m,
      /^ok {4}unit: knockd\.service is active \(running\) and enabled$/m,
      /^ok {4}daemon: running, process \d+$/m,
      /^ok {4}other knockds: none$/m,
      /^ok {4}hidden: door web: 8080\/tcp is hidden, and open to those who knocked$/m,
      /^ok {4}service: door web: something listens on 8080\/tcp$/m,
      /^fail {2}service: door ssh: nothing listens on 22\/tcp$/m,
    ])
      expect(said).toMatch(line);
    // What is not running, and what nothing hides any more, is mended by the first line.
    await box.ok("systemctl", "stop", "knockd");
    await box.ok("nft", "flush", "ruleset");
    const gone = await box.says("knockd", "doctor");
    expect(gone).toMatch(/^fail {2}hidden: door web: 8080\/tcp is visible to everyone/m);
    await box.ok("sh", "-c", /^fail {2}unit: .*\n {6}-> (.*)$/m.exec(gone)?.[1] ?? "false");
    const again = await box.says("knockd", "doctor");
    expect(again).toMatch(/^ok {4}daemon: running/m);
    expect(again).toMatch(/^ok {4}hidden: door web: 8080\/tcp is hidden/m);
    await box.ok("systemctl", "disable", "knockd");
    const disabled = /^warn {2}unit: knockd\.service is active \(running\), but does not start with the machine$/m;
    expect(await box.says("knockd", "doctor")).toMatch(disabled);
    await box.ok("systemctl", "enable", "knockd");
    const asNobody = await box.says("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "knockd", "doctor");
    expect(asNobody).toMatch(
      /^ok {4}privileges: you have no CAP_NET_ADMIN and no CAP_NET_RAW, but knockd\.service gives it$/m,
    );
  });

  it("takes a changed file with reload, and refuses a bad one", async () => {
    const file = box.read("/etc/knockd/knockd.yaml");
    const pid = await property(box, "MainPID");
    box.write("/etc/knockd/knockd.yaml", file.replace("8080/tcp", "99999/tcp"));
    expect((await box.run("systemctl", "reload", "knockd")).code).not.toBe(0);
    await box.journal(/knockd\.yaml:\d+:\d+: doors\.web\.open/);
    expect(await box.says("systemctl", "is-active", "knockd")).toBe("active");
    box.write("/etc/knockd/knockd.yaml", file.replace("8080/tcp", "[8080/tcp, 8443/tcp]"));
    await box.ok("systemctl", "reload", "knockd");
    await box.journal(/^re-reading config file: \/etc\/knockd\/knockd\.yaml$/m);
    expect(await box.ok("nft", "list", "table", "inet", "knockd")).toContain("22/tcp 8080/tcp 8443/tcp");
    expect(await property(box, "MainPID")).toBe(pid);
  });

  it("is started again after SIGKILL, and the door that was open still closes in time", async () => {
    await box.ok("knockd", "open", "web", "10.9.0.2", "--for", `${BY_HAND_S}s`);
    const closesMs = await closingTime(box);
    await box.ok("systemctl", "kill", "-s", "SIGKILL", "knockd");
    await until(async () => (await connection(net)).code === VISIBLE.code);
    await box.journal(/(?:^starting up, listening on eth0$[\s\S]*){4}/m);
    expect(await property(box, "NRestarts")).toBe("1");
    expect(Math.abs((await closingTime(box)) - closesMs)).toBeLessThan(SAME_MS);
    await until(async () => (await connection(net)).code === HIDDEN.code);
    await knockIn(net);
  });

  it("comes back by itself after a reboot, before the network, without a knot in the order of units", async () => {
    await box.reboot();
    await box.journal(/^cannot open interface "eth0": no such device$/m);
    await box.plug(net);
    await box.startPage();
    await box.journal(/^starting up, listening on eth0$/m);
    // Whoever was in before may stay for the rest of his time.
    await until(async () => (await connection(net)).code === HIDDEN.code);
    expect(await box.says("journalctl", "-b", "-g", "ordering cycle", "-o", "cat")).not.toMatch(/cycle/);
    const after = await box.says("systemctl", "show", "--value", "-p", "After", "network-pre.target");
    expect(after.split(" ")).toContain("knockd.service");
  });

  it("keeps the boot from going on to the network until its sniffers listen", async () => {
    await box.ok("mv", "/usr/bin/tcpdump", "/usr/bin/tcpdump.away");
    box.write("/usr/bin/tcpdump", `#!/bin/sh\nsleep ${SLOW_START_MS / 1000}\nexec tcpdump.away "$@"\n`);
    await box.ok("chmod", "755", "/usr/bin/tcpdump");
    const opts = box.read("/etc/default/knockd");
    box.write("/etc/default/knockd", "");
    const file = box.read("/etc/knockd/knockd.yaml");
    box.write("/etc/knockd/knockd.yaml", `options: { interface: [lo, eth0] }\n${file.slice(file.search(/^doors:/m))}`);
    await box.reboot();
    await box.journal(/^starting up, listening on lo$/m);
    const sinceBootMs = async (unit: string) => Number(await property(box, ACTIVE_SINCE, unit)) / 1000;
    const began = await sinceBootMs(await snifferUnit(box));
    const ready = await sinceBootMs("knockd");
    const network = await sinceBootMs("network-pre.target");
    await box.ok("mv", "/usr/bin/tcpdump.away", "/usr/bin/tcpdump");
    box.write("/etc/default/knockd", opts);
    box.write("/etc/knockd/knockd.yaml", file);
    await box.ok("systemctl", "restart", "knockd");
    await box.plug(net);
    await box.startPage();
    await box.journal(/^starting up, listening on eth0$/m);
    expect(ready).toBeGreaterThanOrEqual(began + SLOW_START_MS);
    expect(network).toBeGreaterThanOrEqual(ready);
  });

  it("runs a command as root with knockd-root.conf", async () => {
    const file = box.read("/etc/knockd/knockd.yaml");
    box.write(
      "/etc/knockd/knockd.yaml",
      file.replace(/^ {4}start_command: .*$/m, "    start_command: id -un >/srv/came"),
    );
    const dropIn = `${UNIT_DIRECTORY}/knockd.service.d/`;
    await box.ok("mkdir", dropIn);
    await box.ok("cp", "/usr/local/lib/knockd/systemd/knockd-root.conf", dropIn);
    await box.ok("systemctl", "daemon-reload");
    await box.ok("systemctl", "restart", "knockd");
    await box.journal(/(?:^starting up, listening on eth0$[\s\S]*){2}/m);
    await knock(net, ADMIN_KNOCK);
    await until(async () => (await box.says("cat", "/srv/came")) === "root");
    const capture = await box.status(await onlySniffer(box));
    expect(capture.get("CapEff")).toBe(hex(CAP_NET_RAW));
    expect(capture.get("Uid")).not.toMatch(/\b0\b/);
    await box.ok("systemctl", "revert", "knockd");
    box.write("/etc/knockd/knockd.yaml", file);
    await box.ok("systemctl", "restart", "knockd");
    await box.journal(/(?:^starting up, listening on eth0$[\s\S]*){3}/m);
  });

  it("keeps its doors with iptables, too, with no more rights", async () => {
    const file = box.read("/etc/knockd/knockd.yaml");
    box.write("/etc/knockd/knockd.yaml", `options: { firewall: iptables }\n${file.slice(file.search(/^doors:/m))}`);
    await box.ok("systemctl", "stop", "knockd");
    await box.ok("iptables", "-P", "INPUT", "DROP");
    await box.ok("systemctl", "start", "knockd");
    await until(async () => (await connection(net)).code === HIDDEN.code);
    await knockIn(net);
    await box.ok("iptables", "-P", "INPUT", "ACCEPT");
    await box.ok("systemctl", "stop", "knockd");
    await box.ok("knockd", "flush");
    const sets = file.replace(
      /^doors:$/m,
      "options: { firewall: iptables }\ndoors:\n  lan: { sequence: 4711/udp, set: members }",
    );
    box.write("/etc/knockd/knockd.yaml", sets.slice(sets.lastIndexOf("options: { firewall")));
    const needs = /^fail {2}privileges: knockd\.service has no CAP_NET_RAW.*[\s\S]*knockd-iptables\.conf/m;
    const said = await box.says("knockd", "doctor");
    expect(said).toMatch(needs);
    // Pasted, it is given.
    await box.ok("ipset", "create", "members", "hash:ip", "timeout", "0");
    await box.ok("sh", "-c", /privileges: .*\n {6}-> (.*)$/m.exec(said)?.[1] ?? "false");
    const given = await box.says("knockd", "doctor");
    expect(given).not.toMatch(needs);
    expect(given).toMatch(/^ok {4}sets: door lan: ipset members is there$/m);
    await box.ok("systemctl", "stop", "knockd");
    await box.ok("systemctl", "revert", "knockd");
    await box.ok("ipset", "destroy", "members");
    box.write("/etc/knockd/knockd.yaml", file);
    await box.ok("systemctl", "start", "knockd");
  });

  it("has a new sniffer whichever part of the old one is killed", async () => {
    // tcpdump, the shell that systemd has started, and the one beside it; the kernel cuts their names.
    const parts = [
      ["-x", "tcpdump"],
      ["-o", "-x", "knockd-sniffer."],
      ["-n", "-x", "knockd-sniffer."],
    ];
    for (const [index, part] of parts.entries()) {
      // The one before may be on its way out, and this one not yet whole.
      await until(async () => (await pidsOf(box, "knockd-sniffer.")).length === 2);
      const before = await onlySniffer(box);
      await box.ok("pkill", "-KILL", ...part);
      if (index < 2) await until(async () => (await sniffers(box)).some((pid) => pid !== before));
      await knockIn(net);
      await box.ok("knockd", "close", "--all");
      expect(await connection(net)).toMatchObject(HIDDEN);
    }
    await box.ok("systemctl", "restart", "knockd");
    await onlySniffer(box);
  });

  it("captures with its own program where tcpdump does not work, with the same privilege", async () => {
    await box.ok("mv", "/usr/bin/tcpdump", "/usr/bin/tcpdump.away");
    await box.ok("systemctl", "restart", "knockd");
    await box.journal(/^capturing on eth0 with cap, since tcpdump does not work: .*not found$/m);
    await knockIn(net);
    const sniffer = await box.status(await box.says("pgrep", "-f", "dist/capture.js"));
    expect(sniffer.get("CapEff")).toBe(hex(CAP_NET_RAW));
    await box.ok("mv", "/usr/bin/tcpdump.away", "/usr/bin/tcpdump");
    await box.ok("systemctl", "restart", "knockd");
    await onlySniffer(box);
    await until(async () => (await connection(net)).code === HIDDEN.code);
  });

  it("leaves a sniffer that is taken over no key, no ledger, and nobody to talk to but its own daemon", async () => {
    await box.ok("mv", "/usr/bin/tcpdump", "/usr/bin/tcpdump.away");
    box.write("/usr/bin/tcpdump", INTRUDER);
    await box.ok("chmod", "755", "/usr/bin/tcpdump");
    await box.ok("systemctl", "restart", "knockd");
    const told = await newest(box, /^capturing on eth0 with cap, since tcpdump does not work: (\{.*\})$/m);
    await box.ok("mv", "/usr/bin/tcpdump.away", "/usr/bin/tcpdump");
    await box.ok("systemctl", "restart", "knockd");
    await onlySniffer(box);
    expect(JSON.parse(told)).toEqual({
      config: "EACCES",
      state: "EACCES",
      log: "EACCES",
      "/run/knockd/knockd.sock": "EAFNOSUPPORT",
      "/run/knockd-sniffer.sock": "EAFNOSUPPORT",
    });
    const unit = await snifferUnit(box);
    // A ring of orders would make sockets past the filter of system calls.
    expect(await property(box, "SystemCallFilter", unit)).not.toContain("io_uring");
    expect(await property(box, "RestrictAddressFamilies", unit)).not.toMatch(/AF_UNIX|AF_NETLINK/);
    const said = await box.says("systemd-analyze", "security", "--no-pager", unit);
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(1.7);
  });

  it("tells systemd how many doors are open, and where it listens", async () => {
    await box.ok("systemctl", "restart", "knockd");
    expect(await property(box, "StatusText")).toMatch(/, listening on eth0$/);
    await until(async () => (await property(box, "StatusText")) === "0 doors open, listening on eth0");
    await until(async () => {
      await knock(net, WEB_KNOCK);
      return (await property(box, "StatusText")) === "1 door open, listening on eth0";
    });
    await until(async () => (await property(box, "StatusText")) === "0 doors open, listening on eth0");
  });

  it("is ended and started again when its main loop stalls, which keeps what is hidden hidden", async () => {
    await box.ok("mkdir", "-p", "/run/systemd/system/knockd.service.d");
    box.write("/run/systemd/system/knockd.service.d/watchdog.conf", `[Service]\nWatchdogSec=${WATCHDOG_S}\n`);
    await box.ok("systemctl", "daemon-reload");
    await box.ok("systemctl", "restart", "knockd");
    const pid = await property(box, "MainPID");
    // It is answered, each time the time begins anew.
    for (let times = 2; times > 0; times--) {
      const before = await property(box, "WatchdogTimestampMonotonic");
      await until(async () => (await property(box, "WatchdogTimestampMonotonic")) !== before);
    }
    expect(await property(box, "MainPID")).toBe(pid);
    await box.ok("kill", "-STOP", pid);
    expect(await connection(net)).toMatchObject(HIDDEN);
    await box.journal(/Watchdog timeout/);
    await until(async () => !["0", pid].includes(await property(box, "MainPID")));
    await until(async () => (await property(box, "StatusText")) === "0 doors open, listening on eth0");
    await box.ok("rm", "-r", "/run/systemd/system/knockd.service.d");
    await box.ok("systemctl", "daemon-reload");
    await box.ok("systemctl", "restart", "knockd");
  });

  it("runs several daemons side by side, each with a table, an interface and directories of its own", async () => {
    await box.ok("systemctl", "stop", "knockd");
    await box.plug(net, "eth1", "10.9.1");
    for (const [name, port] of [
      ["eth0", 8443],
      ["eth1", 9443],
    ])
      box.write(
        `/etc/knockd/${name}.yaml`,
        `options: { interface: ${name} }\ndoors: { ${name}: { sequence: [7000, 8200/udp, 7600], open: ${port}/tcp, for: 1h } }\n`,
      );
    await box.ok("systemctl", "start", "knockd@eth0", "knockd@eth1");
    for (const name of ["eth0", "eth1"])
      await until(async () => (await property(box, "StatusText", `knockd@${name}`)).endsWith(`listening on ${name}`));
    const table = (name: string) => box.ok("nft", "list", "table", "inet", `knockd-${name}`);
    expect(await table("eth0")).toContain("hidden by knockd: 8443/tcp");
    expect(await table("eth1")).toContain("hidden by knockd: 9443/tcp");
    await net.ok("client", ["/usr/bin/knock", "10.9.1.1", "7000", "8200:udp", "7600"]);
    await until(async () => (await table("eth1")).includes("10.9.1.2 timeout"));
    expect(await table("eth0")).not.toContain("10.9.1.2");
    // Neither minds how the other fares.
    await box.ok("systemctl", "kill", "-s", "SIGKILL", "knockd@eth0");
    await box.ok("systemctl", "reload", "knockd@eth1");
    expect(await box.ok("knockd", "--instance", "eth1", "status")).toContain("10.9.1.2");
    await until(async () => (await property(box, "NRestarts", "knockd@eth0")) === "1");
    await until(async () => (await property(box, "ActiveState", "knockd@eth0")) === "active");
    await box.ok("systemctl", "stop", "knockd@eth0");
    expect(await table("eth1")).toContain("10.9.1.2 timeout");
    expect(box.has("/var/lib/knockd-eth1/guard-secret")).toBe(true);
    expect(box.has("/run/knockd-eth0")).toBe(false);
    await box.ok("systemctl", "stop", "knockd@eth1");
    for (const name of ["eth0", "eth1"]) {
      await box.ok("nft", "delete", "table", "inet", `knockd-${name}`);
      await box.ok("rm", "-r", `/etc/knockd/${name}.yaml`, `/var/lib/knockd-${name}`);
    }
    await box.ok("systemctl", "start", "knockd");
  });

  it("puts its rules back that somebody flushes", async () => {
    await box.ok("nft", "flush", "ruleset");
    await until(async () =>
      (await box.says("nft", "list", "table", "inet", "knockd")).includes("hidden by knockd: 22/tcp"),
    );
    await box.journal(/^firewall: our rules were taken away, put back/m);
  });

  it("is as exposed as its unit says, and no more", async () => {
    const said = await box.says("systemd-analyze", "security", "--no-pager", "--threshold=15", "knockd.service");
    expect(Number(/exposure level for knockd\.service: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(1.5);
  });

  it("stops cleanly, and what was hidden stays hidden", async () => {
    await box.ok("systemctl", "stop", "knockd");
    expect(await property(box, "Result")).toBe("success");
    expect(await property(box, "ExecMainStatus")).toBe("0");
    // Nothing of ours was left for systemd to kill, which it would say.
    expect(await box.says("journalctl", "-u", "knockd", "-n", "10", "-o", "cat")).not.toContain("Killing process");
    // Whoever was in before may stay for the rest of his time.
    await until(async () => (await connection(net)).code === HIDDEN.code);
  });

  it("does not start with a bad file, says why, and does not try again and again", async () => {
    const file = box.read("/etc/knockd/knockd.yaml");
    box.write("/etc/knockd/knockd.yaml", `${file}\n  bad door: {}\n`);
    expect((await box.run("systemctl", "start", "knockd")).code).not.toBe(0);
    expect(await property(box, "SubState")).toBe("failed");
    await box.journal(/a door's name begins with a letter/);
    box.write("/etc/knockd/knockd.yaml", file);
    await box.ok("systemctl", "start", "knockd");
  });

  it("is restarted when it is installed again while it runs", async () => {
    const pid = await property(box, "MainPID");
    expect(await box.ok("bash", "/opt/knockd/systemd/install-service.sh")).toContain("restarting knockd.service");
    expect(await box.says("systemctl", "is-active", "knockd")).toBe("active");
    expect(await property(box, "MainPID")).not.toBe(pid);
  });

  it("leaves nothing hidden and no unit when it is uninstalled, whatever time its sniffer takes; the file goes with --purge", async () => {
    await box.slowTcpdump();
    await box.ok("systemctl", "restart", "knockd");
    await onlySniffer(box);
    // As an older version has left it, without that unit.
    await box.ok("systemctl", "stop", "knockd-sniffer.socket");
    await box.ok("rm", `${UNIT_DIRECTORY}/knockd-sniffer.socket`);
    await box.ok("systemctl", "daemon-reload");
    await box.ok("bash", "/usr/local/lib/knockd/systemd/uninstall-service.sh");
    expect(await box.ok("nft", "list", "tables")).not.toContain("knockd");
    expect((await box.run("systemctl", "cat", "knockd")).code).not.toBe(0);
    await until(async () => (await connection(net)).code === VISIBLE.code);
    for (const path of ["/usr/local/lib/knockd", "/usr/local/bin/knockd", "/usr/local/bin/knock", ...OF_THE_SHELL])
      expect(`${path} ${box.has(path)}`).toBe(`${path} false`);
    expect(box.has("/etc/knockd/knockd.yaml")).toBe(true);
    expect(box.has("/var/lib/knockd/guard-secret")).toBe(true);

    await box.ok("bash", "/opt/knockd/systemd/uninstall-service.sh", "--purge");
    for (const path of ["/etc/knockd", "/var/lib/knockd"]) expect(`${path} ${box.has(path)}`).toBe(`${path} false`);
    expect((await box.run("getent", "passwd", "knockd")).code).not.toBe(0);
  });
});

/** What systemd says of the unit. */
function property(box: Box, name: string, unit = "knockd"): Promise<string> {
  return box.says("systemctl", "show", "--value", "-p", name, unit);
}

const VISIBLE = { code: 0, stdout: "a page\n" };
/** curl's exit code for a time-out: nothing answered, not even with a refusal. */
const HIDDEN = { code: 28 };

function connection(net: Netns): Promise<Outcome> {
  return net.run("client", ["curl", "-sS", "--noproxy", "*", "--max-time", "1", PAGE]);
}

async function knock(net: Netns, steps: readonly string[]): Promise<void> {
  await net.ok("client", ["/usr/bin/knock", "10.9.0.1", ...steps]);
}

/** Knocks until the page is seen: where the machine is busy, the door may have closed again before the connection. */
async function knockIn(net: Netns): Promise<void> {
  await until(async () => {
    await knock(net, WEB_KNOCK);
    const { code, stdout } = await connection(net);
    return code === VISIBLE.code && stdout === VISIBLE.stdout;
  });
}

/** When the only door that is open closes. */
async function closingTime(box: Box): Promise<number> {
  const status = JSON.parse(await box.ok("knockd", "status", "--json"));
  expect(status.grants).toHaveLength(1);
  return Date.parse(status.grants[0].closes_at);
}

/** What the group of a pattern holds in the newest line of the journal that matches. */
async function newest(box: Box, pattern: RegExp): Promise<string> {
  await box.journal(pattern);
  const lines = await box.says("journalctl", "-b", "-u", "knockd", "-o", "cat");
  return (
    lines
      .split("\n")
      .flatMap((line) => pattern.exec(line)?.[1] ?? [])
      .at(-1) ?? ""
  );
}

async function pidsOf(box: Box, name: string): Promise<string[]> {
  const { stdout } = await box.run("pgrep", "-x", name);
  return stdout.split("\n").filter((pid) => pid !== "");
}

function sniffers(box: Box): Promise<string[]> {
  return pidsOf(box, "tcpdump");
}

/** The one that captures, once it is started and the kernel is done with the one before. */
async function onlySniffer(box: Box): Promise<string> {
  let pids: string[] = [];
  await until(async () => {
    pids = await sniffers(box);
    return pids.length === 1;
  });
  return pids[0] ?? "";
}

/** The newest of those that systemd has started; it counts them. */
async function snifferUnit(box: Box): Promise<string> {
  const units = await box.says("systemctl", "list-units", "--plain", "--no-legend", "knockd-sniffer@*");
  const count = (unit: string) => Number(/@(\d+)-/.exec(unit)?.[1]);
  const [newest = ""] = units.split("\n").sort((a, b) => count(b) - count(a));
  return newest.split(" ")[0] ?? "";
}

function hex(capabilities: bigint): string {
  return capabilities.toString(16).padStart(16, "0");
}
