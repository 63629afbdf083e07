// knockd enroll and knockd howto --code, as an administrator sees them. Debian's oathtool need not be there: the code is ours.
import { spawn } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeAt, parseSecretFile, stepOf } from "../../src/core/totp/code.ts";
import { KNOCKD } from "../support/knockd.ts";
import { Scratch } from "../support/scratch.ts";

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("knockd enroll", () => {
  const scratch = new Scratch();
  let config = "";
  let secretFile = "";
  beforeEach(() => {
    scratch.make();
    config = scratch.pathOf("knockd.yaml");
    secretFile = scratch.pathOf("keys/ssh.totp");
    writeFileSync(
      config,
      `doors:\n  ssh: { totp: { secret_file: ${secretFile}, ports: 20000-20299 }, open: 22/tcp }\n  web: { sequence: "7000,8100,9200", open: 80 }\n`,
    );
  });
  afterEach(() => scratch.remove());

  /** Runs it; `answer` is asked for each line of stdin once the program wants one, undefined ends stdin. */
  async function run(args: readonly string[], answer: () => string | undefined = () => undefined): Promise<End> {
    const [file = "", ...first] = KNOCKD;
    const child = spawn(file, [...first, ...args, "-c", config]);
    let stdout = "";
    let stderr = "";
    let asked = 0;
    child.stdin.on("error", () => {});
    child.stderr.on("data", (bytes) => (stderr += bytes));
    child.stdout.on("data", (bytes) => {
      stdout += bytes;
      const wanted = stdout.match(/digits: |next one: /g)?.length ?? 0;
      for (; asked < wanted; asked++) {
        const line = answer();
        if (line === undefined) child.stdin.end();
        else child.stdin.write(`${line}\n`);
      }
    });
    return await new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  }

  const codeOf = (later: number): string => {
    const secret = parseSecretFile(readFileSync(secretFile, "utf8"));
    const code = codeAt(secret, 6, stepOf(Date.now()) + later);
    return `${code.slice(0, 3)} ${code.slice(3)}`;
  };

  it("makes a secret of mode 0600, shows it, and takes the app's first code", async () => {
    const { code, stdout, stderr } = await run(["enroll", "ssh", "--label", "ssh at home"], () => codeOf(0));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(statSync(secretFile).mode & 0o777).toBe(0o600);
    expect(stdout).toMatch(
      /otpauth:\/\/totp\/knockd:ssh%20at%20home\?issuer=knockd&secret=[A-Z2-7]{32}&algorithm=SHA1&digits=6&period=30/,
    );
    expect(stdout).toMatch(/█/);
    expect(stdout).toContain("totp: { ports: 20000-20299 }");
    expect(stdout).toContain("fine, the code fits");
  });

  it("says what is wrong with a code, asks three times, and gives up", async () => {
    const { code, stderr } = await run(["enroll", "ssh"], () => codeOf(-4));
    expect(code).toBe(69);
    expect(
      // A step later if one has begun just now.
      stderr.match(/the code does not fit: it is of (?:120|150) s ago: set the phone's clock, or this machine's/g),
    ).toHaveLength(3);
    expect(stderr).toContain(`knockd: hint: to begin anew, remove ${secretFile} and enroll again`);
  });

  it("takes the second code, if the first was mistyped", async () => {
    const lines = ["12", "000000"];
    const { code, stderr } = await run(["enroll", "ssh"], () => lines.shift() ?? codeOf(1));
    expect(code).toBe(0);
    expect(stderr).toMatch(/does not fit: expected a code of 6 or 8 digits, got "12"/);
  });

  it("without anybody to ask makes the secret all the same", async () => {
    const { code, stdout } = await run(["enroll", "ssh"]);
    expect(code).toBe(0);
    expect(stdout).toContain("not tried: no code was given");
  });

  it("never overwrites a secret", async () => {
    await run(["enroll", "ssh"]);
    const before = readFileSync(secretFile, "utf8");
    const { code, stderr } = await run(["enroll", "ssh"]);
    expect(code).toBe(69);
    expect(stderr).toMatch(
      /^knockd: cannot make .*ssh.totp": file already exists\nknockd: hint: a secret is never overwritten/,
    );
    expect(readFileSync(secretFile, "utf8")).toBe(before);
  });

  it.each([
    [
      "web",
      "knockd: door web takes no codes\nknockd: hint: give it totp: { secret_file: /etc/knockd/keys/web.totp, ports: 20000-20299 }\n",
    ],
    ["mail", 'knockd: no door "mail", expected one of ssh web\n'],
  ])("says what a door lacks: %s", async (door, stderr) => {
    expect(await run(["enroll", door])).toEqual({ code: 64, stdout: "", stderr });
  });

  it("makes what check and run want, and check says so while it is missing", async () => {
    const before = await run(["check"]);
    expect(before.code).toBe(78);
    expect(before.stderr).toMatch(
      /doors\.ssh\.totp\.secret_file: cannot take the secret of door ssh .*: no such file or directory/,
    );
    expect(before.stderr).toContain("hint: knockd enroll ssh makes such a file");
    await run(["enroll", "ssh"]);
    expect((await run(["check"])).code).toBe(0);
  });

  it("is followed by knockd howto: the ports of a code, for stock tools", async () => {
    const { code, stdout } = await run(["howto", "ssh", "--host", "192.0.2.1", "--code", "492 817"]);
    expect(code).toBe(0);
    expect(stdout).toContain("20049/tcp 20128/tcp 20217/tcp within 25 s, good once; opens 22/tcp for 10 s");
    expect(stdout).toContain("knock -d 100 192.0.2.1 20049 20128 20217");
  });

  it.each([
    [
      ["howto", "ssh", "--host", "h"],
      "knockd: door ssh is opened by a code\nknockd: hint: give the one that the app shows, with --code\n",
    ],
    [
      ["howto", "ssh", "--host", "h", "--code", "12345678"],
      'knockd: --code: expected a code of 6 digits, got "12345678"\n',
    ],
    [
      ["howto", "ssh", "--host", "h", "--code", "12345"],
      'knockd: --code: expected a code of 6 or 8 digits, got "12345"\n',
    ],
    [["howto", "web", "--host", "h", "--code", "123456"], "knockd: door web takes no code: it has no totp\n"],
  ])("%j says what was expected", async (args, stderr) => {
    expect(await run(args)).toEqual({ code: 64, stdout: "", stderr });
  });
});
