import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/core/config/config.ts";
import { CONFIG_BYTES_MAX } from "../../src/core/config/yaml-file.ts";
import { formatPort } from "../../src/core/port.ts";
import { importKnockd, KNOCKD_CONF_BYTES_MAX } from "../../src/import/knockd-import.ts";
import { formatNote } from "../../src/import/note.ts";
import { shippedSandbox } from "../../src/io/unit-files.ts";
import { configOf } from "../support/doors.ts";

const SAMPLES = new URL("./", import.meta.url);

interface Result {
  readonly yaml: string;
  /** `LINE: message`, of notes or problems. */
  readonly said: readonly string[];
  readonly refused: boolean;
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? new TextEncoder().encode(text) : text;
}

function imported(
  text: string | Uint8Array,
  options: { modern?: boolean; listenOn?: string; sandbox?: ReturnType<typeof shippedSandbox> } = {},
): Result {
  const result = importKnockd(bytesOf(text), { file: "knockd.conf", ...options });
  const notes = "problems" in result ? result.problems : result.notes;
  const said = notes.map(({ line, message }) => `${line}: ${message}`);
  return { yaml: "yaml" in result ? result.yaml : "", said, refused: "problems" in result };
}

/** The one door of a file with a good sequence and these lines, which begin at line 3. */
function doorOf(...lines: string[]) {
  const result = imported(`[ssh]\nsequence = 7001,8002,9003\n${lines.join("\n")}\n`);
  return { ...result, door: result.refused ? undefined : configOf(result.yaml).doors[0] };
}

function sequenceOf(value: string) {
  const result = imported(`[ssh]\nsequence = ${value}\n`);
  const doors = result.refused ? [] : configOf(result.yaml).doors;
  return { ...result, steps: doors[0]?.sequence.map(formatPort) };
}

describe("files as they are found in the wild", () => {
  const names = readdirSync(SAMPLES).flatMap((file) => (file.endsWith(".conf") ? [file.slice(0, -5)] : []));

  it("are more than twenty", () => {
    expect(names.length).toBeGreaterThan(20);
  });

  function sample(name: string): Uint8Array {
    return readFileSync(new URL(name, SAMPLES));
  }

  /** What the command would print on stderr stands in NAME.notes; without that file it is nothing. */
  function expected(name: string): { yaml: string; notes: string } {
    const read = (file: string) => (existsSync(new URL(file, SAMPLES)) ? sample(file).toString() : "");
    return { yaml: read(`${name}.yaml`), notes: read(`${name}.notes`) };
  }

  function printed(name: string, modern: boolean): { yaml: string; notes: string } {
    const result = importKnockd(sample(`${name}.conf`), { file: `${name}.conf`, modern, sandbox: shippedSandbox() });
    if ("problems" in result) throw new Error(result.problems.map((problem) => formatNote(name, problem)).join("\n"));
    return { yaml: result.yaml, notes: result.notes.map((note) => `${formatNote(`${name}.conf`, note)}\n`).join("") };
  }

  it.each(names)("%s.conf becomes the yaml beside it", (name) => {
    expect(printed(name, false)).toEqual(expected(name));
  });

  it.each(names)("%s.conf --modern becomes the yaml beside it", (name) => {
    const plain = printed(name, false);
    const modern = printed(name, true);
    // Where there is nothing to modernise, but for the offer, there is no file of its own.
    if (existsSync(new URL(`${name}.modern.yaml`, SAMPLES))) expect(modern).toEqual(expected(`${name}.modern`));
    else expect(modern.yaml).toBe(plain.yaml);
  });

  it.each(names)("%s.conf becomes a file without problems", (name) => {
    for (const modern of [false, true]) expect(parseConfig(printed(name, modern).yaml)).toHaveProperty("config");
  });
});

describe("a sequence", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["7000,8000,9000", ["7000/tcp", "8000/tcp", "9000/tcp"], []],
    ["571, 290, 911 ", ["571/tcp", "290/tcp", "911/tcp"], []],
    ["7000:UDP , 8000 : Tcp", ["7000/udp", "8000/tcp"], []],
    ["7000,8000 # in this order", ["7000/tcp", "8000/tcp"], []],
    ["+7000,007001", ["7000/tcp", "7001/tcp"], []],
    ["-1", ["65535/tcp"], ['2: sequence: knockd reads "-1" as 65535/tcp']],
    ["4294974296", ["7000/tcp"], ['2: sequence: knockd reads "4294974296" as 7000/tcp']],
    ["99999999999999999999", ["65535/tcp"], ['2: sequence: knockd reads "99999999999999999999" as 65535/tcp']],
    ["-70000", ["61072/tcp"], ['2: sequence: knockd reads "-70000" as 61072/tcp']],
    ["7000x,8000", ["7000/tcp", "8000/tcp"], ['2: sequence: knockd reads "7000x" as 7000/tcp']],
    ["7000 8000", ["7000/tcp"], ['2: sequence: knockd reads "7000 8000" as 7000/tcp']],
    ["7000:udp:old", ["7000/udp"], ['2: sequence: knockd reads "7000:udp:old" as 7000/udp']],
  ])("%s is read as knockd reads it", (value, steps, said) => {
    expect(sequenceOf(value)).toMatchObject({ steps, said, refused: false });
  });

  it("keeps a comment that worked by accident, on its line", () => {
    expect(sequenceOf("7000,8000 # in this order").yaml).toContain("sequence: [7000/tcp, 8000/tcp] # in this order\n");
  });

  // biome-ignore format: a table is read by its columns
  it.each([
    ["7000,8000,", "7000/tcp, 8000/tcp, 0/tcp"],
    ["7000,,8000", "7000/tcp, 0/tcp, 8000/tcp"],
    ["", "0/tcp"],
    ["abc", "0/tcp"],
    ["0x10", "0/tcp"],
    ["0", "0/tcp"],
    ["7000,8000 # one, two", "7000/tcp, 8000/tcp, 0/tcp"],
    ["2147483648", "0/tcp"],
  ])("%s, which has a port 0 for knockd, makes no door, and says so twice", (value, read) => {
    const { steps, said, yaml, refused } = sequenceOf(value);
    expect({ steps, refused }).toEqual({ steps: undefined, refused: false });
    const reason = `sequence "${value}": knockd reads ${read}, and nobody knocks at port 0`;
    expect(said).toEqual([`1: written as a comment: ${reason}`]);
    expect(yaml).toContain(`# nobody could open this door: ${reason}\n#ssh:\n`);
    expect(yaml).toContain("\ndoors: {}\n");
  });

  // biome-ignore format: a table is read by its columns
  it.each([
    ["70000", '2: sequence: port must be 1 to 65535, got "70000"'],
    ["7000:", '2: sequence: protocol must be tcp or udp, got "7000:"'],
    ["7000:icmp", '2: sequence: protocol must be tcp or udp, got "7000:icmp"'],
    ["7000,8000:udp # x", '2: sequence: protocol must be tcp or udp, got "8000:udp # x": knockd has no comments behind a protocol'],
    [Array.from({ length: 33 }, (_, index) => index + 1).join(","), "2: sequence: expected at most 32 ports, got 33"],
  ])("%s is refused, as knockd does", (value, problem) => {
    expect(sequenceOf(value)).toMatchObject({ refused: true, yaml: "", said: [problem] });
  });
});

describe("a door's keys", () => {
  it("have any case, aliases, and blanks or none around the sign", () => {
    const { door, said } = doorOf("TIMEOUT=7", "  Command\t =  echo a=b", "Cmd_Timeout = 9", "STOP_COMMAND = echo c");
    expect(said).toEqual([]);
    expect(door).toMatchObject({ seqTimeoutMs: 7000, grantMs: 9000 });
    expect(door?.commands[4]).toEqual({ start: { shell: "echo a=b" }, stop: { shell: "echo c" } });
  });

  it("that are not there have knockd's defaults, flags included", () => {
    const { door, yaml } = doorOf();
    expect(door).toMatchObject({ seqTimeoutMs: 25_000, grantMs: 10_000, seqCooldownMs: 0, tcpflags: { mask: 0 } });
    expect(yaml).toContain("tcpflags: any # as in knockd; syn,!ack is safer\n");
  });

  it("that stand twice count the last time, and the other is named", () => {
    const { door, said } = doorOf("seq_timeout = 5", "timeout = 6", "seq_timeout = 7");
    expect(door?.seqTimeoutMs).toBe(7000);
    expect(said).toEqual([
      "3: seq_timeout: without effect, line 4 says it again",
      "4: timeout: without effect, line 5 says it again",
    ]);
  });

  it.each([
    ["tcpflags = syn", "syn"],
    ["tcpflags = SYN,!Ack", "syn,!ack"],
    ["tcpflags = syn\ntcpflags = !fin", "syn,!fin"],
  ])("%j are our flags", (line, flags) => {
    const { yaml, said } = doorOf(line);
    expect(yaml).toContain(`tcpflags: ${flags}\n`);
    expect(said).toEqual([]);
  });

  it("takes the last word on one flag, as knockd does", () => {
    const { door, said } = doorOf("tcpflags = syn", "tcpflags = !syn,ack");
    expect(door?.tcpflags).toEqual({ mask: 0x12, value: 0x10 });
    expect(said[0]).toBe("4: tcpflags: knockd takes the last word, !syn, not syn");
  });

  it.each([
    ["seq_timeout = 5 # s", 5000, [], "seq_timeout: 5 # s\n"],
    ["seq_timeout = 15s", 15_000, [], "seq_timeout: 15\n"],
    ["seq_timeout = 1m", 1000, ['3: seq_timeout: knockd reads "1m" as 1 seconds'], "seq_timeout: 1\n"],
    [
      "seq_timeout = 40000000",
      31_536_000_000,
      ["3: seq_timeout: 40000000 seconds are more than a year, the longest time here"],
      "seq_timeout: 31536000\n",
    ],
  ])("%s is read as knockd reads it", (line, seqTimeoutMs, said, written) => {
    expect(doorOf(line)).toMatchObject({ door: { seqTimeoutMs }, said, yaml: expect.stringContaining(written) });
  });

  it.each(["0", "-3", "soon", ""])("a seq_timeout of %j opens to nobody, so the door is a comment", (value) => {
    const { door, said, yaml } = doorOf(`seq_timeout = ${value}`);
    expect(door).toBeUndefined();
    const reason = `seq_timeout "${value}": knockd gives nobody the time for a second knock`;
    expect(said).toContain(`1: written as a comment: ${reason}`);
    expect(yaml).toContain(`# nobody could open this door: ${reason}\n`);
    expect(yaml).toContain("#ssh:\n#  sequence: [7001/tcp, 8002/tcp, 9003/tcp]\n");
  });

  it("a seq_timeout of 0 does no harm to a sequence of one port", () => {
    const { said, yaml } = imported("[a]\nsequence = 7\nseq_timeout = 0\n");
    expect(configOf(yaml).doors).toHaveLength(1);
    expect(said).toEqual(['3: seq_timeout: "0" is no time, and a sequence of one port needs none; left out']);
  });

  it("a cmd_timeout of 0 stops at once, a negative one as good as never", () => {
    const commands = ["command = a", "stop_command = b"];
    expect(doorOf(...commands, "cmd_timeout = 0").door?.grantMs).toBe(1);
    expect(doorOf(...commands, "cmd_timeout = -1")).toMatchObject({
      door: { grantMs: 31_536_000_000 },
      said: ["5: cmd_timeout: more than 4000000000 seconds are more than a year, the longest time here"],
    });
  });

  it("an empty command runs nothing, nor does the stop command then", () => {
    const { door, said } = doorOf("start_command =", "stop_command = b");
    expect(door?.commands).toEqual({ 4: {}, 6: {} });
    expect(said).toEqual(["4: stop_command: never runs, as in knockd: there is no start_command"]);
  });

  it("an empty command for IPv6 is kept, so that it does not fall back", () => {
    const { door, yaml } = doorOf("command = a", "command_6 =", "stop_command = b", "stop_command_6 = c");
    expect(yaml).toContain('start_command_6: ""\n');
    expect(door?.commands).toEqual({ 4: { start: { shell: "a" }, stop: { shell: "b" } }, 6: {} });
  });

  it("commands stay letter by letter what they were, comments and all", () => {
    const text = `sh -c 'echo "%IP%": {a} [b] * & ! | > @ \`x\` %%IP%% %ip%' # why`;
    expect(doorOf(`command = ${text}`).door?.commands[4].start).toEqual({ shell: text });
    for (const hard of [
      "- a",
      "? b",
      ": c",
      "@d",
      "`e`",
      "'f",
      '"g',
      "%h",
      "&i",
      "*j",
      "!k",
      "|",
      ">",
      "null",
      "1e3",
    ]) {
      expect(doorOf(`command = ${hard}`).door?.commands[4].start).toEqual({ shell: hard });
    }
  });

  it("a target is an address in its one spelling, or the door is a comment", () => {
    expect(doorOf("target = 10.1.2.3").yaml).toContain("target: 10.1.2.3\n");
    expect(doorOf("target = FD99:0::1")).toMatchObject({
      said: ['3: target: knockd never finds "FD99:0::1", only fd99::1'],
      yaml: expect.stringContaining("target: fd99::1\n"),
    });
    for (const value of ["www.example.org", "", "10.0.0.1 # vip"]) {
      const { door, said } = doorOf(`target = ${value}`);
      expect(door).toBeUndefined();
      expect(said).toEqual([
        `1: written as a comment: target "${value}": knockd compares it with addresses, and it is none`,
      ]);
    }
  });

  it.each([
    ["seq_cooldown", 5000],
    ["Cooldown", 5000],
  ])("%s of a fork is ours, too", (key, seqCooldownMs) => {
    expect(doorOf(`${key} = 5`)).toMatchObject({ door: { seqCooldownMs }, said: [] });
  });

  it("one-time passwords of a patch make a comment of the door", () => {
    expect(doorOf("otp = x")).toMatchObject({
      door: undefined,
      said: ["1: written as a comment: otp: one-time passwords of a patched knockd, which nobody else knows"],
    });
  });

  it("of sequence and one_time_sequences the later one counts", () => {
    expect(doorOf("one_time_sequences = /x").door).toMatchObject({ sequence: [], oneTimeSequences: "/x" });
    const later = imported("[a]\none_time_sequences = /x\nsequence = 1,2\n");
    expect(configOf(later.yaml).doors[0]).toMatchObject({ sequence: [{ number: 1 }, { number: 2 }] });
    expect(later.yaml).not.toContain("one_time");
  });

  it.each([
    ["ufw allow from %IP%", "root (ufw)", "knockd-root.conf gives it"],
    ["/usr/bin/sudo iptables -L", "root (sudo)", "knockd-root.conf gives it"],
    ["true && /usr/bin/systemctl start x", "root (systemctl)", "knockd-root.conf gives it"],
    ["wakeonlan 00:11:22:33:44:55", "the network (wakeonlan)", "knockd-network.conf gives it"],
    ["date >> /var/log/knocks", "to write /var/log/knocks", "knockd-write.conf with ReadWritePaths=/var/log gives it"],
  ])("%s needs what the service does not have", (text, need, remedy) => {
    const said = imported(`[ssh]\nsequence = 7001,8002,9003\ncommand = ${text}\n`, { sandbox: shippedSandbox() }).said;
    expect(said).toHaveLength(1);
    expect(said[0]?.startsWith(`3: start_command: needs ${need}, which the service does not have (`)).toBe(true);
    expect(said[0]?.endsWith(`: ${remedy}`)).toBe(true);
  });
});

describe("a file that knockd would refuse", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["[a]\nsequence=1\nnonsense = 1\n", ['3: expected a key of a door and its value, got "nonsense"']],
    ["[a]\nsequence=1\nnonsense\n", ['3: expected a key of a door and its value, got "nonsense"']],
    ["[a]\nsequence=1\n= 5\n", ['3: expected a key of a door and its value, got no name of a key']],
    ["options]\n  UseSyslog\n", ["1: a section is written [options], with both brackets", '2: expected a section such as [options] before "UseSyslog"']],
    ["[a]\nsequence=1\n[b\n", ["3: a section is written [b], with both brackets"]],
    ["[a]\nsequence=1\nb]\n", ["3: a section is written [b], with both brackets"]],
    ["[a]\nsequence=1\ncommand = x \\\n  -j ACCEPT\n", ["4: continues line 3, and knockd knows no continuation lines: write it in one line"]],
    ["[a]\nsequence=1\nseq_timeout\n", ['3: expected seq_timeout = VALUE, got "seq_timeout"']],
    ["[a]\nsequence=1\n[b] # x\n", ['3: expected a key of a door and its value, got a line without "=": nothing may stand behind the ] of a section']],
    ["[a]\nsequence=1\ninterface = eth0\n", ['3: interface belongs to [options], not to a door']],
    ["[options]\nsequence=1\n", ["2: sequence belongs to a door, not to [options]"]],
    ["[options]\nfoo=1\n", ['2: expected UseSyslog, LogFile, PidFile or Interface, got "foo"']],
    ["[options]\nlogfile\n", ['2: expected UseSyslog, LogFile, PidFile or Interface, got "logfile"']],
    ["sequence=1\n", ['1: expected a section such as [options] before "sequence"']],
    ["[]\nsequence=1\n", ["1: expected a name between [ and ]"]],
    ["[a]\n", ['1: door "a" has no sequence']],
    ["[a]\nsequence=1\ntcpflags=\n", ['3: tcpflags: expected a list of fin syn rst psh ack urg, each with or without !, got ""']],
    ["[a]\nsequence=1\ntcpflags=syn,\n", ['3: tcpflags: expected a list of fin syn rst psh ack urg, each with or without !, got "syn,"']],
    ["[a]\nsequence=1\ntcpflags=s yn\n", ['3: tcpflags: expected a list of fin syn rst psh ack urg, each with or without !, got "s yn"']],
    ["[a]\nsequence=1\none_time_sequences=\n", ["3: one_time_sequences: expected the path of a file, got nothing"]],
  ])("%j is refused with its line", (text, said) => {
    expect(imported(text)).toEqual({ yaml: "", said, refused: true });
  });

  it("is refused for a bad sequence even where a later one counts", () => {
    expect(imported("[a]\nsequence = 7:icmp\nsequence = 7\n")).toMatchObject({
      refused: true,
      said: ['2: sequence: protocol must be tcp or udp, got "7:icmp"'],
    });
  });

  it("is told all its problems at once", () => {
    expect(imported("x\n[a]\nsequence=70000\ny\n[b]\n").said).toEqual([
      '1: expected a section such as [options] before "x"',
      '3: sequence: port must be 1 to 65535, got "70000"',
      '4: expected a key of a door and its value, got "y"',
      '5: door "b" has no sequence',
    ]);
  });
});

describe("what knockd rejects, but people write", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["[options]\nUseSyslog = yes\n", ["2: UseSyslog = yes: knockd takes no value here and would not start; not needed, the journal has the log"]],
    ["[a]\nsequence=1\ntcpflags = syn, !ack\n", ['3: tcpflags: knockd takes no blanks in "syn, !ack" and would not start; left out']],
    ["[Options]\ninterface = eth1\n", ["1: knockd takes [Options] for a door, taken for [options]"]],
    ["[ options ]\ninterface = eth1\n", ["1: knockd takes [ options ] for a door, taken for [options]"]],
    ["; mine\n[a]\nsequence=1\n", ['1: knockd has no comments with ";" and would not start, taken for one']],
    ["\ufeff[options]\ninterface=eth1\n", ["1: begins with a byte order mark, which knockd would not take; left out"]],
  ])("%j is taken, and named", (text, said) => {
    const result = imported(text);
    expect(result).toMatchObject({ said, refused: false });
    expect(configOf(result.yaml).interfaces).toEqual(text.includes("eth1") ? ["eth1"] : []);
  });

  it("[Options] with a sequence is a door, as for knockd", () => {
    expect(configOf(imported("[Options]\nsequence=1\n").yaml).doors.map(({ name }) => name)).toEqual(["Options"]);
  });
});

describe("[options]", () => {
  it("may stand anywhere, and again; the last interface counts", () => {
    const { yaml, said } = imported("[a]\nsequence=1\n[options]\ninterface=eth0\n[options]\nInterface = eth1\n");
    expect(configOf(yaml).interfaces).toEqual(["eth1"]);
    expect(said).toEqual(["4: Interface: without effect, line 6 says it again"]);
  });

  it("loses against knockd's own command line", () => {
    const { yaml, said } = imported("[options]\ninterface=eth0\n", { listenOn: "ens3" });
    expect(configOf(yaml).interfaces).toEqual(["ens3"]);
    expect(said).toEqual(["2: Interface = eth0: without effect, KNOCKD_OPTS says -i ens3"]);
    expect(imported("[options]\ninterface=ens3\n", { listenOn: "ens3" }).said).toEqual([]);
    expect(configOf(imported("", { listenOn: "ens3" }).yaml).interfaces).toEqual(["ens3"]);
  });

  it("without an interface leaves it to the default route, and says so in the file", () => {
    const { yaml } = imported("[a]\nsequence=1\n");
    expect(configOf(yaml).interfaces).toEqual([]);
    expect(yaml).toContain("# interface: none was named, which meant eth0; now it is that of the default route\n");
  });

  // biome-ignore format: a table is read by its columns
  it.each([
    ["eth0 # the uplink", ["eth0"], '2: Interface: knockd finds no "eth0 # the uplink", written as eth0'],
    ["any", ["any"], "2: Interface = any: knockd hears only doors with a Target there, here all are heard"],
    ["", [], '2: Interface: expected an interface name of 1 to 15 characters, without blanks or slashes, got ""; left out'],
    ["a-name-that-is-long", [], '2: Interface: expected an interface name of 1 to 15 characters, without blanks or slashes, got "a-name-that-is-long"; left out'],
    ["a/b", [], '2: Interface: expected an interface name of 1 to 15 characters, without blanks or slashes, got "a/b"; left out'],
    ["eth+", [], '2: Interface: expected a whole name such as eth0: there are no wildcards, got "eth+"; left out'],
    ["..", [], '2: Interface: expected an interface name of 1 to 15 characters, without blanks or slashes, got ".."; left out'],
    ["naïveüberlang", ["naïveüberlang"], undefined],
    ["überlängenname", [], '2: Interface: expected an interface name of 1 to 15 characters, without blanks or slashes, got "überlängenname"; left out'],
    ['"eth0"', ["eth0"], '2: Interface: knockd finds no "\\"eth0\\"", written as eth0'],
    ["“eth0”", ["eth0"], '2: Interface: knockd finds no "“eth0”", written as eth0'],
    ["eth0, wlan0", ["eth0", "wlan0"], '2: Interface: knockd finds no "eth0, wlan0", written as eth0, wlan0'],
    ["eth0@if7", ["eth0"], '2: Interface: knockd finds no "eth0@if7", written as eth0'],
    ["eth0:1", ["eth0"], "2: Interface = eth0:1: an address label, of which knockd hears the addresses alone; give the doors a target: the address that ip address shows for it"],
  ])("names the interface %j", (value, names, note) => {
    const { yaml, said } = imported(`[options]\ninterface = ${value}\n`);
    expect(configOf(yaml).interfaces).toEqual(names);
    expect(said.filter((text) => !text.includes("holds U+"))).toEqual(note === undefined ? [] : [note]);
  });

  it.each(["ALL", "all", "*", "Any"])("takes %s for any, which is what was meant", (value) => {
    const { yaml, said } = imported(`[options]\ninterface = ${value}\n`);
    expect(configOf(yaml).interfaces).toEqual(["any"]);
    expect(said[0]).toBe(`2: Interface: "${value}" is no interface, and knockd would not start; written as any`);
  });

  it("makes an address label a target of the doors that have none, where this machine knows its address", () => {
    const text = "[options]\ninterface = eth0:1\n[a]\nsequence = 1,2,3\n[b]\nsequence = 4,5,6\ntarget = 192.0.2.9\n";
    const result = importKnockd(bytesOf(text), {
      file: "knockd.conf",
      addressesOf: (label) => (label === "eth0:1" ? ["192.0.2.7"] : []),
    });
    const yaml = "yaml" in result ? result.yaml : "";
    expect(configOf(yaml).interfaces).toEqual(["eth0"]);
    expect([...yaml.matchAll(/target: (\S+)/g)].map(([, address]) => address)).toEqual(["192.0.2.7", "192.0.2.9"]);
    expect("notes" in result ? result.notes[0]?.message : "").toMatch(/written as target: 192\.0\.2\.7 of the doors$/);
  });

  it("says what became of the log, also for UseSyslog within a door", () => {
    const text = "[options]\nLogFile = /x\nPidFile = /y\nAllowDuplicates\n[a]\nUSESYSLOG\nsequence=1\n";
    expect(imported(text).said).toEqual([
      "2: LogFile = /x: not needed, the journal has the log",
      "3: PidFile = /y: not needed, systemd knows the process",
      "6: UseSyslog: not needed, the journal has the log",
    ]);
  });
});

describe("lines", () => {
  it("end with CRLF or LF, the last one with nothing", () => {
    expect(imported("[a]\r\nsequence=1,2\r\ntimeout=7").yaml).toBe(imported("[a]\nsequence=1,2\ntimeout=7\n").yaml);
  });

  it("of more than 4094 bytes go on in another line, for knockd and so for us", () => {
    const long = `command = ${"x".repeat(4095 - "command = ".length)}`;
    const { said, refused } = imported(`[a]\nsequence=1\n${long}yz\n`);
    expect(refused).toBe(true);
    expect(said).toEqual(['3: expected a key of a door and its value, got "yz"']);
    expect(imported(`[a]\nsequence=1\n${long}tcpflags=syn\n`)).toMatchObject({
      refused: false,
      said: ["3: longer than 4094 bytes, so knockd takes the rest of it for a line of its own"],
      yaml: expect.stringContaining("tcpflags: syn\n"),
    });
    expect(imported(`[a]\nsequence=1\n${long.slice(0, -1)}\n`).said).toEqual([]);
  });

  it("with a zero byte end there", () => {
    const { yaml, said } = imported("[a]\nsequence=1,2\0,3\n");
    expect(configOf(yaml).doors[0]?.sequence).toHaveLength(2);
    expect(said).toEqual(["2: a zero byte, behind which knockd reads nothing; left out"]);
  });

  it("that are not UTF-8 are latin1, and said so unless they are comments", () => {
    const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const { yaml, said } = imported(latin("# für alle\n[a]\nsequence=1\ncommand = echo für\n"));
    expect(yaml).toContain("# für alle\n");
    expect(configOf(yaml).doors[0]?.commands[4].start).toEqual({ shell: "echo für" });
    expect(said).toEqual(["4: not UTF-8, taken for latin1 and written as UTF-8"]);
  });

  it("cannot break out of the file's comments", () => {
    const { yaml } = imported("[a]\n# b\rdoors: x\u2028y\u0085\x1b[0m\nsequence=1 # c\rd\n");
    expect(yaml).toContain("# b doors: x y  [0m\n");
    expect(yaml).toContain("sequence: [1/tcp] # c d\n");
    expect(configOf(yaml).doors).toHaveLength(1);
  });
});

describe("whatever comes in", () => {
  /** Whether a knockd.yaml was made. */
  const check = (bytes: Uint8Array): boolean => {
    const results = [false, true].map((modern) => importKnockd(bytes, { file: "knockd.conf", modern }));
    for (const result of results) {
      if ("yaml" in result) configOf(result.yaml);
      else expect(result.problems.length).toBeGreaterThan(0);
    }
    return results.every((result) => "yaml" in result);
  };

  it("as bytes, never throws, and never makes a bad file", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void check(bytes)),
      { numRuns: 2000 },
    );
  });

  // Lines that get past the first look, put together at random.
  const value = fc.oneof(
    fc.string({ maxLength: 12, unit: "binary" }),
    fc.constantFrom("1,2,3", "7000:udp,8", "syn,!ack", "fin", "0", "-1", "5 # s", "10.0.0.1", "::1", "eth0", "", "7,"),
    fc.constantFrom(
      "iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
      "iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
      "ufw allow from %IP% to any port 1",
      "nft add element inet f s { %IP% }",
      "ipset add s %IP% timeout 0",
      "ipset add x:y %IP%",
    ),
  );
  const key = fc.constantFrom(
    ...["Sequence", "one_time_sequences", "Seq_Timeout", "timeout", "tcpflags", "target", "command", "start_command"],
    ...["command_6", "stop_command", "stop_command_6", "cmd_timeout", "cooldown", "interface", "logfile", "otp"],
  );
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(key, value).map(([name, text]) => `${name} = ${text}`) },
    { weight: 3, arbitrary: fc.string({ maxLength: 10, unit: "binary" }).map((name) => `[${name}]\nsequence = 1,2`) },
    { weight: 1, arbitrary: fc.constantFrom("[options]", "UseSyslog", "", "# x", " # y", "; z", "[a]\nsequence=3") },
    { weight: 1, arbitrary: fc.string({ maxLength: 20, unit: "binary" }).map((text) => `#${text}`) },
  );

  it("as lines of the right form, never makes a bad file", () => {
    let made = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        if (check(bytesOf(["[x]", "sequence = 9", ...lines].join("\n")))) made++;
      }),
      { numRuns: 1000 },
    );
    expect(made).toBeGreaterThan(100);
  });

  it.each([
    ["doors", "[a]\nsequence=1\n"],
    ["sections without a name", "[]\n"],
    ["doors that nobody can open", "[a]\nsequence=\n"],
    ["comments", "#\n"],
    ["commands", "[a]\nsequence=1\ncommand=iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT\n"],
    ["blanks", " "],
    ["signs", "="],
    ["zero bytes", "\0"],
  ])("comes to an end with a quarter of the largest file full of %s", { timeout: 60_000 }, (_what, text) => {
    check(bytesOf(text.repeat(KNOCKD_CONF_BYTES_MAX / 4 / text.length)));
  });

  it("is no longer than a knockd.yaml may be", { timeout: 60_000 }, () => {
    const doors = bytesOf("[a]\nsequence=1\n".repeat(KNOCKD_CONF_BYTES_MAX / 15));
    const result = importKnockd(doors, { file: "knockd.conf" });
    expect("yaml" in result && result.yaml.length).toBeLessThan(CONFIG_BYTES_MAX);
  });
});
