// The firewalls that administrators have, on machines of their own with the package: each drops sshd's port, doctor (for the first of
// them init) says one line, and pasting it is all that it takes. Then the firewall is loaded anew, and all is as before.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLOSE_MS, OPEN_MS, TEST_MS, until } from "../support/box.ts";
import { fetched } from "../support/fetched.ts";
import { root } from "../support/netns.ts";
import { CONFIG, IN, makeNodejsPackage, OUT, SshBox } from "../support/ssh-box.ts";

const isDebian = /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
const FIREWALLS = ["libpam-systemd", "ufw", "firewalld", "fail2ban", "python3-systemd"];
const RELEASES = [
  { name: "Debian 12", system: { release: "bookworm", packages: FIREWALLS } },
  {
    name: "Debian 13",
    system: { release: "trixie", packages: FIREWALLS },
  },
];
/** ufw breaks it, so it comes when ufw goes. */
const PERSISTENT = ["netfilter-persistent", "iptables-persistent"];
const DOWNLOAD_MS = 60_000;
const CLIENT = "10.9.0.2";
const NFTABLES_CONF = `#!/usr/sbin/nft -f
flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		iifname "lo" accept
	}
}
`;

describe.skipIf(!root || !isDebian).each(RELEASES)(
  "with the firewalls of $name",
  { timeout: TEST_MS },
  ({ system }) => {
    const machine = new SshBox(system);
    const { box, scratch } = machine;
    let steps: string[] = [];

    beforeAll(async () => {
      await machine.boot();
      const noninteractive = "DEBIAN_FRONTEND=noninteractive dpkg -i";
      if (system.release === "bookworm") {
        box.copy(await makeNodejsPackage(scratch), "/root/nodejs.deb");
        await box.ok("sh", "-c", `${noninteractive} /root/nodejs.deb`);
      }
      await box.ok("systemctl", "disable", "--now", "firewalld", "fail2ban");
      await box.ok("sh", "-c", `${noninteractive} /root/knockd.deb`);
    }, OPEN_MS);
    afterAll(() => machine.close(), CLOSE_MS);

    /** What doctor says of the first thing that fails, and what to do about it. */
    async function diagnosis(...address: string[]): Promise<{ code: number | null; text: string; line: string }> {
      const { code, stdout } = await box.run("knockd", "doctor", ...address);
      const [, text = "", line = ""] = /^fail {2}(.*)\n {6}-> (.*)$/m.exec(stdout) ?? [];
      return { code, text, line };
    }

    /** Pastes doctor's first advice, and from then on all is well. */
    async function mendedBy(line: RegExp, text: RegExp): Promise<void> {
      const found = await diagnosis();
      expect(found).toMatchObject({ code: 1, text: expect.stringMatching(text), line: expect.stringMatching(line) });
      await box.ok("sh", "-c", found.line);
      await until(async () => (await diagnosis()).code === 0);
      await opensAndCloses();
    }

    async function opensAndCloses(): Promise<void> {
      expect((await machine.vainLogin()).code).toBe(OUT.code);
      await machine.knockIn(steps);
      await box.ok("knockd", "close", "--all");
      expect((await machine.vainLogin()).code).toBe(OUT.code);
    }

    /** A door is open while the firewall is loaded anew. */
    async function outlives(...argv: string[]): Promise<void> {
      await box.ok("knockd", "open", "ssh", CLIENT, "--for", "1h");
      await box.ok(...argv);
      await until(async () => (await machine.login()).code === IN.code);
      await until(async () => (await diagnosis()).code === 0);
      await box.ok("knockd", "close", "--all");
      await until(async () => (await machine.vainLogin()).code === OUT.code);
    }

    it("takes a newcomer with ufw, who allows nothing, from init alone to a knock that opens", async () => {
      await box.ok("ufw", "--force", "enable");
      expect(await machine.vainLogin()).toMatchObject(OUT);
      const said = await box.ok("knockd", "init", "--yes", "--interface=eth0", "--no-allow", "--for=1h");
      const [, line = ""] = /dropped on this machine by ufw .*\n\n {2}sudo (.*)\n/.exec(said) ?? [];
      expect(line).toBe("ufw allow 22/tcp");
      steps = /^ +sequence: \[(.*)\]/m.exec(box.read(CONFIG))?.[1]?.split(", ") ?? [];
      await box.ok("sh", "-c", line);
      await box.ok("systemctl", "enable", "--now", "knockd");
      await opensAndCloses();
      expect((await diagnosis()).code).toBe(0);
      expect(await box.says("journalctl", "-u", "knockd", "-p", "notice", "-g", "OPEN SESAME", "-o", "cat")).toContain(
        `${CLIENT}: ssh: OPEN SESAME`,
      );
    });

    it("says what mends it where ufw is told to drop the port again", async () => {
      await box.ok("ufw", "delete", "allow", "22/tcp");
      await mendedBy(/^ufw allow 22\/tcp$/, /dropped even for those who knocked, by ufw: /);
      await box.ok("ufw", "delete", "allow", "22/tcp");
      await box.ok("ufw", "deny", "22");
      await mendedBy(/^ufw prepend allow 22\/tcp$/, /by ufw: iptables, chain ufw-user-input/);
    });

    it("keeps doors open and shut while ufw is reloaded, and turned off and on", async () => {
      await outlives("ufw", "reload");
      await outlives("sh", "-c", "ufw disable && ufw --force enable");
      await box.ok("ufw", "disable");
    });

    it("says what mends it with firewalld, and keeps doors over its reloads", async () => {
      await box.ok("systemctl", "start", "firewalld");
      await box.ok("sh", "-c", "firewall-cmd --permanent --remove-service=ssh && firewall-cmd --reload");
      await mendedBy(/^firewall-cmd --permanent --add-service=ssh && firewall-cmd --reload$/, /by firewalld: /);
      await outlives("firewall-cmd", "--reload");
      await outlives("firewall-cmd", "--complete-reload");
      await box.ok("systemctl", "restart", "firewalld");
      await opensAndCloses();
    });

    it("names the zone of the interface, where it is not firewalld's usual one", async () => {
      await box.ok("sh", "-c", "firewall-cmd --permanent --zone=dmz --remove-service=ssh && firewall-cmd --reload");
      await box.ok("firewall-cmd", "--zone=dmz", "--change-interface=eth0", "--permanent");
      await box.ok("firewall-cmd", "--reload");
      await mendedBy(/^firewall-cmd --permanent --zone=dmz --add-service=ssh && /, /by firewalld: /);
      await box.ok("systemctl", "stop", "firewalld");
    });

    it("says what mends it with /etc/nftables.conf, which lasts over its reload", async () => {
      await box.ok("systemctl", "stop", "firewalld");
      box.write("/etc/nftables.conf", NFTABLES_CONF);
      await box.ok("systemctl", "enable", "--now", "nftables");
      await mendedBy(
        /^echo 'insert rule inet filter input .* \| tee -a \/etc\/nftables\.conf \| nft -f -$/,
        /policy drop$/,
      );
      await outlives("systemctl", "reload", "nftables");
    });

    it("is the same after a reboot, with the door open to whoever had knocked", async () => {
      await box.ok("knockd", "open", "ssh", CLIENT, "--for", "1h");
      await box.reboot();
      expect(await box.says("journalctl", "-b", "-g", "ordering cycle", "-o", "cat")).not.toContain("knockd");
      await box.plug(machine.net);
      await machine.untilStatus("1 door open, listening on eth0");
      expect(await machine.login()).toMatchObject(IN);
      await box.ok("knockd", "close", "--all");
      await opensAndCloses();
      await box.ok("systemctl", "disable", "--now", "nftables");
      await box.ok("systemctl", "restart", "knockd");
    });

    it("says what mends it with rules that netfilter-persistent loads, and outlives saving and loading them", async () => {
      await fetched(DOWNLOAD_MS, "sh", "-c", `cd ${scratch.path} && apt-get download ${PERSISTENT.join(" ")}`);
      for (const name of PERSISTENT)
        box.copy(
          (await fetched(DOWNLOAD_MS, "sh", "-c", `ls ${scratch.path}/${name}_*.deb`)).trim(),
          `/root/${name}.deb`,
        );
      await box.ok("apt-get", "purge", "-y", "ufw");
      await box.ok(
        "sh",
        "-c",
        `DEBIAN_FRONTEND=noninteractive dpkg -i ${PERSISTENT.map((name) => `/root/${name}.deb`).join(" ")}`,
      );
      await box.ok("iptables", "-A", "INPUT", "-m", "conntrack", "--ctstate", "ESTABLISHED", "-j", "ACCEPT");
      await box.ok("iptables", "-P", "INPUT", "DROP");
      await mendedBy(
        /^iptables -I INPUT -p tcp --dport 22 -j ACCEPT && netfilter-persistent save$/,
        /by your iptables rules: /,
      );
      await outlives("netfilter-persistent", "save");
      await outlives("netfilter-persistent", "reload");
      await box.ok("sh", "-c", "iptables -P INPUT ACCEPT && iptables -F");
    });

    it("says that fail2ban keeps an address out for which a door is open", async () => {
      box.write("/etc/fail2ban/jail.d/here.conf", "[DEFAULT]\nbackend = systemd\n[sshd]\nenabled = true\n");
      await box.ok("systemctl", "start", "fail2ban");
      await until(async () => (await box.run("fail2ban-client", "set", "sshd", "banip", CLIENT)).code === 0);
      await until(async () => (await diagnosis(CLIENT)).code === 1);
      const said = await box.says("knockd", "open", "ssh", CLIENT, "--for", "1h");
      expect(said).toMatch(/OPEN SESAME\n.*hint: .*fail2ban/);
      expect((await machine.vainLogin()).code).toBe(OUT.code);
      const { line, text } = await diagnosis(CLIENT);
      expect(text).toContain(`${CLIENT} is kept out`);
      expect(line).toBe(`fail2ban-client unban ${CLIENT}`);
      await box.ok("sh", "-c", line);
      await until(async () => (await machine.login()).code === IN.code);
      expect((await diagnosis(CLIENT)).code).toBe(0);
      await box.ok("systemctl", "stop", "fail2ban");
      await box.ok("knockd", "close", "--all");
    });

    it("runs as root with knockd-root.conf, and hears knocks all the same", async () => {
      const dropIn = "/etc/systemd/system/knockd.service.d";
      await box.ok("install", "-D", "-t", dropIn, "/usr/share/doc/knockd/examples/knockd-root.conf");
      await box.ok("systemctl", "daemon-reload");
      await box.ok("systemctl", "restart", "knockd");
      await machine.untilStatus("0 doors open, listening on eth0");
      await opensAndCloses();
      await box.ok("systemctl", "revert", "knockd");
      await box.ok("systemctl", "restart", "knockd");
    });
  },
);
