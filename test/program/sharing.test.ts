// The config file as its user sees it: profiles listed, brought in and handed on; what is refused, and with which words.

import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Running } from "../support/running.ts";
import { Scratch } from "../support/scratch.ts";

const KNOCK = fileURLToPath(new URL("../../dist/knock.js", import.meta.url));
const SECRET = "GEZDGNBVGY3TQOJQ";

describe("knock", () => {
  const scratch = new Scratch();
  const file = (): string => scratch.pathOf("knock/config.yaml");

  beforeEach(() => {
    scratch.make();
    mkdirSync(scratch.pathOf("knock"));
  });
  afterEach(() => scratch.remove());

  async function knock(...args: string[]) {
    const env = { HOME: scratch.path, XDG_CONFIG_HOME: scratch.path };
    const running = new Running([process.execPath, KNOCK, ...args], { env });
    return { code: await running.ended(), stdout: running.stdout, stderr: running.stderr };
  }
  const says = (stdout: string) => ({ code: 0, stdout, stderr: "" });
  const complains = (stderr: string) => ({ code: 1, stdout: "", stderr });

  it("makes the file, for its owner alone, with the first profile", async () => {
    rmSync(scratch.pathOf("knock"), { recursive: true });
    expect(await knock("--import", "knock://192.0.2.1/7000,8000/udp?delay=5&family=4&wait=22#home")).toEqual(
      says(`profile "home" is now in ${file()}: try "knock --print home"\n`),
    );
    expect(readFileSync(file(), "utf8")).toBe(
      "profiles:\n  home:\n    host: 192.0.2.1\n    sequence:\n      - 7000/tcp\n      - 8000/udp\n    delay: 5ms\n    family: 4\n    wait: 22/tcp\n",
    );
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(await knock("--export", "home")).toEqual(
      says(
        "knock://192.0.2.1/7000,8000/udp?delay=5&family=4&wait=22/tcp#home\nknock -4 -d 5 192.0.2.1 7000 8000:udp\n",
      ),
    );
  });

  it("adds a profile behind the others, and keeps comments and the place behind a link", async () => {
    const text = "# mine\nprofiles:\n  a: { host: h, sequence: 1 } # old\n";
    symlinkSync(scratch.write("dotfile", text), file());
    expect(await knock("--import", "knock -u b.example 7000 8000", "--as", "b")).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(scratch.pathOf("dotfile"), "utf8")).toBe(
      `${text}  b:\n    host: b.example\n    sequence:\n      - 7000/udp\n      - 8000/udp\n`,
    );
    expect(await knock("--list")).toEqual(says("a  h          sequence\nb  b.example  sequence\n"));
  });

  it("adds a profile to a file of comments alone", async () => {
    scratch.write("knock/config.yaml", "# nothing yet\n");
    expect(await knock("--import", "knock://h/1")).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(file(), "utf8")).toMatch(/^# nothing yet\n[\s\S]*profiles:\n {2}h:\n {4}host: h\n/);
  });

  it.each([
    [
      ["--import", "knock://h/7000#a"],
      `there is a profile "a" already in FILE\nknock: hint: give another name: "--as NAME"`,
    ],
    [
      ["--import", "knock://192.0.2.1/7000"],
      `"192.0.2.1" cannot be a profile's name\nknock: hint: give one that begins with a letter: "--as NAME"`,
    ],
    [
      ["--import", "knock://%24(id)/7000#x"],
      `the new profile:7:11: profiles.x.host: expected a host's name or address, got "$(id)"`,
    ],
    [["--import", "ssh h"], 'expected "knock://..." or "knock HOST PORT...", got "ssh h"'],
    [["--export", "phone"], 'cannot export "phone": only a sequence fits into a line, keys and codes do not'],
    [
      ["--export", "nobody"],
      'no profile "nobody" in FILE\nknock: hint: try "knock --list"; without a profile: knock HOST PORT...',
    ],
  ])("refuses %j, and leaves the file as it was", async (args, words) => {
    const text = "profiles:\n  a:\n    host: h\n    sequence: 1\n  phone: { host: h, totp: { ports: 20000-20299 } }\n";
    scratch.write("knock/config.yaml", text);
    expect(await knock(...args)).toEqual(complains(`knock: ${words.replace("FILE", file())}\n`));
    expect(readFileSync(file(), "utf8")).toBe(text);
  });

  it("refuses a file with secrets that others may read, and takes it when they may not", async () => {
    scratch.write(
      "knock/config.yaml",
      `profiles: { p: { host: 127.0.0.1, totp: { ports: 20000-20299, secret: ${SECRET} } } }\n`,
    );
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(file(), mode);
      expect(await knock("--print", "p")).toEqual(
        complains(
          `knock: ${file()} holds secrets and is open to others (mode 0${mode.toString(8)})\nknock: hint: try "chmod 600 ${file()}"\n`,
        ),
      );
    }
    chmodSync(file(), 0o600);
    expect(await knock("--print", "p")).toMatchObject({ code: 0, stderr: "" });
    expect(await knock("--list")).toEqual(says("p  127.0.0.1  code\n"));
  });

  it("says every mistake of the file, each with its place", async () => {
    scratch.write("knock/config.yaml", "profiles:\n  a: { host: h, sequence: 0 }\n  b: { hots: h, sequence: 1 }\n");
    expect(await knock("a")).toEqual(
      complains(
        `knock: ${file()}:2:27: profiles.a.sequence[0]: port must be 1 to 65535, got "0"\n` +
          `knock: ${file()}:3:6: profiles.b.host: expected a host's name or address, got nothing\n` +
          `knock: ${file()}:3:8: profiles.b.hots: unknown key, expected one of host sequence totp spa wait wait_time delay family interface source\n`,
      ),
    );
  });

  it("says when there is no file for what needs one", async () => {
    expect(await knock("--spa", "home")).toEqual(complains(`knock: no profile "home": there is no ${file()}\n`));
    expect(await knock("--list")).toEqual(says(""));
    expect(await knock("home")).toEqual(complains(expect.stringMatching(/^usage: knock/)));
  });

  it("says when the file is none", async () => {
    mkdirSync(file());
    expect(await knock("home")).toEqual(complains(`knock: cannot read ${file()}: it is a directory\n`));
  });

  it("prints what it would send, and of a packet no key", async () => {
    scratch.write(
      "knock/config.yaml",
      `profiles:
  home: { host: 127.0.0.1, sequence: [7000, 8000/udp, 100/icmp], wait: 22, wait_time: 5 }
  phone: { host: 127.0.0.1, sequence: 7000, totp: { ports: 20000-20299 } }
  vault: { host: 127.0.0.1, spa: { key: QUJDREVG, hmac_key: R0hJSktM, open: [22, 53/udp], timeout: 30s } }
`,
    );
    chmodSync(file(), 0o600);
    expect(await knock("--print", "home")).toEqual(
      says("tcp 127.0.0.1:7000\nudp 127.0.0.1:8000\nicmp 127.0.0.1:100\nthen waits for 22/tcp, 5 s at most\n"),
    );
    expect(await knock("--print", "phone")).toEqual(
      says(
        "tcp 127.0.0.1:7000\n" +
          "tcp 127.0.0.1:20000 to 20099, as digits 1 and 2 say\n" +
          "tcp 127.0.0.1:20100 to 20199, as digits 3 and 4 say\n" +
          "tcp 127.0.0.1:20200 to 20299, as digits 5 and 6 say\n",
      ),
    );
    expect(await knock("--print", "phone", "--code", "492817")).toEqual(
      says("tcp 127.0.0.1:7000\ntcp 127.0.0.1:20049\ntcp 127.0.0.1:20128\ntcp 127.0.0.1:20217\n"),
    );
    expect(await knock("--print", "vault", "--source", "192.0.2.7")).toEqual(
      says(
        "udp 127.0.0.1:62201, one signed packet\n  user     knock\n  address  192.0.2.7\n  ports    tcp/22 udp/53\n  for      30 s\n",
      ),
    );
  });

  it.each([
    [["vault", "-6"], "spa is IPv4 only"],
    [["vault", "--source", "::1"], "spa is IPv4 only"],
    [["vault", "-d", "5"], 'option "--delay" is for knocks: profile "vault" sends one packet'],
  ])("refuses %j", async (args, words) => {
    scratch.write(
      "knock/config.yaml",
      "profiles:\n  home: { host: h, sequence: 1 }\n  vault: { host: h, spa: { key: QUJDREVG, hmac_key: R0hJSktM, open: 22 } }\n",
    );
    chmodSync(file(), 0o600);
    expect(await knock(...args)).toEqual(complains(`knock: ${words}\n`));
  });
});
