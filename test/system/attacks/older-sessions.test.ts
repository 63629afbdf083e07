// Connections from before the daemon's first start, on a machine where nobody has tracked connections so far.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, SERVICE, stillTalks } from "../../support/lab.ts";
import { root } from "../../support/netns.ts";

const configWith = (firewall: string): string => `
options: { interface: eth0, firewall: ${firewall} }
doors: { ssh: { sequence: [7013, 8017, 7619], open: ${SERVICE}/tcp } }`;

describe.skipIf(!root).each(["nftables", "iptables"])("with %s", (firewall) => {
  const lab = new Lab();
  beforeAll(() => lab.open("client", "stranger"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  it("a connection that is older than the daemon goes on, also when its client speaks first", async () => {
    const connection = await lab.connect("client");
    await lab.start(configWith(firewall));
    await stillTalks(connection);
    expect(await lab.reachable("client")).toBe(false);
  });

  it("that lets no scan with ACKs find the port", async () => {
    await lab.start(configWith(firewall));
    const scan = ["nmap", "-n", "-Pn", "-sA", "--max-retries", "1", "-p", `${SERVICE},${SERVICE + 5}`, HOST];
    let report = "";
    await eventually("a scan that finds out what is not hidden", async () => {
      report = await lab.net.ok("stranger", scan);
      return new RegExp(`^${SERVICE + 5}/tcp +unfiltered`, "m").test(report);
    });
    expect(report).toMatch(new RegExp(`^${SERVICE}/tcp +filtered`, "m"));
  });

  it("a bare ACK does not find a port whose service is bound to one address", async () => {
    const BOUND = 2209;
    const bind = `require("node:net").createServer((s) => s.pipe(s)).listen(${BOUND}, "${HOST}", () => console.log("listening"))`;
    await lab.net.spawn("server", [process.execPath, "-e", bind]).until(/listening/);
    const scan = ["nmap", "-n", "-Pn", "-sA", "--max-retries", "1", "-p", String(BOUND), HOST];
    await lab.opens("stranger", HOST, BOUND);
    expect(await lab.net.ok("stranger", scan)).toMatch(new RegExp(`^${BOUND}/tcp +unfiltered`, "m"));
    await lab.start(configWith(firewall).replace(`${SERVICE}/tcp`, `${BOUND}/tcp`));
    expect(await lab.net.ok("stranger", scan)).toMatch(new RegExp(`^${BOUND}/tcp +filtered`, "m"));
  });

  it("a session that came in through a door goes on after its closing, also at a port that is not tracked", async () => {
    const notrack = `tcp dport ${SERVICE} notrack; tcp sport ${SERVICE} notrack;`;
    const chains = ["prerouting", "output"].map(
      (hook) => `chain ${hook} { type filter hook ${hook} priority raw; ${notrack} }`,
    );
    await lab.net.nft("server", `table inet raw {\n${chains.join("\n")}\n}`);
    const daemon = await lab.start(configWith(firewall).replace("/tcp }", "/tcp, for: 8s }"));
    await lab.knock("client", HOST, "7013", "8017", "7619");
    await lab.opens("client");
    const connection = await lab.connect("client");
    await daemon.logs(/ssh: closed/);
    expect(await lab.reachable("client")).toBe(false);
    await stillTalks(connection);
  });
});
