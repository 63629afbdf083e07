// What commands need, and what knockd.service gives: its own text and that of its drop-ins, as they ship.
import { describe, expect, it } from "vitest";
import { fileHints, needsOf, refusals, sandboxHints } from "../../../src/core/sandbox/command-needs.ts";
import { shippedSandbox } from "../../../src/io/unit-files.ts";
import { configOf, door } from "../../support/doors.ts";

const shipped = shippedSandbox();

/** `network root write:/var/log` */
function needs(shell: string): string {
  return needsOf({ shell })
    .map(({ kind, path }) => (kind === "write" ? `write:${path}` : kind))
    .join(" ");
}

/** The service with these of its drop-ins, filled in. */
function allowed(shell: string, ...dropIns: readonly string[]): boolean {
  const texts = shipped.dropIns.filter(({ name }) => dropIns.includes(name)).map(({ text }) => text);
  return refusals({ shell }, { ...shipped, unit: [...shipped.unit, ...texts] }).length === 0;
}

describe("what a command needs", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT", ""],
    ["nft add element inet filter ssh { %IP% }", ""],
    ["logger 'knock > /var/log/x by %IP%'", ""],
    ["echo %IP% > /dev/null 2>&1", ""],
    ["wakeonlan 00:11:22:33:44:55", "network"],
    ["/usr/bin/curl -s https://ntfy.sh/x -d 'knock from %IP%'", "network"],
    ["echo knock | mail -s 'knock' root", "network"],
    ["python3 /opt/x.py http://hook.example/%IP%", "network"],
    ["bash -c 'echo x > /dev/tcp/192.0.2.1/80'", "network"],
    ["etherwake -i eth0 00:11:22:33:44:55", "raw-socket"],
    ["iptables -I INPUT -m set --match-set ok src -j ACCEPT", "raw-socket"],
    ["docker start minecraft", "root"],
    ["/sbin/shutdown -h now", "root"],
    ["ufw allow from %IP% to any port 22", "root"],
    ["nohup sudo -n systemctl start ssh &", "root"],
    ["sh -c 'service ssh start'", "root"],
    ["/etc/init.d/ssh start", "root"],
    ["timeout 5 ip netns exec x true", "root"],
    ["/home/bob/knock.sh %IP%", "home"],
    ["bash ~/open.sh", "home"],
    ["/root/bin/open %IP%", "home"],
    ["date >> /var/log/knock.log", "write:/var/log"],
    ["echo %IP% | tee -a /etc/hosts.allow", "write:/etc"],
    ["touch /srv/flags/open", "write:/srv/flags"],
    ["cp /etc/a /etc/b", "write:/etc"],
    ["sed -i '/%IP%/d' /etc/hosts.deny", "write:/etc"],
    ["echo 1 > opened", "write:/"],
    ["echo AT > /dev/ttyUSB0", "device"],
    ["if true; then ufw reload; fi", "root"],
    ["echo ufw now", ""],
    ["grep -q x /proc/mounts && ip route add blackhole %IP%", ""],
  ])("%s: %s", (command, expected) => {
    expect(needs(command)).toBe(expected);
  });

  it("shows in a list without a shell as well, where > is only a word", () => {
    expect(needsOf({ argv: ["curl", "-s", "http://x/"] })).toMatchObject([{ kind: "network", shown: "curl" }]);
    expect(needsOf({ argv: ["echo", "a|curl"] })).toEqual([]);
  });
});

describe("the service as it ships", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    ["curl http://x/", "knockd-network.conf gives it", "RestrictAddressFamilies=AF_UNIX AF_NETLINK, IPAddressDeny=any"],
    ["iptables -m set --match-set a src", "knockd-iptables.conf gives it", "RestrictAddressFamilies=AF_UNIX AF_NETLINK, CapabilityBoundingSet=CAP_NET_ADMIN"],
    ["/home/a/x", "knockd-home.conf gives it", "ProtectHome=yes"],
    ["echo > /var/log/x", "knockd-write.conf with ReadWritePaths=/var/log gives it", "ProtectSystem=strict"],
    ["docker ps", "knockd-root.conf gives it", "User=knockd, CapabilityBoundingSet=CAP_NET_ADMIN, NoNewPrivileges=yes"],
    ["cat /dev/sda", "systemctl edit knockd can change that (systemd.exec(5))", "PrivateDevices=yes"],
  ])("does not give what %s needs: %s", (shell, remedy, lines) => {
    const [said = ""] = refusals({ shell }, shipped);
    expect(said).toContain(remedy);
    expect(said).toContain(`(${lines})`);
  });

  it.each(["echo > /var/lib/knockd/x", "echo > /var/log/knockd/x", "echo > /run/knockd/x", "echo > /tmp/x"])(
    "lets a command do this: %s",
    (shell) => expect(allowed(shell)).toBe(true),
  );

  it.each([
    ["curl http://x/", "knockd-network.conf"],
    ["/home/a/x", "knockd-home.conf"],
    ["iptables -m set --match-set a src", "knockd-iptables.conf"],
    ["docker ps", "knockd-root.conf"],
    ["curl http://x/", "knockd-root.conf"],
    ["echo > /var/log/x", "knockd-root.conf"],
    ["etherwake x", "knockd-root.conf"],
  ])("gives what %s needs with %s", (shell, dropIn) => {
    expect(allowed(shell)).toBe(false);
    expect(allowed(shell, dropIn)).toBe(true);
  });

  it("does not give /etc to root's commands: that stays shut", () => {
    expect(allowed("echo > /etc/x", "knockd-root.conf")).toBe(false);
  });

  it("is asked once for each thing, with the door and the key", () => {
    const each = door({
      name: "web",
      start_command: "curl http://x/; wget http://y/",
      stop_command: ["ufw", "reload"],
    });
    expect(sandboxHints(each, shipped).map((said) => said.replace(/ which .*/, ""))).toEqual([
      "doors.web.start_command: needs the network (curl),",
      "doors.web.stop_command: needs root (ufw),",
    ]);
  });
});

describe("a changed unit", () => {
  it.each([
    ["[Service]\nProtectHome=no\n", "/home/a/x", true],
    ["[Service]\nProtectHome=tmpfs\n", "/home/a/x", false],
    ["[Service]\nReadWritePaths=-/var/log /srv\n", "echo > /srv/a/b", true],
    ["[Service]\nReadWritePaths=/srv\nReadWritePaths=\n", "echo > /srv/a/b", false],
    ["[Service]\nUser=root\n", "docker ps", false],
    ["[Service]\nUser=root\nCapabilityBoundingSet=~\nProtectSystem=no\n", "docker ps; echo > /opt/x", true],
    ["[Service]\nRestrictAddressFamilies=\nIPAddressDeny=\n", "curl http://x/", false],
    ["[Service]\nRestrictAddressFamilies=AF_INET\nIPAddressDeny=\n", "curl http://x/", true],
  ])("%j: %s is allowed: %s", (text, shell, expected) => {
    expect(refusals({ shell }, { ...shipped, unit: [...shipped.unit, text] }).length === 0).toBe(expected);
  });
});

describe("a file that the config names", () => {
  const DOOR = "doors:\n  a:\n    one_time_sequences: PATH\n";

  it.each([
    ["/etc/knockd.sequences", ["needs to write /etc/knockd.sequences"]],
    ["/home/bob/open.txt", ["needs to write /home/bob/open.txt", "needs to read /home/bob/open.txt"]],
    ["/opt/dynamic-knockd/etc/sequence", ["needs to write /opt/dynamic-knockd/etc/sequence"]],
    ["/var/lib/knockd/sequences", []],
  ])("is out of the service's reach, or not: %s", (path, expected) => {
    const said = fileHints(configOf(DOOR.replace("PATH", path)), shipped);
    expect(said.map((text) => text.replace(/,.*/, ""))).toEqual(
      expected.map((text) => `doors.a.one_time_sequences: ${text}`),
    );
  });

  it("is the log's, the metrics' and a key's, too", () => {
    const yaml =
      "options:\n  log_file: /var/log/knockd.log\n  metrics_file: /srv/m.prom\nkeys:\n  k: {file: /root/k, doors: a}\ndoors:\n  a: {spa: true, open: 22}\n";
    expect(fileHints(configOf(yaml), shipped).map((text) => text.replace(/:.*/, ""))).toEqual([
      "options.log_file",
      "options.metrics_file",
      "keys.k.file",
    ]);
  });
});
