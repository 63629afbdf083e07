// The attack: root starts the daemon by hand, in directories that belong to user knockd, whom a stranger has taken over: a link named
// ledger.new empties /etc/shadow, and a ledger of the attacker's names a stop command that runs as root. And root makes a key in a
// directory of that user, who puts a link in its place while it is given away.

import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { KNOCKD } from "../../support/knockd.ts";
import { Lab } from "../../support/lab.ts";
import { Running } from "../../support/running.ts";

/** nobody; here it stands for user knockd. */
const OTHER = 65_534;
const CONFIG =
  "options: { firewall: none, interface: eth0 }\ndoors: { log: { sequence: [7000/tcp, 8431/tcp, 9112/udp] } }\n";

const lab = new Lab();
beforeAll(() => lab.open());
afterAll(() => lab.close());
afterEach(() => lab.reset());

const at = (name: string): string => `${lab.directory}/${name}`;

function directory(name: string, owner: number, mode: number): string {
  rmSync(at(name), { recursive: true, force: true });
  mkdirSync(at(name));
  chownSync(at(name), owner, owner);
  chmodSync(at(name), mode);
  return at(name);
}

describe("a daemon that root starts by hand", () => {
  it.each([
    ["belongs to another user", "state", OTHER, 0o700],
    ["belongs to another user", "run", OTHER, 0o700],
    ["is writable for others", "state", 0, 0o775],
    ["is writable for others", "run", 0, 0o757],
  ])("refuses what %s as its %s directory, before it opens anything there", async (why, which, owner, mode) => {
    directory("state", 0, 0o700);
    directory("run", 0, 0o700);
    const place = directory(which, owner, mode);
    writeFileSync(at("victim"), "root's own");
    for (const name of ["ledger.new", "ledger.lock", "guard-secret", "knockd.sock.lock"])
      symlinkSync(at("victim"), `${place}/${name}`);
    const daemon = lab.spawn(CONFIG);
    expect(await daemon.running.ended()).toBe(77);
    expect(daemon.running.stderr).toContain(`knockd: "${place}" ${why}`);
    expect(daemon.running.stderr).toMatch(/knockd: hint: .*(STATE|RUNTIME)_DIRECTORY/);
    expect(readFileSync(at("victim"), "utf8")).toBe("root's own");
  });

  it("follows no link in a directory of its own, and takes no ledger of another user", async () => {
    const state = directory("state", 0, 0o700);
    directory("run", 0, 0o700);
    writeFileSync(at("victim"), "root's own");
    for (const name of ["ledger.new", "guard-secret", "replays.new"]) symlinkSync(at("victim"), `${state}/${name}`);
    const planted = {
      door: "log",
      ip: "192.0.2.1",
      boot: "b",
      opened: { wallMs: 1, upMs: 1 },
      closes: { wallMs: 2, upMs: 2 },
    };
    const stop = { shell: `touch ${at("planted")}` };
    writeFileSync(`${state}/ledger`, `${JSON.stringify({ open: { ...planted, open: false, stop } })}\n`);
    chownSync(`${state}/ledger`, OTHER, OTHER);
    const daemon = await lab.start(CONFIG);
    await daemon.logs(/ledger: cannot read it.*belongs to another user/);
    await daemon.running.stop();
    expect(readFileSync(at("victim"), "utf8")).toBe("root's own");
    expect(lstatSync(at("planted"), { throwIfNoEntry: false })).toBeUndefined();
    expect(lstatSync(`${state}/guard-secret`).isFile()).toBe(true);
  });
});

describe("a key that root makes", () => {
  it("is given away by its descriptor: a link in its place wins nothing", async () => {
    const keys = directory("keys", OTHER, 0o755);
    chmodSync(lab.directory, 0o711);
    writeFileSync(at("victim"), "root's own");
    const passwd = lab.write("passwd", "root:x:0:0::/root:/bin/sh\nknockd:x:65534:65534::/:/bin/false\n");
    // The attacker waits for the key, and is faster than whoever gives it away by its name.
    const attacker = `perl -e "alarm 20; my (\\$key, \\$victim) = @ARGV; until (-e \\$key) {} unlink \\$key; symlink \\$victim, \\$key" ${keys}/alice ${at("victim")}`;
    const script = `mount --bind ${passwd} /etc/passwd
      setpriv --reuid=65534 --clear-groups sh -c '${attacker}' & "$@"; wait`;
    const argv = [...KNOCKD, "keygen", "alice", "--file", `${keys}/alice`, "-c", at("none")];
    const running = new Running(["unshare", "--mount", "bash", "-c", script, "bash", ...argv]);
    await running.ended();
    expect(running.stdout).toMatch(/The key is in/);
    expect(lstatSync(`${keys}/alice`).isSymbolicLink()).toBe(true);
    expect(statSync(at("victim"))).toMatchObject({ uid: 0, gid: 0 });
  });

  it("is root's, in a directory of root's; the daemon's group may read both, and write neither", async () => {
    const passwd = lab.write("passwd", "root:x:0:0::/root:/bin/sh\nknockd:x:65534:65534::/:/bin/false\n");
    const argv = [...KNOCKD, "keygen", "bob", "--file", at("new/bob"), "-c", at("none")];
    const running = new Running([
      "unshare",
      "--mount",
      "bash",
      "-c",
      `mount --bind ${passwd} /etc/passwd; "$@"`,
      "bash",
      ...argv,
    ]);
    expect(await running.ended()).toBe(0);
    const found = [at("new"), at("new/bob")].map((path) => statSync(path));
    expect(found).toMatchObject([
      { uid: 0, gid: OTHER },
      { uid: 0, gid: OTHER },
    ]);
    expect(found.map(({ mode }) => mode & 0o777)).toEqual([0o750, 0o640]);
  });
});
