// knockd import as its user sees it: words on stdout and stderr, exit codes.

import { readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { knockd } from "../support/knockd.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

const GOOD = `[options]
  UseSyslog
[ssh]
  sequence = 4012,9144:udp,2710
  start_command = iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
  stop_command = iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
`;

describe("knockd import", () => {
  it("prints a knockd.yaml, which check finds nothing wrong with, and on stderr what it did not keep", async () => {
    const file = scratch.write("knockd.conf", GOOD);
    const { code, stdout, stderr } = await knockd("import", file);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `knockd: ${file}:2: UseSyslog: not needed, the journal has the log\n`,
    });
    expect(stdout).toContain("    sequence: [4012/tcp, 9144/udp, 2710/tcp]\n");
    expect(stdout).toContain("    #open: 22/tcp\n");
    const yaml = scratch.write("knockd.yaml", stdout);
    expect(await knockd("check", "-c", yaml)).toMatchObject({ code: 0, stdout: `${yaml}: fine, 1 door\n` });
  });

  it("writes open: with --modern", async () => {
    const { code, stdout } = await knockd("import", "--modern", scratch.write("knockd.conf", GOOD));
    expect(code).toBe(0);
    expect(stdout).toContain("    open: 22/tcp\n    for: 10\n");
    expect(stdout).not.toContain("_command");
  });

  it("takes the interface from the file that --defaults names, and says what has to go from there", async () => {
    const file = scratch.write("knockd.conf", GOOD);
    const defaults = scratch.write("default", 'START_KNOCKD=1\nKNOCKD_OPTS="-d -i ens3"\n');
    const { code, stdout, stderr } = await knockd("import", "--defaults", defaults, file);
    expect(code).toBe(0);
    expect(stdout).toContain("\noptions:\n  interface: ens3\n");
    expect(stderr.split("\n")[0]).toBe(
      `knockd: ${defaults}:2: KNOCKD_OPTS: -d is not needed; take it out, or the service does not start`,
    );
  });

  it("exits 78 for a file that knockd would refuse, with every reason and its line, and prints no yaml", async () => {
    const file = scratch.write("bad.conf", "[ssh]\nsequence = 7000:icmp\nnonsense\n");
    expect(await knockd("import", file)).toEqual({
      code: 78,
      stdout: "",
      stderr:
        `knockd: ${file}:2: sequence: protocol must be tcp or udp, got "7000:icmp"\n` +
        `knockd: ${file}:3: expected a key of a door and its value, got "nonsense"\n`,
    });
  });

  it.each([
    ["a missing file", () => scratch.pathOf("nowhere.conf"), /no such file or directory$/],
    ["a directory", () => scratch.path, /illegal operation on a directory$/],
    [
      "a file that is far too large",
      () => scratch.write("large.conf", Buffer.alloc(262_145, 0x23)),
      /larger than 262144 bytes$/,
    ],
  ])("exits 66 for %s", async (_what, fileOf, reason) => {
    const file = fileOf();
    for (const args of [[file], ["--defaults", file, scratch.write("knockd.conf", GOOD)]]) {
      const { code, stdout, stderr } = await knockd("import", ...args);
      expect({ code, stdout }).toEqual({ code: 66, stdout: "" });
      expect(stderr.startsWith(`knockd: cannot read ${JSON.stringify(file)}: `)).toBe(true);
      if (args.length === 1) expect(stderr.trimEnd()).toMatch(reason);
    }
  });

  it.each([
    [["import"], /^knockd: missing required argument 'file'\n$/],
    [["import", "a", "b"], /^knockd: too many arguments for 'import'/],
    [["import", "--modren", "a"], /^knockd: unknown option '--modren'\n.*--modern/],
  ])("exits 64 for %j", async (args, stderr) => {
    expect(await knockd(...args)).toEqual({ code: 64, stdout: "", stderr: expect.stringMatching(stderr) });
  });

  it("shows an example in its help", async () => {
    const { code, stdout } = await knockd("import", "--help");
    expect(code).toBe(0);
    expect(stdout).toContain("knockd import /etc/knockd.conf > /etc/knockd/knockd.yaml");
  });
});

const ACCESS = `SOURCE ANY
OPEN_PORTS tcp/22
REQUIRE_SOURCE_ADDRESS Y
KEY_BASE64 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
HMAC_KEY_BASE64 aG1hY2htYWNobWFjaG1hY2htYWM=
`;

describe("knockd import of an access.conf", () => {
  it("prints keys and doors, and says without any secret what to put where", async () => {
    const file = scratch.write("whatever.txt", ACCESS);
    const { code, stdout, stderr } = await knockd("import", file);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `knockd: ${file}:1: key fwknop-1: put KEY_BASE64 of line 4 and HMAC_KEY_BASE64 of line 5 into /etc/knockd/keys/fwknop-1, mode 0600, or let --keys DIR do so\n`,
    });
    expect(stdout).toContain("keys:\n  fwknop-1:\n    file: /etc/knockd/keys/fwknop-1\n    doors: [open-22]\n");
    expect(stdout + stderr).not.toMatch(/MDEy|aG1h/);
  });

  it("makes key files with --keys, for nobody else's eyes, which check takes; and never overwrites one", async () => {
    const file = scratch.write("access.conf", ACCESS);
    const keys = scratch.pathOf("keys");
    const { code, stdout, stderr } = await knockd("import", "--keys", `${keys}/`, file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`file: ${keys}/fwknop-1\n`);
    expect(statSync(`${keys}/fwknop-1`).mode & 0o777).toBe(0o600);
    const made = readFileSync(`${keys}/fwknop-1`, "utf8");
    expect(made).toBe(
      "KEY_BASE64: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\nHMAC_KEY_BASE64: aG1hY2htYWNobWFjaG1hY2htYWM=\n",
    );
    expect(await knockd("check", "-c", scratch.write("keys.yaml", stdout))).toMatchObject({ code: 0 });
    const again = await knockd("import", "--keys", keys, file);
    expect(again).toEqual({
      code: 69,
      stdout: "",
      stderr:
        `knockd: cannot make "${keys}/fwknop-1": it is there already\n` +
        "knockd: hint: a key is never overwritten: name another directory with --keys\n",
    });
    expect(readFileSync(`${keys}/fwknop-1`, "utf8")).toBe(made);
  });

  it("exits 78 for one that fwknopd would refuse", async () => {
    const file = scratch.write("access.conf", "SOURCE ANY\nKEY __CHANGEME__\n");
    expect(await knockd("import", file)).toEqual({
      code: 78,
      stdout: "",
      stderr: `knockd: ${file}:2: KEY: still the placeholder of the sample file\n`,
    });
  });

  it.each([
    [["--modern"], () => ACCESS, /^knockd: --modern: only for a knockd\.conf\n$/],
    [["--defaults", "/dev/null"], () => ACCESS, /^knockd: --defaults: only for a knockd\.conf\n$/],
    [["--keys", "here"], () => ACCESS, /^knockd: --keys: expected a path that begins with \/, got "here"\n$/],
    [["--keys", "/tmp"], () => GOOD, /^knockd: --keys: a knockd\.conf has no keys\n$/],
  ])("exits 64 for %j, where it makes no sense", async (args, text, stderr) => {
    const file = scratch.write("some.conf", text());
    expect(await knockd("import", ...args, file)).toEqual({
      code: 64,
      stdout: "",
      stderr: expect.stringMatching(stderr),
    });
  });
});
