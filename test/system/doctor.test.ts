// knockd doctor on a machine where all is well, and then with one fault at a time: it names that fault and no other.
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { secretsOf, writeKey } from "../support/fwknop.ts";
import { KNOCKD } from "../support/knockd.ts";
import { type Daemon, eventually, HOST, Lab, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const SSH = "ssh: { sequence: [7000, 8200/udp, 7600], open: 2201/tcp, for: 1h }";
const reportSchema = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      state: z.enum(["ok", "warn", "fail"]),
      text: z.string(),
      advice: z.string().optional(),
    }),
  ),
});
/** cap's native part. */
const CAP = fileURLToPath(new URL("../../node_modules/cap/build/Release/cap.node", import.meta.url));
const ADMIN_CHAIN = "chain input { type filter hook input priority 0";
/** A tool of the machine that says what it would say elsewhere; the directory is the first that is looked in. */
const SYNCED = "#!/bin/sh\necho yes\n";

describe.skipIf(!root)("knockd doctor", () => {
  const lab = new Lab();
  const { net } = lab;
  let daemon: Daemon;
  const state = join(lab.directory, "state");

  beforeAll(async () => {
    await lab.open("client");
    await net.ok("server", words("ip route add default via 10.9.0.10"));
    mkdirSync(join(lab.directory, "tools"));
  });
  beforeEach(() => tool("timedatectl", SYNCED));
  afterEach(async () => {
    await lab.reset();
    await net.run("server", words("ip link del eth7"));
  });
  afterAll(() => lab.close());

  function tool(name: string, script: string): void {
    writeFileSync(join(lab.directory, "tools", name), script, { mode: 0o755 });
  }

  async function start(doors = SSH, options = "log_level: info"): Promise<void> {
    daemon = await lab.start(`options: { ${options} }\ndoors:\n  ${doors}\n`);
    chmodSync(daemon.file, 0o640);
    chmodSync(state, 0o700);
  }

  interface Look {
    readonly file?: string;
    /** Shell lines in mounts of its own, before it looks. */
    readonly mounts?: string;
    readonly through?: readonly string[];
  }

  async function run(args: readonly string[], { file = daemon.file, mounts = "true", through = [] }: Look = {}) {
    // No systemd of the machine that runs the test, and no other clock than ours.
    const own = `mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mount --bind ${lab.directory}/tools /usr/local/sbin`;
    const argv = ["unshare", "-m", "sh", "-c", `${own}; ${mounts}; exec "$@"`, "sh", ...through];
    const env = { PATH: process.env["PATH"], STATE_DIRECTORY: state };
    return await net.run("server", [...argv, ...KNOCKD, "doctor", "-c", file, ...args], { env });
  }

  async function look(how?: Look) {
    const { code, stdout, stderr } = await run(["--json"], how);
    expect(stderr).toBe("");
    const report = reportSchema.parse(JSON.parse(stdout));
    expect({ code, ok: report.ok }).toEqual(report.ok ? { code: 0, ok: true } : { code: 1, ok: false });
    return report.checks;
  }

  /** What is not as it should be. */
  async function faults(how?: Look): Promise<string[]> {
    return (await look(how)).flatMap(({ state, check, text }) =>
      state === "ok" ? [] : [`${state} ${check}: ${text}`],
    );
  }

  async function adviceFor(check: string): Promise<string> {
    return (await look()).find((each) => each.check === check && each.state !== "ok")?.advice ?? "";
  }

  it("finds nothing wrong with a healthy machine, and says what it has looked at", async () => {
    await start();
    const before = await net.ok("server", words("nft list ruleset"));
    const { code, stdout, stderr } = await run([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^ok {4}[a-z -]+: \S/);
    for (const part of [
      /: 1 door$/,
      /privileges: CAP_NET_RAW and CAP_NET_ADMIN/,
      /capture: tcpdump \d\S*, libpcap \d/,
      /capture: cap, \S*libpcap\.so/,
      /tools: nftables v\d/,
      /interface: eth0, of the default route: up, 10\.9\.0\.2 fd09::2$/,
      /state: .*\/state is writable$/,
      /unit: no systemd here/,
      /daemon: running, process \d+$/,
      /other knockds: none$/,
      /hidden: door ssh: 2201\/tcp is hidden, and open to those who knocked$/,
      /service: door ssh: something listens on 2201\/tcp$/,
      /clock: in sync$/,
    ])
      expect(lines).toContainEqual(expect.stringMatching(part));
    expect(await net.ok("server", words("nft list ruleset"))).toBe(before);
  });

  it.each(["nftables", "iptables"])("is content with a healthy machine that hides with %s", async (firewall) => {
    await start(
      "ssh: { sequence: [7000, 8200/udp, 7600], open: [2201/tcp, 2202/udp] }",
      `firewall: ${firewall}, interface: [eth0]`,
    );
    expect(await faults()).toEqual([]);
  });

  it("says that the config cannot be read, and looks at the rest", async () => {
    await start();
    const file = join(lab.directory, "missing.yaml");
    expect(await faults({ file })).toEqual([
      `fail config: cannot read "${file}": no such file or directory`,
      `fail daemon: not running with ${file}: no knock is heard`,
      expect.stringMatching(/^warn other knockds: another daemon runs with .*\.yaml \(process \d+\)$/),
    ]);
  });

  it("says every problem of the config", async () => {
    await start();
    writeFileSync(daemon.file, "doors:\n  ssh: { sequence: 70000, opn: 22 }\n");
    expect(await faults()).toEqual([
      expect.stringMatching(/^fail config: .*:2:20: doors\.ssh.*70000.*\n.*:2:27: .*did you mean open/),
    ]);
  });

  it.each([
    [0o644, "readable for everyone"],
    [0o666, "writable for others"],
    [0o660, "writable for others"],
  ])("says that a config of mode %o is open to others", async (mode, how) => {
    await start();
    chmodSync(daemon.file, mode);
    expect(await faults()).toEqual([`warn config: ${daemon.file} is ${how}, and it holds the sequences`]);
  });

  it("says that nothing is hidden with firewall: none", async () => {
    await start(SSH, "firewall: none");
    expect(await faults()).toEqual([
      "warn config: options.firewall is none: nothing is hidden, openings are only logged",
    ]);
  });

  it("says that there is no nft", async () => {
    await start();
    const copy = join(lab.directory, "sbin");
    const mounts = `rm -rf ${copy}; cp -a /usr/sbin ${copy} && rm ${copy}/nft && mount --bind ${copy} /usr/sbin`;
    expect(await faults({ mounts })).toEqual(["fail tools: cannot run nft: not found"]);
  });

  it("says that there is no ipset, where that is needed", async () => {
    await start(SSH, "firewall: iptables");
    const copy = join(lab.directory, "sbin");
    const mounts = `rm -rf ${copy}; cp -a /usr/sbin ${copy} && rm ${copy}/ipset && mount --bind ${copy} /usr/sbin`;
    expect(await faults({ mounts })).toEqual(["fail tools: cannot run ipset: not found"]);
  });

  it("says that there is no setpriv", async () => {
    await start();
    const mounts = `cp -a /usr/bin/setpriv ${lab.directory}/; mount --bind /dev/null /usr/bin/setpriv`;
    expect(await faults({ mounts })).toEqual([
      "warn tools: no setpriv: the process that captures keeps all of the daemon's privileges",
    ]);
  });

  it("says that tcpdump is missing, that cap does not load, or both", async () => {
    await start();
    const noTcpdump = "mount --bind /dev/null /usr/bin/tcpdump";
    expect(await faults({ mounts: noTcpdump })).toEqual([
      expect.stringMatching(/^warn capture: .*tcpdump.*, so it is the other that captures$/),
    ]);
    // Neither as tcpdump has it, nor as cap.
    const libraries = "$(ldconfig -p | sed -n 's/.*libpcap.* => //p')";
    const noLibrary = `for file in ${libraries}; do mount --bind /dev/null $(realpath $file); done`;
    expect(await faults({ mounts: noLibrary })).toEqual([
      expect.stringMatching(/^fail capture: .*tcpdump.*libpcap\.so/),
      expect.stringMatching(/^fail capture: cap does not load: .*libpcap\.so/),
    ]);
    const found = (await look({ mounts: noLibrary })).filter(({ check }) => check === "capture");
    expect(found.map(({ advice }) => advice)).toEqual(["apt-get install tcpdump", "apt-get install libpcap0.8"]);
    const noCap = `mount --bind /dev/null ${CAP}`;
    expect(await faults({ mounts: noCap })).toEqual([
      expect.stringMatching(/^warn capture: cap does not load: .*, and could not take over$/),
    ]);
    await daemon.stop();
    await start(SSH, "sniffer: cap");
    expect(await faults({ mounts: noCap })).toEqual([
      expect.stringMatching(/^warn capture: cap does not load: .*, so it is the other that captures$/),
    ]);
  });

  it("says that an interface is absent, down, or without an address", async () => {
    await start(SSH, "interface: [eth0, eth7]");
    expect(await faults()).toEqual(["fail interface: eth7: no such interface, knockd waits for it"]);
    await net.ok("server", words("ip link add eth7 type veth peer name eth8"));
    expect(await faults()).toEqual(["fail interface: eth7 is down"]);
    await net.ok("server", words("ip link set eth7 up"));
    expect(await faults()).toEqual(["fail interface: eth7 has no address, so no knock counts"]);
    await net.address("server", "eth7", "10.9.7.1/24");
    expect(await faults()).toEqual([]);
  });

  it("looks at the interface that the daemon was started with", async () => {
    for (const args of [["-i", "eth7"], ["--interface=eth7"], ["-ieth7"]]) {
      daemon = lab.spawn(`doors:\n  ${SSH}\n`, { args });
      await daemon.logs(/cannot open interface "eth7"/);
      chmodSync(daemon.file, 0o640);
      expect(await faults()).toEqual(["fail interface: eth7: no such interface, knockd waits for it"]);
      await daemon.stop();
    }
  });

  it("says that there is no default route, where one is needed", async () => {
    await start();
    await net.ok("server", words("ip route del default"));
    try {
      expect(await faults()).toEqual(["fail interface: no default route, so no interface to listen on"]);
    } finally {
      await net.ok("server", words("ip route add default via 10.9.0.10"));
    }
  });

  it("says that nothing listens behind a door", async () => {
    await start("ssh: { sequence: [7000, 8200/udp, 7600], open: [2201/tcp, 2209/tcp, 2209/udp] }");
    expect(await faults()).toEqual([
      "fail service: door ssh: nothing listens on 2209/tcp",
      "fail service: door ssh: nothing listens on 2209/udp",
    ]);
  });

  it("says that a service listens on loopback alone", async () => {
    await start("ssh: { sequence: [7000, 8200/udp, 7600], open: 2210/tcp }");
    const listening = net.spawn("server", words("socat TCP-LISTEN:2210,bind=127.0.0.1,fork STDOUT"));
    await eventually("listening", async () => (await net.ok("server", words("ss -Hlnt sport = :2210"))) !== "");
    expect(await faults()).toEqual(["fail service: door ssh: 2210/tcp listens on loopback alone, so no door opens it"]);
    await listening.stop();
  });

  it("says that this machine forwards nothing, where a door leads to a host behind it", async () => {
    await net.ok("server", words("sysctl -q net.ipv4.ip_forward=0"));
    await start("nas: { sequence: [7000, 8200/udp, 7600], open: {port: 2222/tcp, to: 192.168.1.10:22} }");
    expect(await faults()).toEqual([
      "fail forwarding: doors lead to hosts behind this one, but it forwards nothing: set net.ipv4.ip_forward = 1 (sysctl -w net.ipv4.ip_forward=1)",
    ]);
    await net.ok("server", words("sysctl -q net.ipv4.ip_forward=1"));
    expect((await look()).filter(({ check }) => check === "forwarding")).toEqual([
      { check: "forwarding", state: "ok", text: "on, for nas" },
    ]);
    expect((await look()).filter(({ check }) => check === "hidden")).toEqual([
      {
        check: "hidden",
        state: "ok",
        text: "door nas: 2222/tcp is hidden, and leads those who knocked to 192.168.1.10:22",
      },
    ]);
    expect(await faults()).toEqual([]);
  });

  describe("and key files", () => {
    const secrets = secretsOf(1);
    const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const startWith = async (expires: string): Promise<string> => {
      const file = writeKey(lab, "alice", secrets);
      daemon = await lab.start(
        `keys: { alice: { file: ${file}, doors: ssh, expires: ${expires} } }\ndoors: { ssh: { spa: true, open: 2201/tcp } }\n`,
      );
      chmodSync(daemon.file, 0o640);
      chmodSync(state, 0o700);
      return file;
    };

    it("is content with one that will do, and says until when", async () => {
      const file = await startWith(day(30));
      expect(await faults()).toEqual([]);
      expect((await look()).find(({ check }) => check === "keys")).toEqual({
        check: "keys",
        state: "ok",
        text: `alice: ${file}, until ${day(30)}`,
      });
    });

    it("says that one expires soon, or has expired", async () => {
      await startWith(day(3));
      expect(await faults()).toEqual([`warn keys: keys.alice: expires soon, its last day is ${day(3)}`]);
      await daemon.stop();
      await startWith("2026-01-31");
      expect(await faults()).toEqual(["warn keys: keys.alice: has expired, its last day was 2026-01-31"]);
    });

    it("says that one is not the daemon's own, which could not read it again", async () => {
      const file = writeKey(lab, "alice", secrets);
      const [root, nobody] = [0, 65_534];
      chownSync(file, nobody, nobody);
      chmodSync(lab.directory, 0o755);
      mkdirSync(state, { recursive: true });
      chownSync(state, nobody, nobody);
      const capabilities = "--inh-caps=-all,+net_raw,+net_admin --ambient-caps=-all,+net_raw,+net_admin";
      daemon = await lab.start(
        `keys: { alice: { file: ${file}, doors: ssh } }\ndoors: { ssh: { spa: true, open: 2201/tcp } }\n`,
        {
          through: words(`setpriv --reuid=nobody --regid=nogroup --clear-groups ${capabilities}`),
        },
      );
      const found = async () => (await look()).filter(({ check }) => check === "keys");
      expect(await found()).toEqual([{ check: "keys", state: "ok", text: `alice: ${file}` }]);
      chownSync(file, root, root);
      expect(await found()).toEqual([
        {
          check: "keys",
          state: "fail",
          text: `alice: ${file} is not the daemon's, which can read it no more`,
          advice: `chown ${nobody} ${file}`,
        },
      ]);
    });

    it("says that others can read one, that it is gone, or holds no key", async () => {
      const file = await startWith(day(30));
      const what = `fail keys: cannot take the key of alice from "${file}"`;
      chmodSync(file, 0o640);
      expect(await faults()).toEqual([`${what}: others may read it (mode 0640)`]);
      expect(await adviceFor("keys")).toBe(`chmod 600 ${file}`);
      chmodSync(file, 0o600);
      writeFileSync(file, "rubbish\n");
      expect(await faults()).toEqual([expect.stringContaining(`${what}: line 1: expected one of KEY `)]);
      rmSync(file);
      expect(await faults()).toEqual([`${what}: no such file or directory`]);
    });
  });

  it("says that the daemon does not run; what it hid stays hidden", async () => {
    await start();
    await daemon.stop();
    expect(await faults()).toEqual([`fail daemon: not running with ${daemon.file}: no knock is heard`]);
  });

  it("says that a port is visible when our rules are gone", async () => {
    await start();
    await daemon.stop();
    await net.ok("server", words("nft flush ruleset"));
    expect(await faults()).toEqual([
      `fail daemon: not running with ${daemon.file}: no knock is heard`,
      "fail hidden: door ssh: 2201/tcp is visible to everyone (IPv4 on eth0, IPv6 on eth0): none of our rules hides it",
    ]);
  });

  it("says that a port is visible when the daemon has not read the file again", async () => {
    await start();
    writeFileSync(daemon.file, `doors:\n  ${SSH}\n  web: { sequence: [7000, 7002], open: 2202/tcp }\n`);
    expect(await faults()).toEqual([
      "fail hidden: door web: 2202/tcp is visible to everyone (IPv4 on eth0, IPv6 on eth0): none of our rules hides it",
    ]);
  });

  it.each([
    [
      "a rule",
      `${ADMIN_CHAIN}; icmpv6 type != echo-request accept; tcp dport 2201 drop; }`,
      /, rule "tcp dport 2201 drop" \(handle \d+\)$/,
    ],
    [
      "a rule of another chain",
      `chain more { tcp dport { 2200, 2201 } counter reject; }\n${ADMIN_CHAIN}; jump more; }`,
      /chain more, rule "tcp dport \{ 2200, 2201 \} counter packets \d+ bytes \d+ reject" \(handle \d+\)$/,
    ],
    [
      "a policy",
      `${ADMIN_CHAIN}; policy drop; ct state established,related accept; meta l4proto ipv6-icmp accept; tcp dport 22 accept; }`,
      /table inet filter, chain input, policy drop$/,
    ],
  ])(
    "says that the administrator's own rules drop a port by %s, and how to let knockers in",
    async (_by, chain, where) => {
      await net.nft("server", `table inet filter {\n${chain}\n}`);
      await start();
      const [fault, ...more] = await faults();
      expect(more).toEqual([]);
      expect(fault).toMatch(
        /^fail hidden: door ssh: 2201\/tcp is dropped even for those who knocked, by table inet filter, chain /,
      );
      expect(fault).toMatch(where);

      const [commands = "", keys = ""] = (await adviceFor("hidden")).split("; then in doors.ssh: ");
      await net.ok("server", ["bash", "-c", commands]);
      await daemon.stop();
      await start(SSH.replace("for:", `${keys.replace(" and ", ", ")}, for:`));
      expect(await faults()).toEqual([]);
      expect(await lab.reachable("client")).toBe(false);
      await lab.knock("client", HOST, "7000", "8200:udp", "7600");
      await lab.opens("client");
    },
  );

  it("says who gets in all the same, where the administrator's rules drop the others", async () => {
    const rules =
      "policy drop; ct state established accept; meta l4proto ipv6-icmp accept; ip saddr 10.0.0.0/8 tcp dport 2201 accept";
    await net.nft("server", `table inet filter {\n${ADMIN_CHAIN}; ${rules}; }\n}`);
    await start();
    expect(await faults()).toEqual([
      expect.stringMatching(
        /^warn hidden: door ssh: 2201\/tcp is dropped .*, policy drop, but for those of table inet filter, chain input, rule "ip saddr 10\.0\.0\.0\/8 tcp dport 2201 accept" \(handle \d+\)$/,
      ),
    ]);
  });

  it.each(["nft", "legacy"])("says that rules of iptables-%s drop a port", async (variant) => {
    await start();
    const rule = words("-A INPUT -p tcp -m conntrack --ctstate NEW -m tcp --dport 2201 -j DROP");
    await net.ok("server", [`iptables-${variant}`, ...rule]);
    try {
      expect(await faults()).toEqual([
        `fail hidden: door ssh: 2201/tcp is dropped even for those who knocked, by iptables, chain INPUT, rule "${rule.join(" ")}"`,
      ]);
      expect(await adviceFor("hidden")).toContain("options.firewall: iptables");
    } finally {
      await net.ok("server", [`iptables-${variant}`, "-F"]);
    }
  });

  it("knows that the chain KNOCKD comes before the administrator's own in iptables", async () => {
    await net.ok("server", words("iptables -A INPUT -p tcp --dport 2201 -j DROP"));
    await start(SSH, "firewall: iptables");
    expect(await faults()).toEqual([]);
    await net.ok("server", words("iptables -I INPUT -p tcp --dport 2201 -j REJECT"));
    expect(await faults()).toEqual([
      expect.stringMatching(/^fail hidden: .* by iptables, chain INPUT, rule ".* -j REJECT /),
    ]);
  });

  it("says what is wrong with a set of the administrator's own", async () => {
    const door = "lan: { sequence: [7000, 8200/udp, 7600], set: inet filter members }";
    await net.nft("server", `table inet filter {\n${ADMIN_CHAIN}; }\n}`);
    await start(door);
    expect(await faults()).toEqual(["fail sets: door lan: set inet filter members does not exist"]);
    await net.ok("server", ["bash", "-c", await adviceFor("sets")]);
    expect(await faults()).toEqual([
      "warn sets: door lan: set inet filter members is asked by no rule, so it opens nothing",
    ]);
    await net.ok("server", words("nft add rule inet filter input ip saddr @members tcp dport 22 accept"));
    expect(await faults()).toEqual([]);
    await net.nft("server", "delete table inet filter; table inet filter {\nset members { type ipv4_addr; }\n}");
    expect(await faults()).toEqual(["fail sets: door lan: set inet filter members takes no timeouts"]);
  });

  it("says what is wrong with an ipset of the administrator's own", async () => {
    await start("lan: { sequence: [7000, 8200/udp, 7600], set: members }", "firewall: iptables");
    expect(await faults()).toEqual(["fail sets: door lan: ipset members does not exist"]);
    await net.ok("server", words("ipset create members hash:ip"));
    expect(await faults()).toEqual(["fail sets: door lan: ipset members takes no timeouts"]);
    await net.ok("server", words("ipset destroy members"));
    await net.ok("server", ["bash", "-c", "ipset create members hash:ip family inet timeout 0"]);
    expect(await faults()).toEqual([]);
    await net.ok("server", words("ipset destroy members"));
  });

  it("says that the old knockd runs, too", async () => {
    await start();
    const conf = lab.write("knockd.conf", "[options]\n[ssh]\nsequence = 7000\n");
    const old = net.spawn("server", ["/usr/sbin/knockd", "-i", "eth0", "-c", conf]);
    await eventually("the old knockd is up", async () => (await faults()).length > 0);
    expect(await faults()).toEqual([
      expect.stringMatching(
        /^warn other knockds: the old knockd runs, too \(process \d+\): both act on the same knocks$/,
      ),
    ]);
    await old.stop();
    expect(await faults()).toEqual([]);
  });

  it("says that a second daemon runs with the same config", async () => {
    await start();
    const env = {
      PATH: process.env["PATH"],
      STATE_DIRECTORY: join(lab.directory, "second"),
      RUNTIME_DIRECTORY: join(lab.directory, "second"),
    };
    const second = net.spawn("server", [...KNOCKD, "run", "-c", daemon.file], { env });
    await second.until(/listening on/);
    expect(await faults()).toEqual([
      expect.stringMatching(/^warn other knockds: a second daemon runs with the same config \(process \d+\)$/),
    ]);
    await second.stop();
  });

  it("says what is wrong with the state directory", async () => {
    await start();
    expect(await faults({ mounts: `mount --bind ${state} ${state}; mount -o remount,bind,ro ${state}` })).toEqual([
      expect.stringMatching(/^fail state: .*\/state is not writable for us: read-only file system$/),
    ]);
    const full = `mount -t tmpfs -o size=64k,mode=700 none ${state}`;
    expect(await faults({ mounts: full })).toEqual([
      expect.stringMatching(/^fail state: .*\/state: the disk is full$/),
    ]);
    chmodSync(state, 0o755);
    expect(await faults()).toEqual([`warn state: ${state} is open to other users`]);
    rmSync(state, { recursive: true });
    expect(await faults()).toEqual([]);
  });

  it("says what is wrong with one-time sequences", async () => {
    const file = lab.write("once", " 7000,8000\n 7001,8001\n 7002,8002\n");
    chmodSync(file, 0o600);
    await start(`travel: { one_time_sequences: ${file} }`);
    expect(await faults()).toEqual([]);
    chmodSync(file, 0o644);
    expect(await faults()).toEqual([`warn one-time sequences: door travel: ${file} is readable for everyone`]);
    chmodSync(file, 0o600);
    writeFileSync(file, "#7000,8000\n 7001,8001\n 7002,8002\n");
    expect(await faults()).toEqual([`warn one-time sequences: door travel: only 2 left in ${file}`]);
    writeFileSync(file, " 7000,8000\n 7001,8001\n 7002,8002\n nonsense\n");
    expect(await faults()).toEqual([`warn one-time sequences: door travel: 1 unreadable lines in ${file}`]);
    writeFileSync(file, "#7000,8000\n");
    expect(await faults()).toEqual([
      `fail one-time sequences: door travel: no sequence left in ${file}, nobody can open it`,
    ]);
    rmSync(file);
    expect(await faults()).toEqual([
      `fail one-time sequences: door travel: cannot use ${file}: no such file or directory`,
    ]);
  });

  it.each([
    ["echo no", "warn clock: not in sync with any time server"],
    ["exit 1", "warn clock: cannot tell whether it is in sync: timedatectl does not answer"],
    ["exec sleep 60", "warn clock: cannot tell whether it is in sync: timedatectl does not answer"],
  ])("waits no longer than it must for a clock that answers %j", async (script, fault) => {
    await start();
    tool("timedatectl", `#!/bin/sh\n${script}\n`);
    expect(await faults()).toEqual([fault]);
  });

  it.each([
    ["is fine", "enabled", "active", "running", []],
    [
      "does not start with the machine",
      "disabled",
      "active",
      "running",
      ["warn unit: knockd.service is active (running), but does not start with the machine"],
    ],
    ["has failed", "enabled", "failed", "failed", ["fail unit: knockd.service is failed (failed), exit-code"]],
  ])("tells of a unit that %s", async (_how, enabled, active, sub, found) => {
    await start();
    const result = active === "failed" ? "exit-code" : "success";
    const said = [
      "LoadState=loaded",
      `ActiveState=${active}`,
      `SubState=${sub}`,
      `UnitFileState=${enabled}`,
      `Result=${result}`,
      "ExecStart={ path=/usr/local/bin/knockd ; argv[]=/usr/local/bin/knockd run $KNOCKD_OPTS ; }",
    ];
    tool("systemctl", `#!/bin/sh\ncat <<'END'\n${said.join("\n")}\nEND\n`);
    expect(await faults({ mounts: "mkdir -p /run/systemd/system" })).toEqual(found);
    rmSync(join(lab.directory, "tools", "systemctl"));
  });

  it("needs no root, and says what it could not see", async () => {
    await start();
    await net.ok("server", ["chmod", "755", lab.directory]);
    chmodSync(daemon.file, 0o644);
    const through = words("setpriv --reuid=nobody --regid=nogroup --clear-groups");
    // Of the daemons of other tests, ours and the old one, it cannot see that they are on other networks.
    const found = (await faults({ through })).filter((fault) => !fault.includes("perhaps on a network of its own)"));
    expect(found).toEqual([
      `warn config: ${daemon.file} is readable for everyone, and it holds the sequences`,
      "warn privileges: no CAP_NET_ADMIN and no CAP_NET_RAW: not everything can be seen from here",
      expect.stringMatching(/^warn state: .*\/state is not writable for us: permission denied$/),
      expect.stringMatching(/^warn hidden: cannot see the firewall's rules: .*not permitted/),
    ]);
    chmodSync(daemon.file, 0o600);
    expect((await faults({ through }))[0]).toMatch(/^fail config: cannot read .*: permission denied$/);
  });
});
