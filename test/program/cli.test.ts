// knockd as its user sees it: words on stdout and stderr, exit codes.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { knockd } from "../support/knockd.ts";
import { Scratch } from "../support/scratch.ts";

const SAMPLE = fileURLToPath(new URL("../../config/knockd.yaml", import.meta.url));

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

const GOOD = "doors:\n  ssh:\n    sequence: 31471,4263/udp,9171\n    open: 22\n";
const WEAK =
  "doors:\n  ssh:\n    sequence: 7000,8000,9000\n    open: 22\n  web:\n    sequence: 31471,4263,9171\n    open: 443\n";
const BAD = "options:\n  firewal: none\ndoors:\n  ssh:\n    sequence: [7000, 70000]\n    for: soon\n";

describe("knockd howto", () => {
  it("prints a line for each tool, and why some have none", async () => {
    const { code, stdout, stderr } = await knockd(
      "howto",
      "ssh",
      "--host",
      "server.example",
      "-c",
      scratch.write("howto.yaml", GOOD),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [head, , tool, line, ...more] = stdout.split("\n");
    expect([head, tool, line]).toEqual([
      "# ssh on server.example: 31471/tcp 4263/udp 9171/tcp within 25 s; opens 22/tcp for 10 s",
      "# knock (ours)",
      "knock -d 100 server.example 31471 4263:udp 9171",
    ]);
    expect(more).toContain("# ping: cannot, it sends no tcp, and 31471/tcp is a step");
  });

  it("says where the knock has to go, if not to an address of the machine's own", async () => {
    const file = scratch.write("target.yaml", `${GOOD}    target: 192.0.2.80\n`);
    const { stdout } = await knockd("howto", "ssh", "--host", "server.example", "-c", file);
    expect(stdout).toMatch(/^# ssh on .* within 25 s, to 192\.0\.2\.80 and no other address; opens 22\/tcp for 10 s\n/);
  });

  const PACKETS = `
keys: { alice: { file: /nowhere/alice, doors: [vpn, both] } }
doors:
  vpn: { spa: true, open: [51820/udp, {port: 2222/tcp, to: 192.168.1.10:22}], for: 30s }
  both: { sequence: "31471,4263,9171", spa: true, open: 22 }
  nobodys: { spa: true, open: 23 }
`;

  it("prints the packet of a door that has no sequence, and needs no key file for that", async () => {
    const file = scratch.write("packets.yaml", PACKETS);
    expect(await knockd("howto", "vpn", "--host", "server.example", "-c", file)).toEqual({
      code: 0,
      stderr: "",
      stdout: `# vpn on server.example: one signed packet; opens 51820/udp 2222/tcp to 192.168.1.10:22 for 30 s

# ADDRESS: yours, as server.example sees it; the keys are in ~/.fwknoprc, where knockd keygen had them put

# fwknop, key alice
fwknop -n alice -A udp/51820,tcp/2222 -a ADDRESS -D server.example --use-hmac

# knock (ours), key alice
knock --spa alice
`,
    });
  });

  it("prints knocks and packets of a door that has both", async () => {
    const file = scratch.write("packets.yaml", PACKETS);
    const { stdout } = await knockd("howto", "both", "--host", "server.example", "-c", file);
    expect(stdout).toMatch(
      /^# both on server\.example: 31471\/tcp 4263\/tcp 9171\/tcp within 25 s, or one signed packet; opens /,
    );
    expect(stdout).toMatch(/^knock -d 100 server\.example 31471 4263 9171$/m);
    expect(stdout).toMatch(/^fwknop -n alice -A tcp\/22 /m);
    const json = await knockd("howto", "vpn", "--host", "server.example", "-c", file, "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      steps: [],
      knocks: [{ tool: "fwknop, key alice" }, { tool: "knock (ours), key alice" }],
    });
  });

  it("says that a door waits for its first key", async () => {
    expect(
      await knockd("howto", "nobodys", "--host", "server.example", "-c", scratch.write("packets.yaml", PACKETS)),
    ).toEqual({
      code: 69,
      stdout: "",
      stderr:
        "knockd: door nobodys opens to signed packets, but no key opens it\nknockd: hint: knockd keygen NAME --host server.example --door nobodys\n",
    });
  });

  it.each([
    [["ssh"], 64, "required option '--host <host>' not specified"],
    [["ssh", "--host", "$(reboot)"], 64, '--host: expected an IP address or a host name, got "$(reboot)"'],
    [["web", "--host", "server"], 64, 'no door "web", expected one of ssh'],
    [["travel", "--host", "server"], 66, 'cannot read "/nowhere/travel": no such file or directory'],
  ])("refuses %j", async (args, code, message) => {
    const yaml = args[0] === "travel" ? "doors: { travel: { one_time_sequences: /nowhere/travel } }" : GOOD;
    const file = scratch.write("refused.yaml", yaml);
    expect(await knockd("howto", ...args, "-c", file)).toEqual({ code, stdout: "", stderr: `knockd: ${message}\n` });
  });
});

describe("knockd check", () => {
  it("says that a good file is fine", async () => {
    const file = scratch.write("good.yaml", GOOD);
    expect(await knockd("check", "-c", file)).toEqual({ code: 0, stdout: `${file}: fine, 1 door\n`, stderr: "" });
    expect(await knockd("check", `--config=${file}`)).toMatchObject({ code: 0, stdout: `${file}: fine, 1 door\n` });
  });

  it("says what is unwise in a file without problems", async () => {
    const file = scratch.write("weak.yaml", WEAK);
    expect(await knockd("check", "-c", file)).toEqual({
      code: 0,
      stdout: `${file}: fine, 2 doors\n`,
      stderr:
        "knockd: hint: doors.ssh.sequence: 7000/tcp, 8000/tcp, 9000/tcp are ports that scanners try first; the steps are " +
        "evenly spaced: a scan needs some 5,000 packets to open the door\n" +
        "knockd: hint: knockd suggest prints a good sequence\n",
    });
  });

  it("takes a weak sequence for a problem with --strict, and no other advice", async () => {
    const file = scratch.write("strict.yaml", WEAK);
    const message =
      "7000/tcp, 8000/tcp, 9000/tcp are ports that scanners try first; the steps are evenly spaced: " +
      "a scan needs some 5,000 packets to open the door";
    expect(await knockd("check", "--strict", "-c", file)).toEqual({
      code: 78,
      stdout: "",
      stderr:
        `knockd: ${file}:3:15: doors.ssh.sequence: ${message}\n` +
        "knockd: hint: knockd suggest prints a good sequence\n",
    });
    const { code, stdout } = await knockd("check", "--strict", "--json", "-c", file);
    expect(code).toBe(78);
    const path = "doors.ssh.sequence";
    expect(JSON.parse(stdout)).toEqual({ problems: [{ path, line: 3, column: 15, message }], warnings: [] });
    const good = scratch.write("logs-only.yaml", "doors:\n  ssh:\n    sequence: 31471,4263/udp,9171\n");
    expect(await knockd("check", "--strict", "-c", good)).toMatchObject({ code: 0, stdout: `${good}: fine, 1 door\n` });
  });

  it("says what else an administrator would want to know", async () => {
    const file = scratch.write("hints.yaml", "doors:\n  ssh:\n    sequence: 31471,4263/udp,9171\n");
    expect(await knockd("check", "-c", file)).toEqual({
      code: 0,
      stdout: `${file}: fine, 1 door\n`,
      stderr: "knockd: hint: doors.ssh: has no open, no set and no start_command, so it only logs\n",
    });
  });

  it("says every problem of a bad file, one a line, and exits 78", async () => {
    const file = scratch.write("bad.yaml", BAD);
    const { code, stdout, stderr } = await knockd("check", "-c", file);
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toEqual([
      expect.stringMatching(/^knockd: \S+\/bad\.yaml:2:\d+: options\.firewal: unknown key, did you mean firewall\?$/),
      `knockd: ${file}:5:22: doors.ssh.sequence[1]: port must be 1 to 65535, got "70000"`,
      `knockd: ${file}:6:10: doors.ssh.for: expected a time such as 30, 30s, 5m, 1h or 1d (a year at most), got "soon"`,
    ]);
  });

  it("prints one JSON object with --json, for a bad file and for a good one", async () => {
    const bad = await knockd("check", "--json", "-c", scratch.write("bad.yaml", BAD));
    expect(bad).toMatchObject({ code: 78, stderr: "" });
    expect(bad.stdout.trimEnd()).not.toContain("\n");
    expect(JSON.parse(bad.stdout)).toEqual({
      problems: [
        expect.objectContaining({ path: "options.firewal", line: 2, message: "unknown key, did you mean firewall?" }),
        {
          path: "doors.ssh.sequence[1]",
          line: 5,
          column: 22,
          message: 'port must be 1 to 65535, got "70000"',
        },
        expect.objectContaining({ path: "doors.ssh.for", line: 6, column: 10 }),
      ],
      warnings: [],
    });
    const weak = await knockd("check", "--json", "-c", scratch.write("weak.yaml", WEAK));
    expect(weak).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(weak.stdout)).toEqual({
      problems: [],
      warnings: [expect.stringContaining("ports that scanners try first")],
    });
  });

  it("finds nothing wrong with the sample that ships", async () => {
    expect(await knockd("check", "-c", SAMPLE)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/: fine, \d+ doors?\n$/),
    });
  });

  it.each([
    ["a missing file", () => scratch.pathOf("nowhere.yaml"), /no such file/],
    ["a directory", () => scratch.path, /directory/],
  ])("exits 66 for %s", async (_name, fileOf, reason) => {
    const file = fileOf();
    const { code, stdout, stderr } = await knockd("check", "-c", file);
    expect({ code, stdout }).toEqual({ code: 66, stdout: "" });
    expect(stderr).toMatch(reason);
    expect(stderr.startsWith(`knockd: cannot read ${JSON.stringify(file)}: `)).toBe(true);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  it("exits 66 for a file that is far too large, without reading it", async () => {
    const { code, stderr } = await knockd(
      "check",
      "-c",
      scratch.write("large.yaml", Buffer.alloc(4 * 1024 * 1024 + 1, 0x23)),
    );
    expect(code).toBe(66);
    expect(stderr).toMatch(/larger than 4194304 bytes/);
  });

  it.each([
    ["an alias without an anchor", "doors: {ssh: *nope}\n"],
    ["a tower of brackets", "[".repeat(100_000)],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ["nothing", ""],
  ])("never calls a bad file our own bug: %s", async (_name, text) => {
    const { code, stdout, stderr } = await knockd("check", "-c", scratch.write("odd.yaml", text));
    expect(stderr).not.toContain("internal error");
    expect(stderr).not.toContain("    at ");
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
    expect(stderr.length).toBeLessThan(20_000);
  });
});

it.each([
  ["--instance", "eth1", "check"],
  ["check", "--instance=eth1"],
])("knockd %s %s %s looks for the file of that instance", async (...words) => {
  const { code, stderr } = await knockd(...words);
  expect(code).toBe(66);
  expect(stderr).toMatch(/^knockd: cannot read "\/etc\/knockd\/eth1\.yaml": /);
});

it("knockd suggest prints another sequence each time", async () => {
  const { code, stdout } = await knockd("suggest");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^sequence: \[(\d+\/(tcp|udp)(, )?){4}\]\n# odds: the best scan needs 2\^5\d packets, [\d,]+ years at 100,000 a second\n$/,
  );
  expect((await knockd("suggest")).stdout).not.toBe(stdout);
});

describe("knockd run", () => {
  it("ends at once with a bad file, and says the same as check", async () => {
    const file = scratch.write("bad.yaml", BAD);
    expect(await knockd("run", "-c", file)).toEqual(await knockd("check", "-c", file));
  });

  it("ends at once with a missing file", async () => {
    expect(await knockd("run", "-c", scratch.pathOf("nowhere.yaml"))).toMatchObject({ code: 66, stdout: "" });
  });
});

describe("knockd's usage", () => {
  it.each([
    [["chekc"], /^knockd: unknown command 'chekc'\n.*check/],
    [["nonsense"], /^knockd: unknown command 'nonsense'\n$/],
    [["show", "ssh"], /^knockd: unknown command 'show'\nknockd: hint: it is called knockd howto now\n$/],
    [["remove"], /^knockd: unknown command 'remove'\nknockd: hint: it is called knockd flush now\n$/],
    [["--instance"], /^knockd: option '--instance <name>' argument missing\n$/],
    [["check", "-x"], /^knockd: unknown option '-x'\n$/],
    [["check", "--jsn"], /^knockd: unknown option '--jsn'\n.*--json/],
    [["check", "-c"], /^knockd: option '-c, --config <file>' argument missing\n$/],
    [["check", "extra"], /^knockd: too many arguments for 'check'/],
    [["run", "-i"], /^knockd: option '-i, --interface <interface>' argument missing\n$/],
    [["-c", "file"], /^knockd: unknown option '-c'\nknockd: hint: knockd run -c .*knockd import/],
    [
      ["-d", "-c", "/etc/knockd.conf", "-i", "eth0"],
      /^knockd: unknown option '-d'\nknockd: hint: -d is not needed, it runs in the foreground/,
    ],
    [["run", "-d"], /^knockd: unknown option '-d'\nknockd: hint: -d is not needed/],
    [["run", "-i", "eth0:1"], /^knockd: -i: an address label is no interface: expected eth0, .*, got "eth0:1"\n$/],
    [["check", "-i", "ALL"], /^knockd: -i: expected a name such as eth0, did you mean any\?, got "ALL"\n$/],
    [[], /^Usage: knockd /],
  ])("exits 64 for %j", async (args, stderr) => {
    expect(await knockd(...args)).toEqual({ code: 64, stdout: "", stderr: expect.stringMatching(stderr) });
  });

  it("is printed when asked for, with every command", async () => {
    const { code, stdout, stderr } = await knockd("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: knockd /);
    for (const command of ["run", "check", "howto", "suggest", "flush", "doctor"])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    expect(await knockd("check", "--help")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: knockd check /),
    });
  });

  it("names the version of the package", async () => {
    const packageFile = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(packageFile));
    for (const option of ["-V", "--version"])
      expect(await knockd(option)).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});
