// knockd import beside the knockd that it imports from: Debian's binary says what it makes of a file, and its client knocks.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Door } from "../../src/core/door.ts";
import { importKnockd } from "../../src/import/knockd-import.ts";
import { configOf } from "../support/doors.ts";
import { KNOCKD } from "../support/knockd.ts";
import { HOST, Lab, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const SAMPLES = fileURLToPath(new URL("../import/", import.meta.url));
const ECHO = fileURLToPath(new URL("../support/echo.js", import.meta.url));
const DEBIAN_CONF = "/etc/knockd.conf";
const FLAG_BITS = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10, URG: 0x20 };
const YEAR_MS = 31_536_000_000;

/** A door as knockd has read it. */
interface Theirs {
  /** The last value of each key. */
  readonly keys: Map<string, string>;
  readonly flags: { mask: number; value: number };
}

describe.skipIf(!root)("knockd import", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(async () => {
    await lab.open("client", "stranger");
    await net.spawn("server", [process.execPath, ECHO, "22"]).until(/listening/);
  });
  afterEach(async () => {
    await lab.reset();
    await net.ok("server", ["ipset", "destroy"]);
  });
  afterAll(() => lab.close());

  /** What knockd makes of a file, from its own words; undefined if it refuses it. The file is all it gets to see. */
  async function theirs(bytes: Uint8Array): Promise<Theirs[] | undefined> {
    const file = join(lab.directory, "theirs.conf");
    writeFileSync(file, bytes);
    const { stdout, stderr } = await net.run("server", ["knockd", "-D", "-i", "no-such-if", "-c", file]);
    if (!/no-such-if/.test(stderr + stdout)) return undefined;
    const doors: Theirs[] = [];
    for (const line of stdout.split("\n")) {
      const section = /^config: new section: '(.*)'$/.exec(line)?.[1];
      if (section !== undefined) doors.push({ keys: new Map([["name", section]]), flags: { mask: 0, value: 0 } });
      const [, key = "", value] =
        /^config: .*?: (sequence|target|\w+_timeout|\w+_command(?:_6)?): (.*)$/.exec(line) ?? [];
      if (value !== undefined) doors.at(-1)?.keys.set(key, value);
      readFlag(line, doors.at(-1));
    }
    return doors.filter(({ keys }) => keys.get("name") !== "options");
  }

  function ours(bytes: Uint8Array): readonly Door[] | undefined {
    const result = importKnockd(bytes, { file: "knockd.conf" });
    return "yaml" in result ? configOf(result.yaml).doors : undefined;
  }

  const samples = readdirSync(SAMPLES).filter((file) => file.endsWith(".conf"));
  // The first is what knockd refuses and people write, the second are keys of a fork, the third wants a file of sequences.
  const strange = new Set(["not-by-the-book.conf", "game-server.conf", "one-time.conf", "repeated.conf"]);

  it.each(samples)("makes the doors of %s that knockd makes of it", async (file) => {
    const bytes = readFileSync(SAMPLES + file);
    const read = await theirs(bytes);
    if (strange.has(file) && read === undefined) return;
    expect(ours(bytes)?.map(comparable)).toEqual(read?.filter(canOpen).map(expected));
  });

  // What knockd may see in a line, and what it may not.
  const directive = fc.oneof(
    fc.constantFrom(
      ...[
        "sequence = 1,2,3",
        "Sequence=7000:UDP , 8000 : Tcp",
        "SEQUENCE = 571, 290, 911 ",
        "sequence = -1,5",
        "sequence =",
      ],
      ...[
        "sequence = 4294974296",
        "sequence = 7,8 # a",
        "sequence = 7,8 # a, b",
        "sequence = 70000",
        "sequence = 7:icmp",
      ],
      ...["sequence = 7:", "sequence = 7:udp:x", "sequence = 7 8", "sequence = 1,", "sequence = 99999999999999999999"],
      ...[
        "seq_timeout = 5 # s",
        "timeout = 0",
        "Seq_Timeout=-1",
        "seq_timeout = x",
        "seq_timeout = 12s",
        "seq_timeout",
      ],
      ...[
        "tcpflags = syn",
        "tcpflags = SYN,!ack",
        "TcpFlags = !syn",
        "tcpflags =",
        "tcpflags = s",
        "tcpflags = fin,,syn",
      ],
      ...["command = a=b # c", "start_command =", "Start_Command = echo %IP%", "command_6 = x", "start_command_6 ="],
      ...["stop_command = y", "stop_command_6 = z", "cmd_timeout = 0", "cmd_timeout = 7x", "cmd_timeout = -2"],
      ...[
        "UseSyslog",
        "usesyslog",
        "interface = lo",
        "nonsense",
        "a = b",
        "= 5",
        "",
        "# c",
        "  # d",
        "[x] y",
        "[",
        "]",
      ],
    ),
    fc
      .constantFrom("1", "0", "-", "+", " ", "x", ":", ",", "#")
      .chain((first) =>
        fc
          .array(fc.constantFrom("7", "0", ",", ":", " ", "udp", "tcp", "-", "x", "#", "65536"), { maxLength: 6 })
          .map((rest) => `sequence = ${first}${rest.join("")}`),
      ),
  );
  const section = fc.constantFrom("[a]", "[a b]", " [b] ", "[[c]]", "[d]e]", "[options]", "[]");
  const text = fc
    .array(
      fc.tuple(section, fc.constantFrom("sequence = 9,10", "sequence = 11"), fc.array(directive, { maxLength: 4 })),
      {
        maxLength: 3,
      },
    )
    .map((sections) =>
      sections
        .map(([name, first, rest]) => [name, ...(name === "[options]" ? [] : [first]), ...rest].join("\n"))
        .join("\n"),
    );

  it("refuses what knockd refuses, and makes the doors that knockd makes, of hundreds of odd files", {
    timeout: 200_000,
  }, async () => {
    let accepted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(text, async (file) => {
        const bytes = new TextEncoder().encode(file);
        const read = await theirs(bytes);
        if (read === undefined) refused++;
        else accepted++;
        expect(ours(bytes)?.map(comparable)).toEqual(read?.filter(canOpen).map(expected));
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(30);
    expect(refused).toBeGreaterThan(30);
  });

  it("--modern makes of Debian's own sample a door that Debian's knock opens, beside rules of one's own that drop", async () => {
    // The rules of those who follow the tutorials; nothing but iptables can overrule the second.
    await net.ok("server", words("iptables -A INPUT -p tcp --dport 22 -j DROP"));
    const imported = await net.run("server", [...KNOCKD, "import", "--modern", DEBIAN_CONF]);
    expect(imported.code).toBe(0);
    const daemon = await lab.start(imported.stdout, { args: ["-i", "eth0"] });
    expect(await lab.reachable("client", HOST, 22)).toBe(false);
    await net.ok("client", ["/usr/bin/knock", HOST, "7000", "8000", "9000"]);
    await daemon.logs(/10\.9\.0\.10: openSSH: OPEN SESAME/);
    await lab.opens("client", HOST, 22);
    expect(await lab.reachable("stranger", HOST, 22)).toBe(false);
  });

  it("without --modern runs the commands that knockd ran, for Debian's knock", async () => {
    await net.ok("server", words("iptables -A INPUT -p tcp --dport 22 -j DROP"));
    const conf = `[options]\n UseSyslog\n interface = eth0\n[ssh]\n sequence = 7000,8000:udp,9000\n command = iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT # in\n stop_command = iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT\n cmd_timeout = 8\n`;
    const imported = await net.run("server", [...KNOCKD, "import", lab.write("knockd.conf", conf)]);
    await lab.start(imported.stdout);
    expect(await lab.reachable("client", HOST, 22)).toBe(false);
    await net.ok("client", ["/usr/bin/knock", HOST, "7000", "8000:udp", "9000"]);
    await lab.opens("client", HOST, 22);
    await lab.closes("client", HOST, 22);
  });

  it("reads this machine's /etc/default/knockd for this machine's /etc/knockd.conf, and for no other file", async () => {
    const defaults = lab.write("default", 'START_KNOCKD=1\nKNOCKD_OPTS="-i ens3"\n');
    const other = lab.write("other.conf", readFileSync(DEBIAN_CONF, "utf8"));
    const script = 'mount --bind "$1" /etc/default/knockd && shift && exec "$@"';
    const here = (file: string) =>
      net.run("server", ["unshare", "--mount", "sh", "-c", script, "sh", defaults, ...KNOCKD, "import", file]);
    expect((await here(DEBIAN_CONF)).stdout).toContain("  interface: ens3\n");
    const imported = await here(other);
    expect(imported.code).toBe(0);
    expect(imported.stdout).not.toContain("ens3");
  });
});

function readFlag(line: string, door: Theirs | undefined): void {
  const [, not, name = ""] = /^config: tcp flag: (!?)([A-Z]{3})$/.exec(line) ?? [];
  const bit = Object.entries(FLAG_BITS).find(([flag]) => flag === name)?.[1] ?? 0;
  if (door === undefined) return;
  door.flags.mask |= bit;
  door.flags.value = not === "" ? door.flags.value | bit : door.flags.value & ~bit;
}

/** Nobody knocks at port 0, and without time nobody knocks twice. */
function canOpen({ keys }: Theirs): boolean {
  const steps = (keys.get("sequence") ?? "").split(",");
  const timeout = Number(keys.get("seq_timeout") ?? 25);
  const target = keys.get("target");
  return (
    !steps.some((step) => step.startsWith("0:")) && (steps.length === 1 || timeout > 0) && target !== "www.example.org"
  );
}

function expected({ keys, flags }: Theirs) {
  const seconds = Number(keys.get("seq_timeout") ?? 25);
  const open = Number(keys.get("cmd_timeout") ?? 10);
  const start = keys.get("start_command");
  const stop = keys.get("stop_command");
  return {
    sequence: keys.get("sequence"),
    seqTimeoutMs: seconds > 0 ? seconds * 1000 : 25_000,
    grantMs: open < 0 ? YEAR_MS : open === 0 ? 1 : open * 1000,
    flags,
    4: commands(start, stop),
    6: commands(keys.get("start_command_6") ?? start, keys.get("stop_command_6") ?? stop),
  };
}

/** An empty start command runs nothing, and then the stop command does not run either. */
function commands(start = "", stop = "") {
  if (start === "") return {};
  return stop === "" ? { start: { shell: start } } : { start: { shell: start }, stop: { shell: stop } };
}

function comparable({ sequence, seqTimeoutMs, grantMs, tcpflags, commands: runs }: Door) {
  return {
    sequence: sequence.map(({ protocol, number }) => `${number}:${protocol}`).join(","),
    seqTimeoutMs,
    grantMs,
    flags: tcpflags,
    4: runs[4],
    6: runs[6],
  };
}
