// Doors that lead to a host behind this one: with nginx and sshd there, over both families, with both firewalls.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ECHO, INSIDE, INSIDE_6, Inside, PAGE, PAGE_2, PAGE_SAME } from "../support/inside.ts";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, HOST_6, Lab, SERVICE, SERVICE_2, stillTalks, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const KNOCK = ["7000:udp", "7600:udp"];
const WEB = 8080;
const SSH = 2222;
const TALK = 2217;
const FAMILIES = [
  ["IPv4", HOST, INSIDE, "10.9.0.10", "192.168.1.1"],
  ["IPv6", HOST_6, INSIDE_6, "fd09::10", "fd00::1"],
] as const;

/** One port that leads on over both families. */
function lead(port: number | string, to: number, more = ""): string {
  return [INSIDE, INSIDE_6].map((host) => `{port: ${port}, to: "${host}:${to}"${more}}`).join(", ");
}

describe.skipIf(!root).each(["nftables", "iptables"])("with %s, a door that leads on", (firewall) => {
  const lab = new Lab();
  const { net } = lab;
  const inside = new Inside(lab);

  beforeAll(async () => {
    await lab.open("client", "stranger");
    await inside.open("client", "stranger");
  });
  afterEach(async () => {
    await lab.reset();
    await net.ok("server", words("ipset destroy"));
    await inside.forward(true);
  });
  afterAll(() => lab.close());

  const config = (openings: string, time = "1h", more = ""): string =>
    `options: { interface: eth0, firewall: ${firewall} }\ndoors: { gate: { sequence: [7000/udp, 7600/udp], open: [${openings}], for: ${time}${more} } }\n`;
  const page = (from: string, host: string = HOST, port = WEB) => inside.page(from, host, port);
  const knock = (from = "client", host: string = HOST) => lab.knock(from, host, ...KNOCK);
  const leadsOn = (from: string, host: string = HOST, word = "one") =>
    eventually(`the page "${word}" through the door`, async () => (await page(from, host)).startsWith(word));
  const says = (text: string, from: string, host: string = HOST, port = WEB) =>
    eventually(`"${text}" for ${from}`, async () => (await page(from, host, port)) === text);
  /** What an administrator has who forwards nothing but what came through a door. */
  const dropOther = (): Promise<void> =>
    firewall === "nftables"
      ? net.nft(
          "server",
          "table inet admin { chain forward { type filter hook forward priority filter; policy drop; ct state established,related accept; ct status dnat accept; }; }",
        )
      : Promise.all(["iptables", "ip6tables"].map((tool) => net.ok("server", words(`${tool} -P FORWARD DROP`)))).then();

  it.each(FAMILIES)(
    "leads the knocker alone, with curl and ssh, until its time is over; his session lives on, over %s",
    async (_, host, _inside, own) => {
      await dropOther();
      const daemon = await lab.start(config(`${lead(`${WEB}/tcp`, PAGE)}, ${lead(SSH, 22)}`, "12s"));
      const login = (command: string) => net.run("client", inside.sshd.login(host, command, SSH));
      expect(await page("client", host)).toBe("");
      const lurker = await lab.lurk("stranger", host, SSH);
      await knock("client", host);
      await leadsOn("client", host);
      await says(`one ${own}`, "client", host);
      expect(await login("hostname -I")).toMatchObject({ code: 0, stdout: expect.stringContaining(INSIDE) });
      const session = net.spawn(
        "client",
        inside.sshd.login(host, "i=0; while sleep 0.1; do i=$((i + 1)); echo $i; done", SSH),
      );
      await session.until(/^1$/m);
      await daemon.logs(/gate: closed/);
      expect(await page("client", host)).toBe("");
      expect(await login("echo in")).toMatchObject({ code: 255, stdout: "" });
      await stillTalks(session);
      await lurker.stop();
      expect(lurker.stdout).toMatch(/^(out\n)+$/);
    },
  );

  it("is a hidden port for a stranger, whether or not something listens here", async () => {
    await lab.start(config(`${lead(WEB, PAGE)}, ${lead(SERVICE, PAGE)}, {port: ${WEB}/udp, to: "${INSIDE}:${ECHO}"}`));
    await knock();
    await leadsOn("client");
    for (const [host, family] of [
      [HOST, []],
      [HOST_6, ["-6"]],
    ] as const) {
      const scan = [..."nmap -n -Pn -sS --max-retries 1".split(" "), ...family, "-p", `${WEB},${SERVICE},9999`, host];
      let report = "";
      await eventually("a scan that finds out what is not hidden", async () => {
        report = await net.ok("stranger", scan);
        return /^9999\/tcp +closed/m.test(report);
      });
      for (const port of [WEB, SERVICE]) expect(report).toMatch(new RegExp(`^${port}/tcp +filtered`, "m"));
    }
    expect(await lab.reachableByUdp("stranger", HOST, WEB)).toBe(false);
    await eventually("udp for the knocker", () => lab.reachableByUdp("client", HOST, WEB));
    // Whoever is on this machine meets what listens here.
    await lab.opens("server", "127.0.0.1");
    await lab.opens("server", HOST);
  });

  it("leaves who addresses the host behind it to the administrator's rules", async () => {
    await lab.start(config(lead(PAGE_SAME, PAGE)));
    await knock();
    await eventually("led on", async () => (await page("client", HOST, PAGE_SAME)).startsWith("one"));
    await says("same 10.9.0.10", "client", INSIDE, PAGE_SAME);
    await says("one 10.9.0.11", "stranger", INSIDE, PAGE);
    await dropOther();
    await says("one 10.9.0.10", "client", HOST, PAGE_SAME);
    expect(await page("client", INSIDE, PAGE_SAME)).toBe("");
    expect(await page("stranger", INSIDE, PAGE)).toBe("");
  });

  it("needs the administrator's leave where his own nftables drop what is forwarded, and no leave of iptables", async () => {
    const drop = "table inet admin { chain forward { type filter hook forward priority filter; policy drop; }; }";
    await (firewall === "nftables" ? net.nft("server", drop) : dropOther());
    const daemon = await lab.start(config(lead(WEB, PAGE)));
    await knock();
    await daemon.logs(/OPEN SESAME/);
    if (firewall === "iptables") await leadsOn("client");
    else expect(await page("client")).toBe("");
  });

  it("closes by itself when the daemon has been killed, and a connection lives on", async () => {
    const daemon = await lab.start(config(`${lead(WEB, PAGE)}, ${lead(TALK, ECHO)}`, "10s"));
    await knock();
    await leadsOn("client");
    const talk = await lab.connect("client", HOST, TALK);
    daemon.running.signal("SIGKILL");
    await daemon.running.ended();
    await eventually(
      "closed",
      async () => (await page("client")) === "" && !(await lab.reachable("client", HOST, TALK)),
    );
    await stillTalks(talk);
  });

  it("stays open through a restart, and closes on time after it", async () => {
    const yaml = config(`${lead(WEB, PAGE)}, ${lead(TALK, ECHO)}`, "12s");
    const daemon = await lab.start(yaml);
    await knock();
    await leadsOn("client");
    const talk = await lab.connect("client", HOST, TALK);
    expect(await daemon.stop()).toBe(0);
    await says("one 10.9.0.10", "client");
    expect(await page("stranger")).toBe("");
    const next = await lab.start(yaml);
    await next.logs(/gate: still open until/);
    await says("one 10.9.0.10", "client");
    await next.logs(/gate: closed/);
    expect(await page("client")).toBe("");
    await stillTalks(talk);
  });

  it("leads to another host from a reload on, also who is in already; connections stay with the first", async () => {
    const talk = lead(TALK, ECHO);
    const daemon = await lab.start(config(`${lead(WEB, PAGE)}, ${talk}`));
    await knock();
    await leadsOn("client");
    const connection = await lab.connect("client", HOST, TALK);
    await daemon.reload(config(`${lead(WEB, PAGE_2)}, ${talk.replaceAll(String(ECHO), "2208")}`));
    await leadsOn("client", HOST, "two");
    expect(await page("stranger")).toBe("");
    await stillTalks(connection);
    // No door any more: nothing leads on, and nothing of it is left.
    await daemon.reload(config("2202/tcp"));
    expect(await page("client")).toBe("");
    expect(await rules()).not.toMatch(/192\.168\.1\.10|fd00::10|led on by/);
    await stillTalks(connection);
  });

  it("leaves nothing behind in the firewall after knockd flush", async () => {
    const yaml = config(lead(WEB, PAGE, ", masquerade: true"));
    const daemon = await lab.start(yaml);
    await knock();
    await leadsOn("client");
    expect(await rules()).toMatch(/masquerade/i);
    expect(await daemon.stop()).toBe(0);
    await net.ok("server", [...KNOCKD, "flush", "-c", daemon.file]);
    expect(await rules()).not.toMatch(/knockd/i);
    expect(await net.ok("server", words("ipset -name list"))).toBe("");
    expect(await page("client")).toBe("");
  });

  const takingAway =
    firewall === "nftables"
      ? ["nft flush ruleset", "nft flush chain inet knockd prerouting", "nft flush chain inet knockd gate"]
      : ["iptables -F", "ip6tables -F KNOCKD-FORWARD", "nft delete table inet knockd"];
  it.each(takingAway)("is put back after %s, with who was in", async (command) => {
    const daemon = await lab.start(config(lead(WEB, PAGE)));
    await knock();
    await knock("client", HOST_6);
    await leadsOn("client");
    await leadsOn("client", HOST_6);
    const before = await rules();
    await net.ok("server", words(command));
    await daemon.logs(/firewall: our rules were taken away, put back: \d hidden ports, 2 open doors/);
    for (const host of [HOST, HOST_6]) {
      await leadsOn("client", host);
      expect(await page("stranger", host)).toBe("");
    }
    expect(withoutCounts(await rules())).toBe(withoutCounts(before));
    expect(daemon.count(/our rules were taken away/)).toBe(1);
  });

  if (firewall === "nftables")
    it("keeps its connections through a reload of rules that translate and track by themselves", async () => {
      const daemon = await lab.start(config(lead(TALK, ECHO)));
      await knock();
      await lab.opens("client", HOST, TALK);
      const talk = await lab.connect("client", HOST, TALK);
      await net.nft(
        "server",
        `flush ruleset
        table inet admin {
          chain forward { type filter hook forward priority filter; ct state established,related accept; }
          chain prerouting { type nat hook prerouting priority dstnat; }
        }`,
      );
      await daemon.logs(/our rules were taken away, put back/);
      await stillTalks(talk);
    });

  it.each(FAMILIES)(
    "shows the host its visitor, or with masquerade this machine, over %s",
    async (_, host, _in, own, gate) => {
      const daemon = await lab.start(config(lead(WEB, PAGE)));
      await knock("client", host);
      await leadsOn("client", host);
      expect(inside.lastVisitor()).toBe(own);
      await daemon.reload(config(lead(WEB, PAGE, ", masquerade: true")));
      await eventually("masqueraded", async () => (await page("client", host)) === `one ${gate}`);
      expect(inside.lastVisitor()).toBe(gate);
      // Only what came through the door.
      await says(`one ${own}`, "client", host === HOST ? INSIDE : INSIDE_6, PAGE);
      await daemon.reload(config(lead(WEB, PAGE)));
      await eventually("not masqueraded", async () => (await page("client", host)) === `one ${own}`);
    },
  );

  it("gives a knocker of the other family nothing, not even what listens here", async () => {
    await lab.start(
      config(`${SERVICE_2}/tcp, ${[SERVICE, WEB].map((port) => `{port: ${port}, to: "${INSIDE}:${PAGE}"}`)}`),
    );
    await knock("client", HOST_6);
    await knock("client", HOST);
    await leadsOn("client");
    await lab.opens("client", HOST_6, SERVICE_2);
    expect(await lab.reachable("client", HOST_6)).toBe(false);
    expect(await page("client", HOST_6)).toBe("");
  });

  it("keeps a new connection out that comes from the port of an old one whose end nobody saw", async () => {
    const PORT = 40_001;
    const talk = (line: string, seconds: number) => [
      "bash",
      "-c",
      `(echo ${line}; sleep ${seconds}) | timeout ${seconds} nc -n -p ${PORT} ${HOST} ${TALK}`,
    ];
    const daemon = await lab.start(config(lead(TALK, ECHO), "10s"));
    await knock();
    await lab.opens("client", HOST, TALK);
    const old = net.spawn("client", talk("hello", 60));
    await old.until(/hello/);
    // Both ends go without a word.
    for (const name of ["client", "inside"]) {
      await net.nft(name, "table inet mute { chain output { type filter hook output priority 0; policy drop; }; }");
      await net.ok(name, words("ss -K -tn state established"));
    }
    await old.stop();
    for (const name of ["client", "inside"]) await net.nft(name, "delete table inet mute");
    await daemon.logs(/gate: closed/);
    expect((await net.run("client", talk("again", 2))).stdout).toBe("");
    // It is the closed door that keeps it out.
    await knock();
    await lab.opens("client", HOST, TALK);
    await eventually("an answer", async () => (await net.run("client", talk("again", 2))).stdout === "again\n");
  });

  it("says at start and at a reload when this machine forwards nothing, and what to set", async () => {
    const warning = /doors lead to hosts behind this one, but it forwards nothing: set net\.\S+ = 1/;
    const daemon = await lab.start(config(lead(WEB, PAGE)));
    await inside.forward(false);
    await daemon.reload(config(`{port: ${WEB}, to: "${INSIDE}:${PAGE}"}`));
    await daemon.logs(/set net\.ipv4\.ip_forward = 1 \(sysctl -w net\.ipv4\.ip_forward=1\)/);
    expect(daemon.count(warning)).toBe(1);
    expect(await daemon.stop()).toBe(0);
    const next = await lab.start(config(`22/tcp, ${lead(WEB, PAGE)}`));
    await next.logs(/set net\.ipv6\.conf\.all\.forwarding = 1/);
    expect(next.count(warning)).toBe(2);
  });

  /** All rules of the server, in both forms. */
  async function rules(): Promise<string> {
    const saved = [
      ["nft", "list", "ruleset"],
      ...(firewall === "iptables" ? [["iptables-save"], ["ip6tables-save"]] : []),
    ];
    return (await Promise.all(saved.map((argv) => net.ok("server", argv)))).join("");
  }
});

/** Without what changes by itself: counts, times, sessions. */
function withoutCounts(rules: string): string {
  const tables = rules.replace(
    /packets \d+ bytes \d+|expires \S+|timeout \S+|\[\d+:\d+\]|^#.*|elements = \{ [^}]* \. [\da-f.:]+ \. [^}]*\}/gm,
    "",
  );
  // One that was made anew stands at the end of a listing.
  const parts = tables.split(/^(?=table |\*)/m).map((part) => part.trim());
  return parts.sort().join("\n");
}
