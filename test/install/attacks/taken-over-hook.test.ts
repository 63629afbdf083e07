// The attack: a hole in a web hook that a door runs. As a child of the daemon it changes the firewall, reads keys and sequences, and
// opens other doors through the control socket. With `privileges: none` it does none of that, in the service as it is installed.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Box, CLOSE_MS, OPEN_MS, TEST_MS } from "../../support/box.ts";

/** Each word that it prints is something it should not be able to do; then it fails, so that the log has them. */
const HOOK = `#!/bin/bash
exec 2>/dev/null
daemon=$(systemctl show --value -p MainPID knockd)
cat /etc/knockd/knockd.yaml >/dev/null && echo read-config
cat /etc/knockd/keys/alice >/dev/null && echo read-key
ls /var/lib/knockd/ledger >/dev/null && echo read-ledger
/usr/local/bin/knockd open ssh 192.0.2.66 >/dev/null && echo opened-door
nft add table inet stolen && echo changed-firewall
kill -0 "$daemon" && echo signalled-daemon
[ -r /proc/"$daemon"/environ ] && echo read-daemon
(exec 3<>/dev/tcp/127.0.0.1/8080) && echo used-network
echo "as $(id -un) in $(id -G | wc -w) group, caps $(sed -n 's/^CapEff:\\t//p' /proc/self/status), for $KNOCKD_IP: $1"
exit 3
`;
const CONFIG = `options: { interface: lo }
doors:
  ssh: { sequence: [17342/tcp, 8615/udp, 25908/tcp], open: 22/tcp }
  none: { sequence: [17343/tcp, 8616/udp, 25909/tcp], privileges: none, start_command: [/usr/local/bin/hook, "it's\\n$HOME"] }
  full: { sequence: [17344/tcp, 8617/udp, 25910/tcp], start_command: [/usr/local/bin/hook, "it's\\n$HOME"] }
  hangs: { sequence: [17345/tcp, 8618/udp, 25911/tcp], privileges: none, start_command: "echo said; exit 7" }
keys: { alice: { file: /etc/knockd/keys/alice, doors: [] } }
`;

describe("a web hook that somebody has taken over", { timeout: TEST_MS }, () => {
  const box = new Box();
  beforeAll(async () => {
    await box.boot();
    await box.copyCheckout();
    await box.ok("bash", "/opt/knockd/systemd/install-service.sh");
    await box.ok("knockd", "keygen", "alice", "-c", "/nowhere");
    await box.startPage();
    box.write("/usr/local/bin/hook", HOOK);
    await box.ok("chmod", "755", "/usr/local/bin/hook");
    box.write("/etc/knockd/knockd.yaml", CONFIG.replace(/^keys:.*\n/m, ""));
    await box.ok("systemctl", "start", "knockd");
  }, OPEN_MS);
  afterAll(() => box.close(), CLOSE_MS);

  const run = async (door: string, ip: string): Promise<string> => {
    await box.run("knockd", "open", door, ip);
    const told = new RegExp(`^${door}: command returned non-zero status code \\(\\d+\\): .*`, "m");
    await box.journal(told);
    return told.exec(await box.says("journalctl", "-u", "knockd", "-o", "cat"))?.[0] ?? "";
  };

  it("does nothing of ours with privileges: none, and reaches the network", async () => {
    expect(await run("none", "192.0.2.1")).toBe(
      "none: command returned non-zero status code (3): used-network | " +
        "as knockd-command in 1 group, caps 0000000000000000, for 192.0.2.1: it's | $HOME",
    );
    expect(await box.says("knockd", "status", "--json")).not.toContain("192.0.2.66");
    expect(await run("hangs", "192.0.2.1")).toBe("hangs: command returned non-zero status code (7): said");
  });

  it("does what the daemon may do without it", async () => {
    expect(await run("full", "192.0.2.1")).toMatch(/read-config \| read-key .*opened-door \| changed-firewall/);
  });
});
