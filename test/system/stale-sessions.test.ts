// A connection whose end nobody saw: connection tracking believes in it for five days. A new connection from the same address
// and port must not pass for the old one.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, SERVICE, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const PORT = 40_001;
const KNOCK = ["7013", "8017", "7619"];
const configWith = (firewall: string): string => `
options: { interface: eth0, firewall: ${firewall} }
doors: { ssh: { sequence: [${KNOCK.join(", ")}], open: ${SERVICE}/tcp, for: 10s } }`;

describe.skipIf(!root).each(["nftables", "iptables"])("with %s", (firewall) => {
  const lab = new Lab();
  const { net } = lab;
  beforeAll(() => lab.open("client"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  /** Whether a connection from PORT gets its line back. */
  const echoes = async (): Promise<boolean> => {
    const script = `(echo hello; sleep 5) | timeout 6 nc -n -p ${PORT} ${HOST} ${SERVICE}`;
    const { stdout } = await net.run("client", ["bash", "-c", script]);
    return stdout.includes("hello");
  };

  it("a new connection from the port of an old one stays outside", async () => {
    const daemon = await lab.start(configWith(firewall));
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    const old = net.spawn("client", ["bash", "-c", `(echo hello; sleep 60) | nc -n -p ${PORT} ${HOST} ${SERVICE}`]);
    await old.until(/hello/);
    await daemon.stop();
    // Without a rule that asks for it, the kernel stops tracking, and does not see the connection end.
    await net.ok("server", words("nft flush ruleset"));
    await net.ok("client", ["ss", "-K", "-tn", "sport", "=", `:${PORT}`]);
    await old.stop();
    await eventually(
      "the server's socket gone",
      async () => !(await net.ok("server", words("ss -Htna"))).includes(`:${PORT} `),
    );
    await lab.start(configWith(firewall));
    await lab.closes("client");
    expect(await echoes()).toBe(false);
    // It is the closed door that keeps it out.
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client");
    await eventually("an answer", echoes);
  });
});
