// A real sshd behind a door: a login that works only after the knock, and a session that outlives the open door.

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, stillTalks, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const CONFIG = `
options: { interface: eth0 }
doors:
  ssh: { sequence: [7000, 8200/udp, 7600], open: 22/tcp, for: 5s }
`;

describe.skipIf(!root)("ssh", () => {
  const lab = new Lab();
  const { net } = lab;
  const hostKey = join(lab.directory, "host-key");
  const userKey = join(lab.directory, "user-key");
  const ssh = (command: string): string[] => {
    const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=1"];
    const words = options.flatMap((option) => ["-o", option]);
    return ["ssh", "-F", "/dev/null", "-q", "-i", userKey, ...words, `root@${HOST}`, command];
  };

  beforeAll(async () => {
    await lab.open("client");
    for (const key of [hostKey, userKey])
      await net.ok("server", [...words("ssh-keygen -q -t ed25519 -N"), "", "-f", key]);
    const file = lab.write(
      "sshd_config",
      `HostKey ${hostKey}\nAuthorizedKeysFile ${userKey}.pub\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPidFile none\n`,
    );
    // In mounts of its own: the directory that sshd insists on, and a root account that is not locked.
    const script = `mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd &&
      sed 's/^root:[^:]*/root:*/' /etc/shadow >/run/shadow && mount --bind /run/shadow /etc/shadow && exec /usr/sbin/sshd -D -e -f ${file}`;
    await net.spawn("server", ["unshare", "-m", "bash", "-c", script]).until(/Server listening on/);
  });
  afterAll(() => lab.close());

  it("gets in after the knock alone, and a session lives on when the door has closed", async () => {
    expect(await net.ok("client", ssh("echo in"))).toBe("in\n");
    await lab.start(CONFIG);
    expect(await net.run("client", ssh("echo in"))).toMatchObject({ code: 255, stdout: "" });

    await lab.knock("client", HOST, 7000, "8200:udp", 7600);
    await eventually("a login", async () => (await net.run("client", ssh("echo in"))).stdout === "in\n");
    const session = net.spawn("client", ssh("i=0; while sleep 0.1; do i=$((i + 1)); echo $i; done"));
    await session.until(/^1$/m);

    await eventually("closed", async () => (await net.run("client", ssh("echo in"))).code === 255);
    await stillTalks(session);
  });
});
