// What cannot work ends the daemon with the right exit code and words that help; what may work later does not end it.

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const GOOD = `
options: { interface: eth0 }
doors:
  ssh: { sequence: [7000, 8200/udp, 7600], open: 2201/tcp, for: 1h }
`;
const LIMIT_MS = 30_000;

describe.skipIf(!root)("knockd run", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  it("ends with 66 without its file, and names it", async () => {
    const missing = join(lab.directory, "missing.yaml");
    const daemon = lab.spawn(GOOD, { args: ["-c", missing] });
    expect(await daemon.running.ended(LIMIT_MS)).toBe(66);
    expect(daemon.stderr).toMatch(/^knockd: cannot read ".*missing\.yaml": no such file or directory$/m);
    expect(daemon.log).toBe("");
  });

  it("ends with 78 for a bad file and says all its problems, each with its place", async () => {
    const daemon = lab.spawn(`
options: { interface: eth0, log_fromat: json }
doors:
  ssh: { sequence: [7000, 70000], open: 22/tcp, for: soon }
  web: { open: 443/tcp }
`);
    expect(await daemon.running.ended(LIMIT_MS)).toBe(78);
    const lines = daemon.stderr.trim().split("\n");
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/^knockd: .*:\d+:\d+: /);
    expect(daemon.stderr).toContain("log_fromat");
    expect(daemon.stderr).toContain("doors.ssh.sequence[1]");
    expect(daemon.stderr).toContain("70000");
    expect(daemon.stderr).toContain("doors.ssh.for");
    expect(daemon.stderr).toContain("doors.web");
    expect(await net.ok("server", words("nft list ruleset"))).toBe("");
  });

  it("ends with 78 for text that is no YAML", async () => {
    const daemon = lab.spawn("doors: { ssh: [");
    expect(await daemon.running.ended(LIMIT_MS)).toBe(78);
    expect(daemon.stderr).toMatch(/^knockd: .*:1:\d+: /);
  });

  it.each([["--frobnicate"], ["-i"], ["surplus"]])("ends with 64 for %s", async (word) => {
    const daemon = lab.spawn(GOOD, { args: [word] });
    expect(await daemon.running.ended(LIMIT_MS)).toBe(64);
    expect(daemon.stderr).toMatch(/^knockd: /);
  });

  it.each([
    ["nft", "nftables", "nftables", ""],
    ["nft", "nftables", "iptables", ""],
    ["iptables", "iptables", "iptables", ""],
    ["ipset", "ipset", "iptables", "  lan: { sequence: 7004/udp, set: members }\n"],
  ])("ends with 69 without %s (of %s), and says how to get it (firewall: %s)", async (tool, debian, firewall, door) => {
    // In mounts of its own, where nobody has ever installed it.
    const copy = join(lab.directory, `without-${tool}`);
    const script = `rm -rf ${copy}; cp -a /usr/sbin ${copy} && rm ${copy}/${tool} && mount --bind ${copy} /usr/sbin && exec "$@"`;
    const through = ["unshare", "-m", "bash", "-c", script, "bash"];
    const daemon = lab.spawn(GOOD.replace("eth0", `eth0, firewall: ${firewall}`) + door, { through });
    expect(await daemon.running.ended(LIMIT_MS)).toBe(69);
    expect(daemon.stderr).toContain(`knockd: cannot run ${tool}: not found\n`);
    expect(daemon.stderr).toContain(`knockd: hint: install it: apt-get install ${debian}\n`);
  });

  it.each(["nftables", "none"])("ends with 77 for an ordinary user, with a hint (firewall: %s)", async (firewall) => {
    const yaml = GOOD.replace("eth0", `eth0, firewall: ${firewall}`);
    const nobody = words("setpriv --reuid=nobody --regid=nogroup --clear-groups");
    await net.ok("server", ["chmod", "755", lab.directory]);
    const daemon = lab.spawn(yaml, { through: nobody });
    expect(await daemon.running.ended(LIMIT_MS)).toBe(77);
    expect(daemon.stderr).toMatch(/^knockd: /);
    expect(daemon.stderr).toMatch(/^knockd: hint: /m);
    expect(daemon.stderr).not.toContain("internal error");
  });

  it("says once that an interface is missing, waits, and works when it comes", async () => {
    const daemon = lab.spawn(GOOD.replace("eth0", "[eth7, eth0]"));
    await daemon.logs(/cannot open interface "eth7": no such device/);
    await daemon.logs(/listening on eth0/);
    await net.veth(["client", "eth7", "10.7.0.1/24"], ["server", "eth7", "10.7.0.2/24"]);
    await daemon.logs(/listening on eth7/);
    // It hears of the address after it has heard of the interface.
    await eventually("a knock there opens", async () => {
      await lab.knock("client", "10.7.0.2", 7000, "8200:udp", 7600);
      return await lab.reachable("client", "10.7.0.2");
    });
    expect(daemon.count(/cannot open interface "eth7"/)).toBe(1);
    expect(await daemon.stop()).toBe(0);
  });

  it("logs nft's own words when a door's set does not exist, and serves the other doors", async () => {
    const daemon = await lab.start(`
options: { interface: eth0 }
doors:
  broken: { sequence: [7001/udp], set: inet nowhere nothing }
  ssh: { sequence: [7003/udp], open: 2201/tcp }
`);
    await lab.knock("client", HOST, "7001:udp");
    await daemon.logs(/10\.9\.0\.10: broken: not opened: nft: .*No such file or directory/);
    await lab.knock("client", HOST, "7003:udp");
    await lab.opens("client");
    // Once the set is there, the door works.
    await net.nft("server", "table inet nowhere { set nothing { type ipv4_addr; flags timeout; }; }");
    await lab.knock("client", HOST, "7001:udp");
    await daemon.logs(/10\.9\.0\.10: broken: OPEN SESAME/);
    expect(await net.ok("server", words("nft list set inet nowhere nothing"))).toContain("10.9.0.10");
    expect(await daemon.stop()).toBe(0);
  });
});
