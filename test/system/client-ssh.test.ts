// A login in one command: OpenSSH's own client knocks, waits and connects, to a real sshd that is hidden from everyone.
//
//   "proxy", "match" and others ── "switch" ── "server" 10.9.0.2: knockd, sshd on port 22

import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOST, Lab, OUR_KNOCK, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const CONFIG = `
options: { interface: eth0 }
doors:
  ssh: { sequence: [7000, 8200/udp, 7600], open: 22/tcp, for: 1h }
  code: { sequence: [20049, 20128, 20217], open: 22/tcp, for: 1h }
`;
const PROFILES = `
profiles:
  home: { host: ${HOST}, sequence: [7000, 8200/udp, 7600], wait: 22 }
  wrong: { host: ${HOST}, sequence: [7600, 7000], wait: 22, wait_time: 1 }
  phone: { host: ${HOST}, totp: { ports: 20000-20299 }, wait: 22 }
`;

describe.skipIf(!root)("ssh", () => {
  const lab = new Lab();
  const { net } = lab;
  const hostKey = join(lab.directory, "host-key");
  const userKey = join(lab.directory, "user-key");
  const env = { PATH: `${lab.directory}/bin:${process.env["PATH"]}`, XDG_CONFIG_HOME: lab.directory };

  const ssh = (...more: string[]): string[] => {
    const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=5", "LogLevel=ERROR"];
    return ["ssh", "-i", userKey, ...options.flatMap((option) => ["-o", option]), ...more];
  };
  const proxy = (line: string): string[] => ["-F", "/dev/null", "-o", `ProxyCommand=${line}`];

  beforeAll(async () => {
    await lab.open("proxy", "match", "code", "prompt", "prompt2", "wrong");
    for (const key of [hostKey, userKey])
      await net.ok("server", [...words("ssh-keygen -q -t ed25519 -N"), "", "-f", key]);
    mkdirSync(join(lab.directory, "bin"));
    mkdirSync(join(lab.directory, "knock"));
    chmodSync(lab.write("bin/knock", `#!/bin/sh\nexec ${OUR_KNOCK.join(" ")} "$@"\n`), 0o755);
    lab.write("knock/config.yaml", PROFILES);
    const file = lab.write(
      "sshd_config",
      `HostKey ${hostKey}\nAuthorizedKeysFile ${userKey}.pub\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPidFile none\n`,
    );
    // In mounts of its own: the directory that sshd insists on, and a root account that is not locked.
    const script = `mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd &&
      sed 's/^root:[^:]*/root:*/' /etc/shadow >/run/shadow && mount --bind /run/shadow /etc/shadow && exec /usr/sbin/sshd -D -e -f ${file}`;
    await net.spawn("server", ["unshare", "-m", "bash", "-c", script]).until(/Server listening on/);
    await lab.start(CONFIG);
  });
  afterAll(() => lab.close());

  it("gets in by a ProxyCommand that knocks, waits and connects", async () => {
    const argv = ssh(
      "-o",
      "BatchMode=yes",
      ...proxy("sh -c 'knock home >&2 && exec nc %h %p'"),
      `root@${HOST}`,
      "echo in",
    );
    const outcome = await net.run("proxy", argv, { env });
    expect(outcome).toEqual({
      code: 0,
      stdout: "in\n",
      stderr: expect.stringMatching(/^22\/tcp answered after \d+\.\d s\n/),
    });
  });

  it("gets in by a Match line, and connects by itself", async () => {
    const config = lab.write(
      "ssh_config",
      `Match originalhost home exec "knock home"\n  HostName ${HOST}\n  User root\n`,
    );
    const outcome = await net.run("match", ssh("-o", "BatchMode=yes", "-F", config, "home", "echo in"), { env });
    expect(outcome).toMatchObject({ code: 0, stdout: "in\n" });
  });

  it("gets in with a code on the command line", async () => {
    const line = "sh -c 'knock phone --code 492817 >&2 && exec nc %h %p'";
    const outcome = await net.run("code", ssh("-o", "BatchMode=yes", ...proxy(line), `root@${HOST}`, "echo in"), {
      env,
    });
    expect(outcome).toMatchObject({ code: 0, stdout: "in\n" });
  });

  it.each([
    [
      "a ProxyCommand, whose input and output are ssh's",
      "prompt",
      "ProxyCommand sh -c 'knock phone >&2 && exec nc %h %p'\n",
    ],
    ["a Match line, which has neither", "prompt2", 'Match originalhost home exec "knock phone"\n'],
  ])("asks for the code at the terminal by %s", async (_by, from, line) => {
    const config = lab.write(`ssh_config_${from}`, `${line}Match all\n  HostName ${HOST}\n  User root\n`);
    const login = ssh("-F", config, "home", "echo in").join(" ");
    // What is typed before anybody asks waits in the terminal.
    const outcome = await net.run(from, ["script", "-q", "-e", "-c", login, "/dev/null"], { env, input: "492 817\n" });
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringMatching(/code for phone: [\s\S]*in\r\n$/) });
  });

  it("ends with the client's words when the door stays shut", async () => {
    const argv = ssh(
      "-o",
      "BatchMode=yes",
      ...proxy("sh -c 'knock wrong >&2 && exec nc %h %p'"),
      `root@${HOST}`,
      "echo in",
    );
    expect(await net.run("wrong", argv, { env })).toMatchObject({
      code: 255,
      stdout: "",
      stderr: expect.stringContaining(
        "knock: 22/tcp does not answer: still hidden\nknock: hint: the door did not open",
      ),
    });
  });
});
