// The firewalls that administrators have, on a machine of its own with the package: each drops sshd's port, doctor (for the first of
// them init) says one line, and pasting it is all that it takes. Then the firewall is loaded anew, saved, turned off and on, and the
// machine boots again with a door open: all is as before. For each release a file of tests, which run side by side.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BoxSystem, CLOSE_MS, OPEN_MS, TEST_MS, until } from "./box.ts";
import { fetched } from "./fetched.ts";
import { root } from "./netns.ts";
import type { Running } from "./running.ts";
import { CONFIG, IN, makeNodejsPackage, OUT, SshBox } from "./ssh-box.ts";

/** Of the system. */
export const FIREWALLS = ["libpam-systemd", "ufw", "firewalld", "fail2ban", "python3-systemd"];

/** ufw breaks it, so it comes when ufw goes. */
const PERSISTENT = ["netfilter-persistent", "iptables-persistent"];
const DOWNLOAD_MS = 60_000;
const CLIENT = "10.9.0.2";
const FORMER = "192.0.2.77";
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

export function describeFirewalls(name: string, system: BoxSystem, runs: boolean): void {
  describe.skipIf(!root || !runs)(`with the firewalls of ${name}`, { timeout: TEST_MS }, () => {
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

    /** Types an answer once the question waits for it: the cursor stands behind it. */
    async function answered(at: Running, question: RegExp, answer: string): Promise<void> {
      await at.until(new RegExp(`${question.source}.* \\u001b\\[\\d+G`));
      at.type(answer);
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

    /** ... and while the whole machine is. */
    async function outlivesReboot(): Promise<void> {
      await box.ok("knockd", "open", "ssh", CLIENT, "--for", "1h");
      await box.reboot();
      expect(await box.says("journalctl", "-b", "-g", "ordering cycle", "-o", "cat")).not.toContain("knockd");
      await box.plug(machine.net);
      await machine.untilStatus("1 door open, listening on eth0");
      await until(async () => (await machine.login()).code === IN.code);
      await until(async () => (await diagnosis()).code === 0);
      await box.ok("knockd", "close", "--all");
      await opensAndCloses();
    }

    it("takes a newcomer with ufw, who allows nothing, from what init alone tells to a knock that opens", async () => {
      await box.ok("ufw", "--force", "enable");
      expect(await machine.vainLogin()).toMatchObject(OUT);
      const init = box.atTerminal("NO_COLOR=1 knockd init --no-allow");
      await answered(init, /Where do knocks come in/, "eth0\n");
      for (const question of ["Which port shall be hidden", "Which ports are the knock"])
        await answered(init, new RegExp(question), "\n");
      await answered(init, /How long does it stay open/, "1h\n");
      // What it shows is pasted, by root.
      const [, allow = ""] = await init.until(/dropped on this machine by ufw [\s\S]*?\r\n\r\n {2}sudo (.*)\r\n/);
      expect(allow).toBe("ufw allow 22/tcp");
      await box.ok("sh", "-c", allow);
      await answered(init, /then press Enter here/, "\n");
      await answered(init, /Try it now: hide it for 60 s/, "\n");
      const [, ports = ""] = await init.until(/is hidden now[\s\S]*?knock -d 100 10\.9\.0\.1 ([\d: a-z]+)\r\n/);
      expect((await machine.vainLogin()).code).toBe(OUT.code);
      await machine.knock(ports.split(" "));
      await answered(init, /10\.9\.0\.2 knocked, and 22\/tcp is open for it\. .* \[y\/N\]/, "y\n");
      expect(await init.ended()).toBe(0);
      const [, start = ""] = /^ {2}(sudo systemctl enable .*?) {2,}hides it/m.exec(init.stdout) ?? [];
      await box.ok("sh", "-c", start.replaceAll("sudo ", ""));

      steps = /^ +sequence: \[(.*)\]/m.exec(box.read(CONFIG))?.[1]?.split(", ") ?? [];
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

    it("keeps doors open and shut while ufw is reloaded, turned off and on, and over a reboot", async () => {
      await outlives("ufw", "reload");
      await outlives("sh", "-c", "ufw disable && ufw --force enable");
      await outlivesReboot();
      await box.ok("ufw", "disable");
    });

    it("says what mends it with firewalld, and keeps doors over its reloads, while it is off, and when it is on again", async () => {
      await box.ok("systemctl", "enable", "--now", "firewalld");
      await box.ok("sh", "-c", "firewall-cmd --permanent --remove-service=ssh && firewall-cmd --reload");
      await mendedBy(/^firewall-cmd --permanent --add-service=ssh && firewall-cmd --reload$/, /by firewalld: /);
      await outlives("firewall-cmd", "--reload");
      await outlives("firewall-cmd", "--complete-reload");
      await outlives("sh", "-c", "systemctl disable --now firewalld && systemctl enable --now firewalld");
    });

    it("names the zone of the interface, where it is not firewalld's usual one", async () => {
      await box.ok("sh", "-c", "firewall-cmd --permanent --zone=dmz --remove-service=ssh && firewall-cmd --reload");
      await box.ok("firewall-cmd", "--zone=dmz", "--change-interface=eth0", "--permanent");
      await box.ok("firewall-cmd", "--reload");
      await mendedBy(/^firewall-cmd --permanent --zone=dmz --add-service=ssh && /, /by firewalld: /);
    });

    it("keeps a door open over a reboot with firewalld", async () => {
      await outlivesReboot();
      await box.ok("systemctl", "disable", "--now", "firewalld");
    });

    it("says what mends it with /etc/nftables.conf, which lasts over its reload, and while it is off", async () => {
      box.write("/etc/nftables.conf", NFTABLES_CONF);
      await box.ok("systemctl", "enable", "--now", "nftables");
      await mendedBy(
        /^echo 'insert rule inet filter input .* \| tee -a \/etc\/nftables\.conf \| nft -f -$/,
        /policy drop$/,
      );
      await outlives("systemctl", "reload", "nftables");
      await outlives("sh", "-c", "systemctl disable --now nftables && systemctl enable --now nftables");
    });

    it("finds who was in when /etc/nftables.conf was saved, and lets nobody in by that at the next boot", async () => {
      await box.ok("knockd", "open", "ssh", FORMER, "--for", "1h");
      await box.ok("sh", "-c", "(echo flush ruleset; nft list ruleset) >/etc/nftables.conf");
      await box.ok("knockd", "close", "ssh", FORMER);
      await box.ok("knockd", "open", "ssh", CLIENT, "--for", "1h");
      await box.reboot();
      await box.plug(machine.net);
      await box.journal(
        new RegExp(`^${FORMER}: ssh: closed, the firewall let it through but no ledger knows it$`, "m"),
      );
      await machine.untilStatus("1 door open, listening on eth0");
      expect(await box.ok("nft", "list", "ruleset")).not.toContain(FORMER);
      expect(await machine.login()).toMatchObject(IN);
      await box.ok("knockd", "close", "--all");
      await mendedBy(/^sed -i .* \/etc\/nftables\.conf$/, /^saved rules: \/etc\/nftables\.conf holds rules of ours/);
      expect(box.read("/etc/nftables.conf")).toContain("table inet filter {");
      await outlivesReboot();
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
    });

    it("saves with firewall: iptables what loads at the next boot, hides nothing and lets nobody in", async () => {
      await box.ok("sed", "-i", "s/^options:.*/&\\n  firewall: iptables/", CONFIG);
      await box.ok("systemctl", "restart", "knockd");
      await box.ok("iptables", "-D", "INPUT", "-p", "tcp", "--dport", "22", "-j", "ACCEPT");
      await opensAndCloses();
      await outlives("netfilter-persistent", "save");
      await box.ok("knockd", "open", "ssh", CLIENT, "--for", "1h");
      await box.ok("netfilter-persistent", "save");
      await box.ok("knockd", "close", "--all");
      await outlivesReboot();
      expect(await box.says("systemctl", "is-active", "netfilter-persistent")).toBe("active");
      expect(await box.ok("iptables", "-S", "INPUT")).toMatch(/^-P INPUT DROP\n-A INPUT -j KNOCKD\n/);
      await box.ok("systemctl", "disable", "--now", "netfilter-persistent");
      await box.ok("sh", "-c", "iptables -P INPUT ACCEPT && iptables -F INPUT");
      await box.ok("sed", "-i", "/^ *firewall: iptables$/d", CONFIG);
      await box.ok("systemctl", "restart", "knockd");
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

    it("names the drop-in that iptables-legacy needs, which makes it root, and opens with it", async () => {
      const legacy = (how: string) => `for each in iptables ip6tables; do update-alternatives ${how}; done`;
      await box.ok("sh", "-c", legacy("--set $each /usr/sbin/$each-legacy"));
      await box.ok(
        "sh",
        "-c",
        "iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT && iptables -P INPUT DROP",
      );
      const said = await box.says("knockd", "doctor");
      expect(said).toMatch(/^fail {2}hidden: .* by your iptables rules: iptables-legacy, chain INPUT, policy drop$/m);
      expect(said).toMatch(/or options\.firewall: iptables, .* \(needs knockd-root\.conf for the service\)/);
      await box.ok("sed", "-i", "s/^options:.*/&\\n  firewall: iptables/", CONFIG);
      expect((await box.run("systemctl", "restart", "knockd")).code).not.toBe(0);
      const hint = await box.ok(
        "journalctl",
        "-b",
        "-u",
        "knockd",
        "-o",
        "cat",
        "-g",
        "^knockd: hint: install .*knockd-root",
      );
      await box.ok("sh", "-c", hint.trim().split("\n").at(-1)?.replace("knockd: hint: ", "") ?? "");
      await machine.untilStatus("0 doors open, listening on eth0");
      await opensAndCloses();
      expect(await diagnosis()).toMatchObject({ code: 0 });
      await box.ok("systemctl", "revert", "knockd");
      await box.ok("sh", "-c", "iptables -P INPUT ACCEPT; iptables -F INPUT");
      await box.ok("sh", "-c", legacy("--auto $each"));
    });
  });
}
