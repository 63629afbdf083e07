// knockd doctor on a machine where all is well, and then with one fault at a time: it names that fault and no other.
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { secretsOf, writeKey } from "../support/fwknop.ts";
import { KNOCKD } from "../support/knockd.ts";
import { type Daemon, eventually, HOST, Lab, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const SSH = "ssh: { sequence: [17301, 4312/udp, 28119], open: 2201/tcp, for: 1h }";
const reportSchema = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      state: z.enum(["ok", "warn", "fail"]),
      text: z.string(),
      advice: z.string().optional(),
      more: z.array(z.string()).optional(),
    }),
  ),
});
/** cap's native part. */
const CAP = fileURLToPath(new URL("../../node_modules/cap/build/Release/cap.node", import.meta.url));
const ADMIN_CHAIN = "chain input { type filter hook input priority 0";
/** Who leads the port on, as these write their rules; the container is this machine's other port. */
const LAYOUTS: [string, string, string][] = [
  [
    "a port that Docker publishes with iptables",
    "Docker publishes it",
    `table ip nat { chain DOCKER { iifname != "docker0" tcp dport 2201 counter dnat to 10.9.0.2:2202; }
      chain PREROUTING { type nat hook prerouting priority -100; fib daddr type local jump DOCKER; }; }`,
  ],
  [
    "a port that Docker publishes with nftables",
    "Docker publishes it",
    `table ip docker-bridges { chain nat-prerouting-and-output { iifname != "docker0" tcp dport 2201 dnat to 10.9.0.2:2202; }
      chain nat-prerouting { type nat hook prerouting priority -100; fib daddr type local counter jump nat-prerouting-and-output; }; }`,
  ],
  [
    "a port that podman publishes",
    "podman publishes it",
    `table inet netavark { chain nv_2201_dnat { tcp dport 2201 dnat ip to 10.9.0.2:2202; }
      chain NETAVARK-HOSTPORT-DNAT { tcp dport 2201 jump nv_2201_dnat; }
      chain PREROUTING { type nat hook prerouting priority -100; fib daddr type local jump NETAVARK-HOSTPORT-DNAT; }; }`,
  ],
  [
    "a NodePort of kube-proxy",
    "kube-proxy publishes it",
    `table ip kube-proxy { chain endpoint { meta l4proto tcp dnat to 10.9.0.2:2202; }
      chain service { numgen random mod 1 vmap { 0 : goto endpoint }; }
      map service-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . 2201 : goto service }; }
      chain nat-prerouting { type nat hook prerouting priority -100; fib daddr type local meta l4proto . th dport vmap @service-nodeports; }; }`,
  ],
  [
    "a DNAT of one's own",
    "a DNAT leads it on",
    "table ip own { chain pre { type nat hook prerouting priority -100; ip daddr 10.9.0.2 tcp dport 2201 dnat to 10.9.0.2:2202; }; }",
  ],
  [
    "a REDIRECT",
    "a REDIRECT leads it on",
    "table inet own { chain pre { type nat hook prerouting priority -100; tcp dport 2201 redirect to :2202; }; }",
  ],
  [
    "a DNAT at another address",
    "is hidden",
    "table ip own { chain pre { type nat hook prerouting priority -100; ip daddr 10.9.9.9 tcp dport 2201 dnat to 10.9.0.2:2202; }; }",
  ],
];

/** A tool of the machine that says what it would say elsewhere; the directory is the first that is looked in. */
const SYNCED = "#!/bin/sh\necho yes\n";

describe.skipIf(!root)("knockd doctor", () => {
  const lab = new Lab();
  const { net } = lab;
  let daemon: Daemon;
  const state = join(lab.directory, "state");
  /** What would be the machine's own. */
  const OWN_CONF = `mount --bind ${lab.directory}/nftables.conf /etc/nftables.conf`;
  const NFTABLES_CONF = join(lab.directory, "nftables.conf");

  beforeAll(async () => {
    await lab.open("client");
    await net.ok("server", words("ip route add default via 10.9.0.10"));
    mkdirSync(join(lab.directory, "tools"));
    writeFileSync(NFTABLES_CONF, "");
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
    const own = `mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mount --bind ${lab.directory}/tools /usr/local/sbin && ${OWN_CONF}`;
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
    return (await faultOf(check))?.advice ?? "";
  }

  async function moreFor(check: string): Promise<string[]> {
    return (await faultOf(check))?.more ?? [];
  }

  async function faultOf(check: string) {
    return (await look()).find((each) => each.check === check && each.state !== "ok");
  }

  /** As root would, on this machine. */
  async function paste(line: string): Promise<void> {
    await net.ok("server", ["unshare", "-m", "sh", "-c", `${OWN_CONF}; ${line}`]);
  }

  /** The first advice is all that it takes. */
  async function mendedByAdvice(check: string): Promise<void> {
    await paste(await adviceFor(check));
    expect(await faults()).toEqual([]);
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
      /saved rules: none of ours in the files that are loaded at boot$/,
      /clock: in sync$/,
    ])
      expect(lines).toContainEqual(expect.stringMatching(part));
    expect(await net.ok("server", words("nft list ruleset"))).toBe(before);
  });

  it.each(["nftables", "iptables"])("is content with a healthy machine that hides with %s", async (firewall) => {
    await start(
      "ssh: { sequence: [17301, 4312/udp, 28119], open: [2201/tcp, 2202/udp] }",
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
    await mendedByAdvice("config");
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
    await start("lan: { sequence: [17301, 4312/udp, 28119], set: members }", "firewall: iptables");
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
    await paste(await adviceFor("interface"));
    expect(await faults()).toEqual(["fail interface: eth7 has no address, so no knock counts"]);
    await net.address("server", "eth7", "10.9.7.1/24");
    expect(await faults()).toEqual([]);
  });

  it("looks at the interface that the daemon was started with", async () => {
    for (const args of [["-i", "eth7"], ["--interface=eth7"], ["-ieth7"]]) {
      daemon = lab.spawn(`doors:\n  ${SSH}\n`, { args });
      await daemon.logs(/cannot open interface "eth7"/);
      chmodSync(daemon.file, 0o640);
      expect(await faults()).toEqual([
        "fail interface: eth7: no such interface, knockd waits for it",
        "warn interface: what is hidden is hidden on eth0, too, but no knock is heard there",
      ]);
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
    await start("ssh: { sequence: [17301, 4312/udp, 28119], open: [2201/tcp, 2209/tcp, 2209/udp] }");
    expect(await faults()).toEqual([
      "fail service: door ssh: nothing listens on 2209/tcp",
      "fail service: door ssh: nothing listens on 2209/udp",
    ]);
  });

  it("says that a service listens on loopback alone", async () => {
    await start("ssh: { sequence: [17301, 4312/udp, 28119], open: 2210/tcp }");
    const listening = net.spawn("server", words("socat TCP-LISTEN:2210,bind=127.0.0.1,fork STDOUT"));
    await eventually("listening", async () => (await net.ok("server", words("ss -Hlnt sport = :2210"))) !== "");
    expect(await faults()).toEqual(["fail service: door ssh: 2210/tcp listens on loopback alone, so no door opens it"]);
    await listening.stop();
  });

  it("says that this machine forwards nothing, where a door leads to a host behind it", async () => {
    await net.ok("server", words("sysctl -q net.ipv4.ip_forward=0"));
    await start("nas: { sequence: [17301, 4312/udp, 28119], open: {port: 2222/tcp, to: 192.168.1.10:22} }");
    expect(await faults()).toEqual([
      "fail forwarding: doors lead to hosts behind this one, but it forwards nothing: set net.ipv4.ip_forward = 1 (sysctl -w net.ipv4.ip_forward=1)",
    ]);
    await mendedByAdvice("forwarding");
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
      await mendedByAdvice("keys");
      writeFileSync(file, "rubbish\n");
      expect(await faults()).toEqual([expect.stringContaining(`${what}: line 1: expected one of KEY `)]);
      rmSync(file);
      expect(await faults()).toEqual([`${what}: no such file or directory`]);
    });
  });

  it("tells of a unit from a tutorial for the old knockd, which comes before ours", async () => {
    await start();
    const said = [
      "LoadState=loaded",
      "ActiveState=failed",
      "SubState=failed",
      "UnitFileState=enabled",
      "Result=exit-code",
      "FragmentPath=/etc/systemd/system/knockd.service",
      "ExecStart={ path=/usr/sbin/knockd ; argv[]=/usr/sbin/knockd -d -i eth0 ; }",
    ];
    tool("systemctl", `#!/bin/sh\ncat <<'END'\n${said.join("\n")}\nEND\n`);
    // Of a checkout; the package's advice is tried where that is installed.
    expect(await faults({ mounts: "mkdir -p /run/systemd/system" })).toEqual([
      "warn unit: knockd.service is another knockd's",
    ]);
    rmSync(join(lab.directory, "tools", "systemctl"));
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
    writeFileSync(daemon.file, `doors:\n  ${SSH}\n  web: { sequence: [23017, 9114/udp, 31007], open: 2202/tcp }\n`);
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
        /^fail hidden: door ssh: 2201\/tcp is dropped even for those who knocked, by your nftables rules: table inet filter, chain /,
      );
      expect(fault).toMatch(where);

      await paste(await adviceFor("hidden"));
      expect(await faults()).toEqual([]);
      expect(await lab.reachable("client")).toBe(false);
      await lab.knock("client", HOST, "17301", "4312:udp", "28119");
      await lab.opens("client");
    },
  );

  it("says how to let knockers in by a set, so that the port stays shut without knockd", async () => {
    await net.nft(
      "server",
      `table inet filter {\n${ADMIN_CHAIN}; icmpv6 type != echo-request accept; tcp dport 2201 drop; }\n}`,
    );
    await start();
    const [, said = ""] = /stays shut without knockd: (.*)$/m.exec((await moreFor("hidden")).join("\n")) ?? [];
    const [commands = "", keys = ""] = said.split("; then in doors.ssh: ");
    await paste(commands);
    await daemon.stop();
    await start(SSH.replace("for:", `${keys.replace(" and ", ", ")}, for:`));
    expect(await faults()).toEqual([]);
    expect(await lab.reachable("client")).toBe(false);
    await lab.knock("client", HOST, "17301", "4312:udp", "28119");
    await lab.opens("client");
  });

  it("tells a line for /etc/nftables.conf, where that makes the chain, which opens the door now and after a reload", async () => {
    const rules = `flush ruleset\ntable inet filter {\n${ADMIN_CHAIN}; policy drop; ct state established accept; meta l4proto ipv6-icmp accept; }\n}\n`;
    writeFileSync(NFTABLES_CONF, rules);
    await net.ok("server", ["nft", "-f", NFTABLES_CONF]);
    await start();
    expect(await faults()).toEqual([expect.stringMatching(/^fail hidden: .*by your nftables rules: .*policy drop$/)]);
    await paste(await adviceFor("hidden"));
    await net.ok("server", ["nft", "-f", NFTABLES_CONF]);
    await eventually("all is well again", async () => (await faults()).length === 0);
    await lab.knock("client", HOST, "17301", "4312:udp", "28119");
    await lab.opens("client");
    writeFileSync(NFTABLES_CONF, "");
  });

  it("says that a saved ruleset holds rules of ours, and takes them out of it", async () => {
    await start();
    const table = `table inet admin {\n\tchain c {\n\t\ttcp dport 22 accept\n\t}\n}\n`;
    writeFileSync(NFTABLES_CONF, table + (await net.ok("server", words("nft list table inet knockd"))));
    expect(await faults()).toEqual([
      expect.stringMatching(/^fail saved rules: \/etc\/nftables\.conf holds rules of ours/),
    ]);
    // Where it is a file of its own, as here, sed cannot put another one into its place.
    await paste(
      (await adviceFor("saved rules")).replace(/sed -i ('.*') (\S+)/, "sed $1 $2 > $2.new; cat $2.new > $2; rm $2.new"),
    );
    expect(readFileSync(NFTABLES_CONF, "utf8")).toBe(table);
    expect(await faults()).toEqual([]);
    writeFileSync(NFTABLES_CONF, "");
  });

  it("tells of an address that is banned, which no door lets in", async () => {
    await start();
    const rules =
      "chain f2b-chain { type filter hook input priority -1; tcp dport 2201 ip saddr @addr-set-sshd reject; }";
    await net.nft(
      "server",
      `table inet f2b-table { set addr-set-sshd { type ipv4_addr; elements = { 10.9.0.10 }; }; ${rules}; }`,
    );
    expect(await faults()).toEqual([]);
    const asked = async (ip: string) => (await run([ip])).stdout;
    expect(await asked("10.9.0.11")).toMatch(/^ok {4}address: 10\.9\.0\.11: nothing keeps it out/m);
    expect(await asked("10.9.0.10")).toMatch(
      /^fail {2}address: 10\.9\.0\.10 is kept out of 2201\/tcp by fail2ban, .*\n {6}-> fail2ban-client unban 10\.9\.0\.10$/m,
    );
    expect((await run(["nonsense"])).code).toBe(64);
  });

  it("says where no knock is heard, though what is hidden is hidden there, too", async () => {
    await net.ok("server", words("ip link add eth7 type veth peer name eth8"));
    await net.ok("server", words("ip link set eth7 up"));
    await net.address("server", "eth7", "10.9.7.1/24");
    await start(SSH, "interface: eth0");
    expect(await faults()).toEqual([
      "warn interface: what is hidden is hidden on eth7, too, but no knock is heard there",
    ]);
    await daemon.stop();
    await start(SSH, "interface: any");
    expect(await faults()).toEqual([]);
  });

  it("says whose port an interface is, where that one has the addresses", async () => {
    await net.ok("server", words("ip link add br7 type bridge"));
    await net.ok("server", words("ip link add eth7 type veth peer name eth8"));
    await net.ok("server", words("ip link set eth7 master br7 up"));
    await start(SSH, "interface: [eth0, eth7]");
    expect(await faults()).toEqual(["fail interface: eth7 is a port of br7, which has the addresses"]);
    expect(await adviceFor("interface")).toBe("set options.interface: br7");
    await net.ok("server", words("ip link del br7"));
  });

  it.each(LAYOUTS)("is never content where a stranger gets in: %s", async (_what, who, rules) => {
    await start();
    await net.nft("server", rules);
    const hidden = (await look()).filter(({ check }) => check === "hidden");
    const getsIn = await lab.reachable("client");
    expect(hidden.map(({ state }) => state)).toEqual([getsIn ? "fail" : "ok"]);
    expect(hidden[0]?.text).toContain(who);
    expect((await faults()).filter((fault) => fault.includes("nothing listens"))).toEqual([]);
  });

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

  it("is not mistaken about what is hidden where the machine has no names of protocols", async () => {
    await net.ok("server", words("iptables -A INPUT -p tcp --dport 22 -j ACCEPT"));
    await start("ssh: { sequence: [17301, 4312/udp, 28119], open: [2201/tcp, 2202/udp] }");
    expect(await faults({ mounts: "mount --bind /dev/null /etc/protocols" })).toEqual([]);
    await net.ok("server", words("iptables -F INPUT"));
  });

  it.each([
    ["nftables", "nft add rule inet eyes input udp dport 4312 log prefix knocks"],
    ["iptables", "iptables -A INPUT -p udp --dport 4312 -j LOG"],
  ])("says that a rule of %s writes the steps of knocks into the log", async (_by, rule) => {
    await start();
    const about = async () => (await look()).flatMap(({ check, text }) => (check === "firewall's log" ? [text] : []));
    expect(await about()).toEqual([]);
    await net.nft("server", "table inet eyes { chain input { type filter hook input priority 0; }; }");
    await net.ok("server", words(rule));
    expect(await about()).toEqual([
      expect.stringMatching(/^door ssh: knocks are written down by .*chain (input|INPUT)/),
    ]);
    expect(await faults()).toEqual([]);
  });

  it.each(["nft", "legacy"])("says that rules of iptables-%s drop a port", async (variant) => {
    await start();
    const rule = words("-A INPUT -p tcp -m conntrack --ctstate NEW -m tcp --dport 2201 -j DROP");
    await net.ok("server", [`iptables-${variant}`, ...rule]);
    try {
      expect(await faults()).toEqual([
        `fail hidden: door ssh: 2201/tcp is dropped even for those who knocked, by your iptables rules: iptables${variant === "nft" ? "" : "-legacy"}, chain INPUT, rule "${rule.join(" ")}"`,
      ]);
      expect(await adviceFor("hidden")).toContain("INPUT -p tcp --dport 2201 -j ACCEPT");
      expect((await moreFor("hidden")).join()).toContain("options.firewall: iptables");
      await paste(await adviceFor("hidden"));
      expect(await faults()).toEqual([]);
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
      expect.stringMatching(/^fail hidden: .* by a rule before ours: iptables, chain INPUT, rule ".* -j REJECT /),
    ]);
    await paste(await adviceFor("hidden"));
    expect(await faults()).toEqual([]);
  });

  it("says what is wrong with a set of the administrator's own", async () => {
    const door = "lan: { sequence: [17301, 4312/udp, 28119], set: inet filter members }";
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
    await paste(await adviceFor("sets"));
    expect(await faults()).toEqual([expect.stringMatching(/^warn sets: .* is asked by no rule/)]);
  });

  it("tells how a set comes back with each load of /etc/nftables.conf, where that makes its table", async () => {
    writeFileSync(NFTABLES_CONF, `flush ruleset\ntable inet filter {\n${ADMIN_CHAIN}; tcp dport 2201 accept; }\n}\n`);
    await net.ok("server", ["nft", "-f", NFTABLES_CONF]);
    await start("lan: { sequence: [17301, 4312/udp, 28119], set: inet filter members }");
    expect(await faults()).toEqual(["fail sets: door lan: set inet filter members does not exist"]);
    await paste(await adviceFor("sets"));
    await net.ok("server", ["nft", "-f", NFTABLES_CONF]);
    expect(await faults()).toEqual([expect.stringMatching(/^warn sets: .* is asked by no rule/)]);
    writeFileSync(NFTABLES_CONF, "");
  });

  it("says what is wrong with an ipset of the administrator's own", async () => {
    await start("lan: { sequence: [17301, 4312/udp, 28119], set: members }", "firewall: iptables");
    expect(await faults()).toEqual(["fail sets: door lan: ipset members does not exist"]);
    await mendedByAdvice("sets");
    await net.ok("server", words("ipset destroy members"));
    await net.ok("server", words("ipset create members hash:ip"));
    expect(await faults()).toEqual(["fail sets: door lan: ipset members takes no timeouts"]);
    await mendedByAdvice("sets");
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
    await paste(await adviceFor("other knockds"));
    await second.ended();
    expect(await faults()).toEqual([]);
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
    await mendedByAdvice("state");
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
    await mendedByAdvice("one-time sequences");
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
