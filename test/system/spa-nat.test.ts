// Debian's fwknop client asks to be led to a host behind this one: it is, to where a door leads and nowhere else.
//
//   "client", "stranger" ── "switch" ── "server" 192.168.1.1 ── "inside" 192.168.1.10: nginx, sshd
import { chmodSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { formatKeyFile } from "../../src/core/spa/key-file.ts";
import { Fwknop, secretsOf, writeKey } from "../support/fwknop.ts";
import { INSIDE, Inside, PAGE, PAGE_2 } from "../support/inside.ts";
import { KNOCKD } from "../support/knockd.ts";
import { type Daemon, eventually, HOST, Lab, SERVICE, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const WEB = 8080;
const OWN_INSIDE = "192.168.1.1";
const LOCAL = 8099;

describe.skipIf(!root)("a packet of fwknop -N", () => {
  const lab = new Lab();
  const inside = new Inside(lab);
  const alice = secretsOf(1);
  const bob = secretsOf(2);

  beforeAll(async () => {
    await lab.open("client", "stranger");
    await inside.open("client", "stranger");
  });
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  /** Alice may go to the page, and to the echo at this machine's inner address; to the second page only knockers and bob's packets lead. */
  const configOf = (firewall = "nftables"): string => `
options: { interface: eth0, log_level: debug, firewall: ${firewall} }
keys:
  alice: { file: ${writeKey(lab, "alice", alice)}, doors: [nas, own] }
  bob: { file: ${writeKey(lab, "bob", bob)}, doors: plain }
doors:
  nas: { spa: true, nat: true, open: {port: ${WEB}/tcp, to: "${INSIDE}:${PAGE}"}, for: 30s, max_for: 60s }
  own: { spa: true, nat: true, open: {port: ${LOCAL}/tcp, to: "${OWN_INSIDE}:${SERVICE}"}, for: 30s }
  plain: { spa: true, open: {port: 8081/tcp, to: "${INSIDE}:${PAGE_2}"}, for: 30s }
`;
  const page = (from: string, port = WEB) => inside.page(from, HOST, port);
  const isClosed = async (daemon: Daemon): Promise<void> => {
    expect(daemon.log).not.toContain("OPEN SESAME");
    for (const port of [WEB, 8081, 22, PAGE]) expect(await page("client", port)).toBe("");
  };

  it.each([
    ["nftables", `-A tcp/${WEB} -N ${INSIDE}:${PAGE}`],
    ["iptables", `-A tcp/${WEB} -N ${INSIDE}:${PAGE}`],
    ["nftables", `-A tcp/${PAGE} -N ${INSIDE} --nat-port ${WEB}`],
    ["nftables", `-A tcp/${WEB} -N ${INSIDE}:${PAGE} --fw-timeout 20`],
    ["nftables", `-A tcp/${WEB} -N ${INSIDE}:${PAGE} --nat-local`],
    ["nftables", `-A tcp/${WEB}`],
  ])("leads its sender alone to the host inside, with %s: fwknop %s", async (firewall, options) => {
    await lab.start(configOf(firewall));
    expect(await page("client")).toBe("");
    await new Fwknop(lab, alice).send("client", options);
    await eventually("the page inside", async () => (await page("client")) === "one 10.9.0.10");
    expect(await page("stranger")).toBe("");
    expect(await page("client", 8081)).toBe("");
  });

  it.each(["nftables", "iptables"])(
    "leads to an address of this machine, with %s: fwknop --nat-local",
    async (kind) => {
      await lab.start(configOf(kind));
      const fwknop = new Fwknop(lab, alice);
      expect(await lab.reachable("client", HOST, LOCAL)).toBe(false);
      await fwknop.send("client", `-A tcp/${LOCAL} --nat-local -N ${OWN_INSIDE}:${SERVICE} --fw-timeout 20`);
      await lab.opens("client", HOST, LOCAL);
      expect(await lab.reachable("stranger", HOST, LOCAL)).toBe(false);
    },
  );

  it("is refused for another host, another port there, another port here, and the log says which", async () => {
    const daemon = await lab.start(configOf());
    const fwknop = new Fwknop(lab, alice);
    const refusalOf = async (options: string): Promise<string | undefined> => {
      const count = daemon.count(/refused/);
      await fwknop.send("client", options);
      await eventually(`a refusal of ${options}`, async () => daemon.count(/refused/) > count);
      return daemon.log.split("\n").findLast((each) => each.includes("refused"));
    };
    for (const [options = "", refusal] of [
      [
        `-A tcp/${WEB} -N ${INSIDE}:22`,
        `it asks to be led to "${INSIDE}:22", where no door with nat: true that this key may open leads`,
      ],
      [`-A tcp/${WEB} -N 192.168.1.11:${PAGE}`, `it asks to be led to "192.168.1.11:${PAGE}", where no door`],
      [`-A tcp/8081 -N ${INSIDE}:${PAGE_2}`, `it asks to be led to "${INSIDE}:${PAGE_2}", where no door`],
      [`-A tcp/${WEB} -N nas.example:${PAGE}`, `it asks to be led to "nas.example:${PAGE}", where no door`],
      [`-A tcp/${WEB} --nat-local`, `it asks to be led to "${HOST}:${WEB}", where no door`],
      [`-A tcp/22 --nat-local --nat-port ${WEB}`, `it asks to be led to "${HOST}:22", where no door`],
      [
        `-A tcp/22 -N ${INSIDE}:${PAGE}`,
        `it asks that 22/tcp lead to ${INSIDE}:${PAGE}, where only ${WEB}/tcp leads (fwknop: --nat-port)`,
      ],
      [
        `-A udp/${WEB} -N ${INSIDE}:${PAGE}`,
        `it asks that ${WEB}/udp lead to ${INSIDE}:${PAGE}, where only ${WEB}/tcp leads`,
      ],
      [
        `-A tcp/${WEB},tcp/${LOCAL} -N ${INSIDE}:${PAGE}`,
        `it asks that ${LOCAL}/tcp lead to ${INSIDE}:${PAGE}, where only`,
      ],
    ])
      expect(await refusalOf(options), options).toContain(`10.9.0.10: key alice: refused: ${refusal}`);
    expect(await refusalOf(`-A tcp/${PAGE} -N ${INSIDE} --nat-rand-port`)).toMatch(
      /it asks that \d+\/tcp lead to 192\.168\.1\.10:80, where only 8080\/tcp leads/,
    );
    await isClosed(daemon);
  });

  it("is refused for a key whose door does not say nat: true, and watch says so, too", async () => {
    const daemon = await lab.start(configOf());
    const env = { ...process.env, RUNTIME_DIRECTORY: `${lab.directory}/run` };
    const watching = lab.net.spawn("server", [...KNOCKD, "watch"], { env });
    const refused =
      "key bob: refused: it asks for address translation, which no door that this key may open offers (nat: true)";
    await eventually("it is watched", async () => {
      await new Fwknop(lab, bob).send("client", `-A tcp/8081 -N ${INSIDE}:${PAGE_2}`);
      return watching.stdout.includes(refused);
    });
    expect(daemon.log).toContain(`10.9.0.10: ${refused}`);
    await isClosed(daemon);
    await new Fwknop(lab, bob).send("client", "-A tcp/8081");
    await eventually("the second page", async () => (await page("client", 8081)) === "two 10.9.0.10");
  });

  it("is counted, accepted or refused by reason", async () => {
    const daemon = await lab.start(configOf());
    const fwknop = new Fwknop(lab, alice);
    const env = { ...process.env, RUNTIME_DIRECTORY: `${lab.directory}/run` };
    await fwknop.send("client", `-A tcp/${WEB} -N ${INSIDE}:22`);
    await fwknop.send("client", `-A tcp/${WEB} -N ${INSIDE}:${PAGE}`);
    await daemon.logs(/OPEN SESAME/);
    const metrics = await lab.net.ok("server", [...KNOCKD, "metrics"], { env });
    expect(metrics).toContain("\nknockd_packets_accepted_total 1\n");
    expect(metrics).toContain('\nknockd_packets_refused_total{reason="nat-host"} 1\n');
    expect(metrics).toContain('\nknockd_packets_refused_total{reason="nat-port"} 0\n');
  });

  it("is what knockd howto prints, beside our knock", async () => {
    const daemon = await lab.start(configOf());
    const show = [...KNOCKD, "howto", "nas", "--host", HOST, "-c", daemon.file];
    const printed = await lab.net.ok("server", show);
    const line = /^fwknop .*$/m.exec(printed)?.[0] ?? "";
    expect(line).toContain(` -N ${INSIDE}:${PAGE} `);
    expect(printed).toMatch(/^knock --spa alice$/m);
    const secrets = formatKeyFile(alice).trim().split("\n");
    for (const secret of secrets) expect(printed).not.toContain(secret.split(": ")[1]?.slice(0, 8));
    chmodSync(lab.write(".fwknoprc", `[alice]\n${secrets.join("\n").replaceAll(":", "")}\n`), 0o600);
    const pasted = words(line.replace("ADDRESS", "10.9.0.10"));
    await lab.net.ok("client", pasted, { env: { ...process.env, HOME: lab.directory } });
    await eventually("the page inside", async () => (await page("client")) === "one 10.9.0.10");
  });
});
