// Connections from before the daemon's first start, on a machine where nobody has tracked connections so far.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, SERVICE, stillTalks } from "../support/lab.ts";
import { root } from "../support/netns.ts";

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
});
