// A real sshd in a lab, and a login to it.
import { join } from "node:path";
import { type Lab, words } from "./lab.ts";

export class Sshd {
  readonly #lab: Lab;
  readonly #userKey: string;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#userKey = join(lab.directory, "user-key");
  }

  /** Starts it on this machine, on port 22. */
  async start(machine: string): Promise<void> {
    const { net, directory } = this.#lab;
    const hostKey = join(directory, "host-key");
    for (const key of [hostKey, this.#userKey])
      await net.ok(machine, [...words("ssh-keygen -q -t ed25519 -N"), "", "-f", key]);
    const file = this.#lab.write(
      "sshd_config",
      `HostKey ${hostKey}\nAuthorizedKeysFile ${this.#userKey}.pub\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPidFile none\n`,
    );
    // In mounts of its own: the directory that sshd insists on, a root account that is not locked, and an empty home for
    // it: what root's own .bashrc starts may take its time, and wait for what another session of this machine does.
    const script = `mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd &&
      sed 's/^root:[^:]*/root:*/' /etc/shadow >/run/shadow && mount --bind /run/shadow /etc/shadow &&
      mkdir -m 700 /run/home && sed 's#^\\(root:[^:]*:0:0:[^:]*\\):[^:]*#\\1:/run/home#' /etc/passwd >/run/passwd &&
      mount --bind /run/passwd /etc/passwd && exec /usr/sbin/sshd -D -e -f ${file}`;
    await net.spawn(machine, ["unshare", "-m", "bash", "-c", script]).until(/Server listening on/);
  }

  /** The same on a terminal. */
  session(host: string, command: string): string[] {
    const [ssh = "", ...more] = this.login(host, command);
    return [ssh, "-tt", ...more];
  }

  /** The argv that runs a command there. ssh's patience is for its handshake, too, on a machine that does much else. */
  login(host: string, command: string, port = 22, patienceS = 3): string[] {
    const options = [
      "BatchMode=yes",
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      `ConnectTimeout=${patienceS}`,
    ];
    const given = options.flatMap((option) => ["-o", option]);
    return ["ssh", "-F", "/dev/null", "-q", "-i", this.#userKey, "-p", String(port), ...given, `root@${host}`, command];
  }
}
