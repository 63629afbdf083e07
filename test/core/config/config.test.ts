import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../src/core/address.ts";
import { parseConfig } from "../../../src/core/config/config.ts";
import { formatPort } from "../../../src/core/port.ts";
import { config, configOf, door, doorsOf } from "../../support/doors.ts";

/** `line:column path: message`, in order. */
function problemsOf(yaml: string): string[] {
  const parsed = parseConfig(yaml);
  return "problems" in parsed
    ? parsed.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
    : [];
}

/** Problems of a door with a good sequence and this line, which is line 4. */
function doorProblems(line: string): string[] {
  return problemsOf(`doors:\n  ssh:\n    sequence: 7000,8000,9000\n    ${line}\n`);
}

function sequenceProblems(text: string): string[] {
  return problemsOf(`doors:\n  ssh:\n    sequence: ${text}\n`);
}

function optionProblems(line: string): string[] {
  return problemsOf(`options:\n  ${line}\ndoors:\n  ssh: {sequence: "7000,8000,9000"}\n`);
}

describe("a config", () => {
  it("may be as short as one door", () => {
    expect(configOf("doors: {ssh: {sequence: '7000,8000,9000'}}")).toEqual({
      interfaces: [],
      sniffer: "auto",
      logFormat: "text",
      logLevel: "info",
      firewall: "nftables",
      allow: [],
      scanGuard: true,
      onStop: "close",
      spaPort: 62_201,
      spaMaxAgeMs: 120_000,
      keys: [],
      doors: [
        {
          name: "ssh",
          sequence: [7000, 8000, 9000].map((number) => ({ protocol: "tcp", number })),
          seqTimeoutMs: 25_000,
          seqCooldownMs: 0,
          tcpflags: { mask: 0x12, value: 0x02 },
          open: [],
          sets: {},
          grantMs: 10_000,
          spaPorts: [],
          natOpenings: [],
          maxGrantMs: 10_000,
          prefixes: { 4: [], 6: [] },
          commands: { 4: {}, 6: {} },
        },
      ],
    });
  });

  it("may say everything", () => {
    const yaml = `
options:
  interface: [eth0, wlan0]
  sniffer: cap
  log_format: json
  log_level: debug
  firewall: iptables
  allow: [192.168.7.9/24, "2001:DB8::1"]
  scan_guard: false
  spa_port: 62202/udp
  spa_max_age: 5m
keys:
  alice:
    file: /etc/knockd/keys/alice
    expires: 2027-06-30
    doors: [ssh, late]
    source: embedded
    prefix: [24, 56]
    hmac: sha512
    mode: ctr
    legacy: [md5, sha1]
  bob: { file: /etc/knockd/keys/bob, doors: late, prefix: 32 }
doors:
  ssh:
    spa: true
    max_for: 2h
    sequence: [7000/tcp, 8000/udp, 100/icmp]
    seq_timeout: 10
    seq_cooldown: 5m
    tcpflags: fin,urg,!psh
    target: 2001:db8::1
    open: [22, 80/tcp, 22/tcp, 51820:udp]
    set: ssh_allowed
    set_6: ssh_allowed6
    for: 1h
    start_command: echo %IP%
    start_command_6: [echo, "%IP%"]
    stop_command: echo bye
    stop_command_6: [echo, bye6]
    cmd_timeout: 3600
  late:
    one_time_sequences: /etc/knockd/late.sequences
    spa: 443
`;
    const { doors, ...rest } = configOf(yaml);
    expect(rest).toEqual({
      interfaces: ["eth0", "wlan0"],
      sniffer: "cap",
      logFormat: "json",
      logLevel: "debug",
      firewall: "iptables",
      allow: [
        { family: 4, text: "192.168.7.0/24" },
        { family: 6, text: "2001:db8::1/128" },
      ],
      scanGuard: false,
      onStop: "close",
      spaPort: 62_202,
      spaMaxAgeMs: 300_000,
      keys: [
        {
          name: "alice",
          file: "/etc/knockd/keys/alice",
          expires: { lastDay: "2027-06-30", atMs: Date.UTC(2027, 6, 1) },
          doors: ["ssh", "late"],
          source: "embedded",
          prefixes: { 4: 24, 6: 56 },
          hmac: "sha512",
          mode: "ctr",
          legacy: ["md5", "sha1"],
        },
        {
          name: "bob",
          file: "/etc/knockd/keys/bob",
          doors: ["late"],
          source: "match",
          prefixes: { 4: 32 },
          hmac: "sha256",
          mode: "cbc",
          legacy: [],
        },
      ],
    });
    const [ssh, late] = doors;
    expect(ssh?.sequence.map(formatPort)).toEqual(["7000/tcp", "8000/udp", "100/icmp"]);
    expect(ssh?.open.map(formatPort)).toEqual(["22/tcp", "80/tcp", "51820/udp"]);
    expect(ssh?.spaPorts).toEqual(ssh?.open);
    expect(late?.spaPorts.map(formatPort)).toEqual(["443/tcp"]);
    expect(ssh?.target && formatAddress(ssh.target)).toBe("2001:db8::1");
    expect(ssh).toMatchObject({
      seqTimeoutMs: 10_000,
      seqCooldownMs: 300_000,
      tcpflags: { mask: 0x29, value: 0x21 },
      sets: { 4: "ssh_allowed", 6: "ssh_allowed6" },
      grantMs: 3_600_000,
      maxGrantMs: 7_200_000,
      prefixes: { 4: [24], 6: [56] },
      commands: {
        4: { start: { shell: "echo %IP%" }, stop: { shell: "echo bye" } },
        6: { start: { argv: ["echo", "%IP%"] }, stop: { argv: ["echo", "bye6"] } },
      },
    });
    expect(late).toMatchObject({ name: "late", sequence: [], oneTimeSequences: "/etc/knockd/late.sequences" });
  });

  it("keeps the order of its doors", () => {
    const names = ["web", "ssh", "a.b-c_d", "constructor", "Z9"];
    expect(config(names.map((name) => ({ name }))).doors.map(({ name }) => name)).toEqual(names);
  });

  it("may be without doors, but not without saying so", () => {
    expect(doorsOf("doors: {}")).toEqual([]);
    expect(problemsOf("")).toEqual(["1:1 doors: expected a mapping of door names to doors, got nothing"]);
    expect(problemsOf("doors:\n")).toEqual(["1:1 doors: expected a mapping of door names to doors, got nothing"]);
  });

  it.each(["[]", "text", "42", "[{doors: {}}]"])("is not %s", (yaml) => {
    expect(problemsOf(yaml)).toEqual([
      `1:1 : expected a mapping of keys to values, got ${JSON.stringify(yaml === "text" ? "text" : yaml === "42" ? 42 : yaml === "[]" ? [] : [{ doors: {} }])}`,
    ]);
  });

  it("may use YAML's anchors", () => {
    const doors = doorsOf("doors:\n  a: &a {sequence: '1,2,3', open: 22}\n  b: *a\n");
    expect(doors.map(({ name, open }) => `${name} ${open.map(formatPort)}`)).toEqual(["a 22/tcp", "b 22/tcp"]);
  });
});

describe("a sequence", () => {
  it.each([
    ["7000", "7000/tcp"],
    ["'7000'", "7000/tcp"],
    ["7000,8000/udp , 9000:tcp", "7000/tcp 8000/udp 9000/tcp"],
    ["[7000, 8000/udp, '9000:udp', 0/icmp]", "7000/tcp 8000/udp 9000/udp 0/icmp"],
    ["[7000/TCP, 8000:Udp]", "7000/tcp 8000/udp"],
    ["7000,7000,7000", "7000/tcp 7000/tcp 7000/tcp"],
    ["\n    - 7000\n    - 8000/udp", "7000/tcp 8000/udp"],
  ])("may be written %j", (text, ports) => {
    const [only] = doorsOf(`doors:\n  ssh:\n    sequence: ${text}\n`);
    expect(only?.sequence.map(formatPort).join(" ")).toBe(ports);
  });

  it("has at most 32 steps", () => {
    expect(sequenceProblems(new Array(32).fill("7000").join())).toEqual([]);
    expect(sequenceProblems(`[${new Array(33).fill("7000").join()}]`)[0]).toMatch(
      /^3:\d+ doors\.ssh\.sequence: expected at most 32 ports, got /,
    );
  });

  const form = 'a sequence of ports such as [7000/tcp, 8000/udp] or "7000,8000/udp"';
  it.each([
    ["true", `3:15 doors.ssh.sequence: expected ${form}, got true`],
    ["null", `3:15 doors.ssh.sequence: expected ${form}, got nothing`],
    ["7000.5", `3:15 doors.ssh.sequence: expected ${form}, got 7000.5`],
    ["[7000, 70000]", '3:22 doors.ssh.sequence[1]: port must be 1 to 65535, got "70000"'],
    ["[7000, a]", '3:22 doors.ssh.sequence[1]: expected a port such as 22/tcp, got "a"'],
    ["\n    - 7000\n    - 8000/sctp", '5:7 doors.ssh.sequence[1]: protocol must be tcp, udp or icmp, got "8000/sctp"'],
    ["\n    - 7000\n    - 1473/icmp", '5:7 doors.ssh.sequence[1]: icmp size must be 0 to 1472 bytes, got "1473/icmp"'],
  ])("is not %j", (text, problem) => {
    expect(sequenceProblems(text)).toEqual([problem]);
  });

  it.each([
    ["7000,,8000", 'doors.ssh.sequence[1]: expected a port such as 22/tcp, got ""'],
    ["7000,8000,", 'doors.ssh.sequence[2]: expected a port such as 22/tcp, got ""'],
    ["7000 8000", 'doors.ssh.sequence[0]: expected a port such as 22/tcp, got "7000 8000"'],
    ["7000-8000", 'doors.ssh.sequence[0]: expected a port such as 22/tcp, got "7000-8000"'],
    ["7000,70000:udp", 'doors.ssh.sequence[1]: port must be 1 to 65535, got "70000:udp"'],
    ["''", 'doors.ssh.sequence[0]: expected a port such as 22/tcp, got ""'],
    ["0", 'doors.ssh.sequence[0]: port must be 1 to 65535, got "0"'],
    ["-1", 'doors.ssh.sequence[0]: expected a port such as 22/tcp, got "-1"'],
  ])("is not the text %j, and the problem stands where the text does", (text, problem) => {
    expect(sequenceProblems(text)).toEqual([`3:15 ${problem}`]);
  });

  it("is not an empty list", () => {
    expect(sequenceProblems("[]")).toEqual(["3:15 doors.ssh.sequence: expected at least one port, got []"]);
  });

  it.each([
    ["[7000, [8000]]", "3:22 doors.ssh.sequence[1]: expected a port such as 22/tcp, got [8000]"],
    ["[7000, null]", "3:22 doors.ssh.sequence[1]: expected a port such as 22/tcp, got nothing"],
    ["[7000, 80.5]", "3:22 doors.ssh.sequence[1]: expected a port such as 22/tcp, got 80.5"],
  ])("names the one bad entry of the list %s", (text, problem) => {
    expect(sequenceProblems(text)).toEqual([problem]);
  });

  it("or one-time sequences earn a door, one of the two", () => {
    expect(problemsOf("doors:\n  ssh:\n    open: 22\n")).toEqual([
      "2:3 doors.ssh: expected sequence, one_time_sequences, totp or spa: nobody could ever open this door",
    ]);
    expect(doorProblems("one_time_sequences: /etc/knockd/x")).toEqual([
      "4:25 doors.ssh.one_time_sequences: a door has either sequence or one_time_sequences, got both",
    ]);
    expect(doorProblems("one_time_sequences: ''")).toEqual([
      '4:25 doors.ssh.one_time_sequences: expected the path of a file, got ""',
      "4:25 doors.ssh.one_time_sequences: a door has either sequence or one_time_sequences, got both",
    ]);
  });
});

describe("a door that leads on", () => {
  it("may stand alone or beside ports, and leads over both families", () => {
    const openOf = (open: string) => doorsOf(`doors: {ssh: {sequence: "7000,8000,9000", open: ${open}}}`)[0]?.open;
    const gate = { protocol: "tcp", number: 2222, to: { family: 4, ip: "192.168.1.10", port: 22, masquerade: false } };
    expect(openOf("{port: 2222/tcp, to: 192.168.1.10:22}")).toEqual([gate]);
    expect(
      openOf(
        `[53:udp, {port: 2222, to: 192.168.1.10:22}, {port: 2222, to: "[FD00:0::10]:22", masquerade: true}, {port: 53, to: 192.168.1.10:22}, {port: 2222, to: 192.168.1.10:22, masquerade: false}]`,
      ),
    ).toEqual([
      { protocol: "udp", number: 53 },
      gate,
      { ...gate, to: { family: 6, ip: "fd00::10", port: 22, masquerade: true } },
      { ...gate, number: 53 },
    ]);
  });
});

const HOST_AND_PORT = 'a host behind this one and its port, such as 192.168.1.10:22 or "[fd00::10]:22"';
const gatewayProblems: readonly [string, string][] = [
  ["open: {port: 0, to: 192.168.1.10:22}", '4:18 doors.ssh.open.port: port must be 1 to 65535, got "0"'],
  [
    "open: {port: 5/icmp, to: 192.168.1.10:22}",
    "4:18 doors.ssh.open.port: a door can open tcp and udp ports, got icmp",
  ],
  ["open: [22, {port: 2222}]", `4:16 doors.ssh.open[1].to: expected ${HOST_AND_PORT}, got nothing`],
  ["open: [{to: 192.168.1.10:22}]", "4:12 doors.ssh.open[0].port: expected a port such as 22/tcp, got nothing"],
  [
    "open: [{port: 22, to: 192.168.1.10:22, masquerad: true}]",
    "4:44 doors.ssh.open[0].masquerad: unknown key, did you mean masquerade?",
  ],
  [
    "open: [{port: 22, to: 192.168.1.10:22, masquerade: 1}]",
    "4:56 doors.ssh.open[0].masquerade: expected true or false, got 1",
  ],
  ["open: [{port: 22, to: 192.168.1.10}]", `4:27 doors.ssh.open[0].to: expected ${HOST_AND_PORT}, got "192.168.1.10"`],
  ["open: [{port: 22, to: 22}]", `4:27 doors.ssh.open[0].to: expected ${HOST_AND_PORT}, got 22`],
  ["open: [{port: 22, to: 192.168.1.10:0}]", '4:27 doors.ssh.open[0].to: port must be 1 to 65535, got "0"'],
  [
    "open: [22, true]",
    "4:16 doors.ssh.open[1]: expected a port such as 22/tcp, or {port: 2222/tcp, to: 192.168.1.10:22}, got true",
  ],
  [
    "open: [22, {port: 22, to: 192.168.1.10:22}]",
    "4:16 doors.ssh.open[1]: 22/tcp leads to 192.168.1.10:22, but to this machine already",
  ],
  [
    "open: [{port: 22, to: 192.168.1.10:22}, {port: 22, to: 192.168.1.11:22}]",
    "4:45 doors.ssh.open[1]: 22/tcp leads to 192.168.1.11:22, but to 192.168.1.10:22 already",
  ],
  [
    "open: [{port: 22, to: 192.168.1.10:22}, {port: 22, to: 192.168.1.10:22, masquerade: true}]",
    "4:45 doors.ssh.open[1]: 22/tcp leads to 192.168.1.10:22 with masquerade, but to 192.168.1.10:22 already",
  ],
  [
    'open: [{port: 22, to: "[fd00::10]:22"}, 23]\n    target: 192.0.2.80',
    "4:12 doors.ssh.open[0]: 22/tcp to [fd00::10]:22 is for nobody: who knocks at the door's target comes over IPv4",
  ],
  [
    "open: [23, {port: 8000, to: 192.168.1.10:22}]",
    "4:16 doors.ssh.open[1]: 8000/tcp is already watched: it is step 2 of this door's own sequence",
  ],
];

describe("a key of a door", () => {
  const time = "expected a time such as 30, 30s, 5m, 1h or 1d";
  it.each([
    ["seq_timeout: 0", "4:18 doors.ssh.seq_timeout: expected a time longer than 0, got 0"],
    ["seq_timeout: 0s", '4:18 doors.ssh.seq_timeout: expected a time longer than 0, got "0s"'],
    ["seq_timeout: -1", `4:18 doors.ssh.seq_timeout: ${time} (a year at most), got "-1"`],
    ["seq_timeout: 400d", `4:18 doors.ssh.seq_timeout: ${time} (a year at most), got "400d"`],
    ["seq_timeout: true", `4:18 doors.ssh.seq_timeout: ${time}, got true`],
    ["seq_timeout: null", `4:18 doors.ssh.seq_timeout: ${time}, got nothing`],
    ["seq_cooldown: -5", `4:19 doors.ssh.seq_cooldown: ${time} (a year at most), got "-5"`],
    ["for: 0", "4:10 doors.ssh.for: expected a time longer than 0, got 0"],
    ["for: 10 seconds", `4:10 doors.ssh.for: ${time} (a year at most), got "10 seconds"`],
    ["cmd_timeout: 1w", `4:18 doors.ssh.cmd_timeout: ${time} (a year at most), got "1w"`],
    [
      "tcpflags: foo",
      '4:15 doors.ssh.tcpflags: expected any or a list of fin syn rst psh ack urg, each with or without !, got "foo"',
    ],
    ["tcpflags: syn,!syn", '4:15 doors.ssh.tcpflags: syn cannot be both set and clear, got "syn,!syn"'],
    ["tcpflags: 5", '4:15 doors.ssh.tcpflags: expected TCP flags such as "syn,!ack", or any, got 5'],
    ["target: 10.1", "4:13 doors.ssh.target: expected an IP address such as 192.0.2.7, got 10.1"],
    ["target: fe80::1%eth0", '4:13 doors.ssh.target: expected an IP address such as 192.0.2.7, got "fe80::1%eth0"'],
    ["target: 192.0.2.0/24", '4:13 doors.ssh.target: expected an IP address such as 192.0.2.7, got "192.0.2.0/24"'],
    [
      "open: true",
      '4:11 doors.ssh.open: expected ports such as [7000/tcp, 8000/udp] or "7000,8000/udp", or {port: 2222/tcp, to: 192.168.1.10:22}, got true',
    ],
    ["open: [22, 5/icmp]", "4:16 doors.ssh.open[1]: a door can open tcp and udp ports, got icmp"],
    ["open: [22, 0]", '4:16 doors.ssh.open[1]: port must be 1 to 65535, got "0"'],
    [
      "open: [22, 8000/tcp]",
      "4:16 doors.ssh.open[1]: 8000/tcp is already watched: it is step 2 of this door's own sequence",
    ],
    ...gatewayProblems,
    ["set: 5", '4:10 doors.ssh.set: expected the name of a set such as "inet filter ssh_allowed", got 5'],
    [
      "set: inet filter",
      '4:10 doors.ssh.set: expected family, table and set, such as "inet filter ssh_allowed" (with ipset: its name alone), got "inet filter"',
    ],
    [
      "set: inet filter a; flush ruleset",
      '4:10 doors.ssh.set: expected family, table and set, such as "inet filter ssh_allowed" (with ipset: its name alone), got "inet filter a; flush ruleset"',
    ],
    [
      "start_command: 5",
      "4:20 doors.ssh.start_command: expected a command: text for the shell, or a list of arguments, got 5",
    ],
    [
      "stop_command: true",
      "4:19 doors.ssh.stop_command: expected a command: text for the shell, or a list of arguments, got true",
    ],
  ])("refuses %s", (line, problem) => {
    expect(doorProblems(line)).toEqual([problem]);
  });

  it.each([
    "seq_timeout: 1.5m",
    "seq_cooldown: 0",
    "tcpflags: ANY",
    "tcpflags: '!ack'",
    "target: ::1",
    "open: 22",
    "open: 22,80/tcp,51820:udp",
    "open: 8000/udp",
    "set: ip filter a.b-c_d/e",
    "set_6: ip6 filter ssh6",
    "for: 365d",
    "start_command: ''",
    "start_command: [echo]",
  ])("takes %s", (line) => {
    expect(doorProblems(line)).toEqual([]);
  });

  it("for the end of a grant is for or cmd_timeout, equal where both are given", () => {
    expect(door({ for: 5 }).grantMs).toBe(5000);
    expect(door({ cmd_timeout: "1h" }).grantMs).toBe(3_600_000);
    expect(door({ for: "60s", cmd_timeout: "1m" }).grantMs).toBe(60_000);
    expect(doorProblems("for: 5\n    cmd_timeout: 6")).toEqual([
      "5:18 doors.ssh.cmd_timeout: a grant has one end: for and cmd_timeout must be equal where both are given, or leave one out",
    ]);
  });

  it.each([
    [
      "nftables",
      "inet filter ssh",
      "ssh",
      '6:12 doors.ssh.set_6: expected family, table and set, such as "inet filter ssh_allowed", got "ssh"',
    ],
    [
      "nftables",
      "ssh",
      "ip6 a b",
      '5:10 doors.ssh.set: expected family, table and set, such as "inet filter ssh_allowed", got "ssh"',
    ],
    [
      "iptables",
      "inet filter ssh",
      "ssh6",
      '5:10 doors.ssh.set: expected the name of an ipset, for firewall: iptables, got "inet filter ssh"',
    ],
    ["iptables", "ssh", "ssh6", undefined],
    ["nftables", "ip a b", "ip6 a b", undefined],
    ["none", "ssh", "inet filter ssh6", undefined],
  ])("for a set with %s is in its firewall's form: %s, %s", (firewall, set, set6, problem) => {
    const yaml = `options: {firewall: ${firewall}}\ndoors:\n  ssh:\n    sequence: 1,2,3\n    set: ${set}\n    set_6: ${set6}\n`;
    expect(problemsOf(yaml)).toEqual(problem === undefined ? [] : [problem]);
  });
});

describe("the commands of a door", () => {
  const a = { shell: "a" };
  const b = { shell: "b" };
  const c = { shell: "c" };
  const d = { shell: "d" };
  it.each([
    [{}, {}, {}],
    [{ start_command: "a" }, { start: a }, { start: a }],
    [
      { start_command: "a", stop_command: "b" },
      { start: a, stop: b },
      { start: a, stop: b },
    ],
    [{ stop_command: "b" }, {}, {}],
    [{ start_command: " ", stop_command: "b" }, {}, {}],
    [{ start_command: "a", stop_command: "" }, { start: a }, { start: a }],
    [
      { start_command: "a", start_command_6: "c", stop_command: "b" },
      { start: a, stop: b },
      { start: c, stop: b },
    ],
    [
      { start_command: "a", stop_command: "b", stop_command_6: "d" },
      { start: a, stop: b },
      { start: a, stop: d },
    ],
    [{ start_command: "a", stop_command: "b", start_command_6: "" }, { start: a, stop: b }, {}],
    [{ start_command: "a", stop_command: "b", stop_command_6: "" }, { start: a, stop: b }, { start: a }],
    [{ start_command_6: "c", stop_command_6: "d" }, {}, { start: c, stop: d }],
    [{ start_command_6: "c", stop_command: "b" }, {}, { start: c, stop: b }],
    [{ start_command: "", start_command_6: "c", stop_command_6: "d" }, {}, { start: c, stop: d }],
  ])("fall back as in knockd: %j", (keys, ipv4, ipv6) => {
    expect(door(keys).commands).toEqual({ 4: ipv4, 6: ipv6 });
  });

  it("run without a shell as a list", () => {
    expect(door({ start_command: ["echo", "%IP%", ""] }).commands[4]).toEqual({
      start: { argv: ["echo", "%IP%", ""] },
    });
    expect(doorProblems("start_command: []")).toEqual([
      "4:20 doors.ssh.start_command: expected at least the program, got []",
    ]);
  });

  it("have a program to run, and nothing that no program can be given", () => {
    expect(doorProblems("start_command: ['', x]")).toEqual([
      expect.stringMatching(/^4:\d+ doors\.ssh\.start_command.*: expected .*program/),
    ]);
    expect(doorProblems('start_command: [echo, "a\\0b"]')).toEqual([
      expect.stringMatching(/^4:\d+ doors\.ssh\.start_command/),
    ]);
    expect(doorProblems('start_command: "a\\0b"')).toEqual([expect.stringMatching(/^4:\d+ doors\.ssh\.start_command/)]);
  });
});

describe("an option", () => {
  it.each([
    ["interface: 5", "2:14 options.interface: expected an interface name such as eth0, a list, or any, got 5"],
    [
      "interface: a/b",
      '2:14 options.interface: expected an interface name of 1 to 15 characters, without blanks or slashes, got "a/b"',
    ],
    [
      "interface: abcdefghijklmnop",
      '2:14 options.interface: expected an interface name of 1 to 15 characters, without blanks or slashes, got "abcdefghijklmnop"',
    ],
    ["log_format: JSON", '2:15 options.log_format: expected text or json, got "JSON"'],
    ["log_level: trace", '2:14 options.log_level: expected error, warn, info or debug, got "trace"'],
    ["firewall: ufw", '2:13 options.firewall: expected nftables, iptables or none, got "ufw"'],
    ["allow: 5", "2:10 options.allow: expected an address, a network, or a list of them, got 5"],
    ["scan_guard: yes", '2:15 options.scan_guard: expected true or false, got "yes"'],
    ["scan_guard: null", "2:15 options.scan_guard: expected true or false, got nothing"],
  ])("refuses %s", (line, problem) => {
    expect(optionProblems(line)).toEqual([problem]);
  });

  it.each([
    "interface: any",
    "interface: [any]",
    "interface: [eth0, eth1.42]",
    "allow: []",
    "allow: ::/0",
    "firewall: none",
  ])("takes %s", (line) => {
    expect(optionProblems(line)).toEqual([]);
  });

  it("names each interface once", () => {
    expect(config([{}], { interface: ["eth0", "eth1", "eth0"] }).interfaces).toEqual(["eth0", "eth1"]);
  });

  it.each([
    ["interface: []", "2:14 options.interface: expected at least one interface, got []"],
    [
      "interface: [any, eth0]",
      '2:14 options.interface: expected either any or a list of names, not both, got ["any","eth0"]',
    ],
  ])("refuses the list %s where the list begins", (line, problem) => {
    expect(optionProblems(line)).toEqual([problem]);
  });

  it.each([
    [
      "allow: [10.0.0.0/8, 10.0.0.1/33]",
      '2:23 options.allow[1]: expected an address or network such as 192.168.7.0/24, got "10.0.0.1/33"',
    ],
    [
      "allow: 10.0.0.1/33",
      '2:10 options.allow: expected an address or network such as 192.168.7.0/24, got "10.0.0.1/33"',
    ],
    ["interface: [eth0, 5]", "2:21 options.interface[1]: expected an interface name such as eth0, got 5"],
  ])("names the one bad entry of %s", (line, problem) => {
    expect(optionProblems(line)).toEqual([problem]);
  });
});

describe("an unknown key", () => {
  const doorKeys =
    "sequence one_time_sequences seq_timeout seq_cooldown tcpflags target open set set_6 for start_command start_command_6 stop_command stop_command_6 privileges cmd_timeout spa nat totp require max_for";
  it.each([
    ["sequnce: 1", "did you mean sequence?"],
    ["Sequence: 1", "did you mean sequence?"],
    ["seq-timeout: 1", "did you mean seq_timeout?"],
    ["opens: 1", "did you mean open?"],
    ["tcp_flags: 1", "did you mean tcpflags?"],
    ["start_comand: 1", "did you mean start_command?"],
    ["x: 1", `expected one of ${doorKeys}`],
    ["command: 1", "did you mean start_command?"],
    ["interface: eth0", `expected one of ${doorKeys}`],
    ["port: 22", "did you mean open?"],
  ])("of a door, %s: %s", (line, hint) => {
    expect(doorProblems(line)).toEqual([expect.stringMatching(/^4:\d+ doors\.ssh\.\S+: unknown key, /)]);
    expect(doorProblems(line)[0]?.split("unknown key, ")[1]).toBe(hint);
  });

  it("of the options or of the file gets its hint, too", () => {
    expect(optionProblems("log-level: info")[0]).toMatch(/ options\.log-level: unknown key, did you mean log_level\?$/);
    expect(problemsOf("doors: {}\noption: {}")[0]).toMatch(/^2:\d+ option: unknown key, did you mean options\?$/);
    expect(problemsOf("doors: {}\n__proto__: {}")[0]).toMatch(
      /__proto__: unknown key, expected one of options keys doors$/,
    );
  });

  it("stands where the key does", () => {
    expect(doorProblems("sequnce: 1")[0]).toMatch(/^4:5 /);
    expect(doorProblems("sequnce: [1]")[0]).toMatch(/^4:5 /);
  });
});

describe("the name of a door", () => {
  it.each(["ssh", "S", "a1", "lan-box", "a.b", "a_b", `a${"b".repeat(63)}`])("may be %s", (name) => {
    expect(door({ name }).name).toBe(name);
  });

  it.each(["1ssh", "-ssh", "_ssh", ".ssh", "a b", "a/b", "a;b", "aé", `a${"b".repeat(64)}`, ""])(
    "may not be %j",
    (name) => {
      expect(problemsOf(`doors:\n  ${JSON.stringify(name)}:\n    sequence: 1,2,3\n`)).toEqual([
        `2:3 doors.${name}: a door's name begins with a letter and has 1 to 64 letters, digits, "_", "." or "-", got ${JSON.stringify(name)}`,
      ]);
    },
  );

  it("may not be one that JavaScript swallows", () => {
    expect(problemsOf("doors:\n  __proto__:\n    sequence: 1,2,3\n")).toHaveLength(1);
  });
});

describe("many problems", () => {
  it("are said at once, each with its place, in the order of the file", () => {
    const yaml = `options:
  interface: eth0
  firewal: nftables
  log_level: loud
doors:
  ssh:
    sequence: [7000, 70000, ssh]
    seq_timeout: soon
    open: [22, 100/icmp]
  web:
    sequence: 1,2,3
    for: -1
    colour: red
`;
    expect(problemsOf(yaml).map((problem) => problem.replace(/^(\d+):\d+/, "$1"))).toEqual([
      "3 options.firewal: unknown key, did you mean firewall?",
      '4 options.log_level: expected error, warn, info or debug, got "loud"',
      '7 doors.ssh.sequence[1]: port must be 1 to 65535, got "70000"',
      '7 doors.ssh.sequence[2]: expected a port such as 22/tcp, got "ssh"',
      '8 doors.ssh.seq_timeout: expected a time such as 30, 30s, 5m, 1h or 1d (a year at most), got "soon"',
      "9 doors.ssh.open[1]: a door can open tcp and udp ports, got icmp",
      '12 doors.web.for: expected a time such as 30, 30s, 5m, 1h or 1d (a year at most), got "-1"',
      expect.stringMatching(/^13 doors\.web\.colour: unknown key, expected one of sequence /),
    ]);
  });

  it("that no single key has are said at once, too", () => {
    const yaml = `doors:
  1st: {sequence: "1,2,3", for: 5, cmd_timeout: 6}
  ssh:
    set: ssh
    open: 22
`;
    expect(problemsOf(yaml)).toEqual([
      expect.stringMatching(/^2:3 doors\.1st: a door's name/),
      expect.stringMatching(/^2:49 doors\.1st\.cmd_timeout: a grant has one end/),
      expect.stringMatching(/^3:3 doors\.ssh: expected sequence, one_time_sequences, totp or spa/),
      expect.stringMatching(/^4:10 doors\.ssh\.set: expected family/),
    ]);
  });

  it("of three thousand doors are said within seconds", () => {
    const doors = Array.from({ length: 3000 }, (_each, index) => `  d${index}: {sequence: "70000", bad: 1}`);
    expect(problemsOf(`doors:\n${doors.join("\n")}\n`)).toHaveLength(6000);
  });

  it("quote no more of a value than a person reads", () => {
    for (const problem of [
      ...sequenceProblems("x".repeat(5000)),
      ...doorProblems(`start_command: {a: ${"x".repeat(5000)}}`),
      ...doorProblems(`${"x".repeat(1000)}: 1`),
    ])
      expect(problem.length).toBeLessThan(1500);
  });
});

describe("what is no YAML", () => {
  it.each([
    ["doors:\n\tssh: 1", "2:1"],
    ["doors: {ssh: ", "1:14"],
    ['doors: "abc', "1:12"],
    ["a: b: c", "1:4"],
    ["doors:\n  ssh: {sequence: 1}\n bad", "3:1"],
  ])("is said with its place: %j", (yaml, place) => {
    const [first] = problemsOf(yaml);
    expect(first).toMatch(new RegExp(`^${place} : [a-z]`));
  });

  it("names the key that stands there twice", () => {
    const yaml = "doors:\n  ssh:\n    sequence: 1,2,3\n  ssh:\n    sequence: 4,5,6\n";
    expect(problemsOf(yaml)).toHaveLength(1);
    expect(problemsOf(yaml)[0]).toMatch(/^4:3 /);
    expect(problemsOf(yaml)[0]).toContain("ssh");
    expect(doorProblems("sequence: 1,2,3")).toHaveLength(1);
  });

  it("may not be several documents, in words that an administrator knows", () => {
    const problems = problemsOf("doors: {}\n---\ndoors: {}\n");
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^2:1 /);
    expect(problems[0]).not.toContain("parseAllDocuments");
  });

  it("is an alias that nothing defines", () => {
    expect(problemsOf("doors:\n  ssh: *nope\n")).toEqual([expect.stringMatching(/^2:8 .*nope/)]);
  });

  it("is a bomb of aliases, and does not go off", () => {
    const levels = Array.from(
      { length: 12 },
      (_each, level) => `a${level + 1}: &a${level + 1} [${new Array(9).fill(`*a${level}`).join()}]`,
    );
    const before = process.cpuUsage();
    expect(problemsOf(`a0: &a0 [x]\n${levels.join("\n")}\ndoors: *a12\n`).length).toBeGreaterThan(0);
    // Not by the clock: the machine may have other work.
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  it("may be its own child without end", () => {
    expect(problemsOf("doors: &a\n  ssh: *a\n").length).toBeGreaterThan(0);
  });

  it("is a tag, such as flags that begin with ! and are not quoted", () => {
    const problems = doorProblems("tcpflags: !ack");
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join("\n")).toContain("!ack");
    expect(problemsOf("doors: !!python/object {}").length).toBeGreaterThan(0);
  });

  it.each(["[".repeat(100_000), "{a: ".repeat(50_000), "- ".repeat(50_000)])(
    "is a tower of brackets, said in a few lines (case %#)",
    (yaml) => {
      const problems = problemsOf(yaml);
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.length).toBeLessThan(100);
    },
  );

  it("never makes the parser throw, whatever the text", () => {
    const word = fc.constantFrom(
      ..."doors: ,options: ,ssh: ,sequence: ,open: ,for: ,\n,\n  ,\n    ,- ,[,],{,},&a ,*a ,*b ,!,!!map ,? ,<<: ,|\n,>\n,',\",#,7000,22/tcp,10s,null,true,~,--- ,... ,%YAML 1.2\n,\t,\u0000,é".split(
        ",",
      ),
    );
    const yamlish = fc.array(fc.oneof({ weight: 9, arbitrary: word }, fc.string({ maxLength: 6 })), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.oneof(
          yamlish.map((words) => words.join("")),
          fc.string(),
        ),
        (text) => {
          for (const problem of problemsOf(text)) expect(problem).toMatch(/^[1-9]\d*:[1-9]\d* /);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("never makes the parser throw, whatever the values", () => {
    const anyDoor = fc.dictionary(
      fc.constantFrom("sequence", "open", "for", "set", "start_command", "tcpflags", "x"),
      fc.jsonValue(),
    );
    const value = fc.record({
      options: fc.jsonValue(),
      doors: fc.oneof(fc.dictionary(fc.string(), anyDoor), fc.jsonValue()),
    });
    fc.assert(
      fc.property(value, (root) => {
        for (const problem of problemsOf(JSON.stringify(root))) expect(problem).toMatch(/^[1-9]\d*:[1-9]\d* /);
      }),
    );
  });
});
