// The gate against what translates ports: the rules of container engines, rebuilt line by line with a namespace as the
// container, and an administrator's own. Each is tried from outside before the daemon starts, so that a layout that leads
// nowhere cannot pass for a hidden one.
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CONTAINER, CONTAINER_6, Container, INSIDE_PORT, LAYOUTS, PUBLISHED } from "../support/container.ts";
import { datagram, ethernet } from "../support/frames.ts";
import { KNOCKD } from "../support/knockd.ts";
import { eventually, HOST, HOST_6, Lab, SERVICE, stillTalks, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const KNOCK = ["7000:udp", "7600:udp"];
const HOSTS = [HOST, HOST_6];
/** Who it is, says doctor. */
const LED_ON: Record<string, string> = {
  "Docker (iptables)": "Docker publishes it",
  "Docker (nftables)": "Docker publishes it",
  "podman (netavark)": "podman publishes it",
  "Kubernetes (kube-proxy, NodePort)": "kube-proxy publishes it",
  "a REDIRECT": "a REDIRECT leads it on",
  "a DNAT of one's own": "a DNAT leads it on",
};

describe.skipIf(!root).each(["nftables", "iptables"])("with %s", (firewall) => {
  const lab = new Lab();
  const { net } = lab;
  const container = new Container(lab);

  beforeAll(async () => {
    await lab.open("client", "stranger");
    await container.open();
  });
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  const config = (open: string | number, time = "1h") =>
    `options: { interface: eth0, firewall: ${firewall} }\ndoors: { web: { sequence: [7000/udp, 7600/udp], open: [${open}], for: ${time} } }\n`;

  /** What doctor says of the port: content, or what is wrong. */
  async function doctor(): Promise<{ state: string; text: string }[]> {
    const env = { PATH: process.env["PATH"], STATE_DIRECTORY: join(lab.directory, "state") };
    const file = lab.write("doctor.yaml", config(PUBLISHED));
    const { stdout } = await net.run("server", [...KNOCKD, "doctor", "--json", "-c", file], { env });
    const report: { checks: { check: string; state: string; text: string }[] } = JSON.parse(stdout);
    return report.checks.flatMap(({ check, state, text }) => (check === "hidden" ? [{ state, text }] : []));
  }

  it.each(Object.keys(LAYOUTS))(
    "a port published by %s is hidden, and open to the knocker alone, over both families, and doctor knows",
    async (layout) => {
      await container.publish(layout);
      for (const host of HOSTS) await lab.opens("stranger", host, PUBLISHED);
      const led = expect.stringContaining(LED_ON[layout] ?? "");
      expect(await doctor()).toEqual([{ state: "fail", text: led }]);
      await lab.start(config(PUBLISHED));
      expect(await doctor()).toEqual([{ state: "ok", text: led }]);
      const lurkers = await Promise.all(HOSTS.map((host) => lab.lurk("stranger", host, PUBLISHED)));
      for (const host of HOSTS) {
        expect(await lab.reachable("client", host, PUBLISHED)).toBe(false);
        await lab.knock("client", host, ...KNOCK);
        await lab.opens("client", host, PUBLISHED);
      }
      expect(await doctor()).toEqual([{ state: "ok", text: led }]);
      const session = await lab.connect("client", HOST, PUBLISHED);
      await net.ok("server", [...KNOCKD, "close", "--all"], {
        env: { ...process.env, RUNTIME_DIRECTORY: join(lab.directory, "run") },
      });
      for (const host of HOSTS) await lab.closes("client", host, PUBLISHED);
      await stillTalks(session);
      for (const lurker of lurkers) {
        await lurker.stop();
        expect(lurker.stdout).toMatch(/^(out\n)+$/);
      }
    },
  );

  it("a published port closes by itself when the daemon has been killed", async () => {
    await container.publish("Docker (nftables)");
    const daemon = await lab.start(config(PUBLISHED, "10s"));
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client", HOST, PUBLISHED);
    daemon.running.signal("SIGKILL");
    await daemon.running.ended();
    await lab.closes("client", HOST, PUBLISHED);
  });

  it("what is only forwarded is left alone, also where its port is hidden here", async () => {
    await lab.start(config(INSIDE_PORT));
    for (const [to, via] of [
      [CONTAINER, HOST],
      [CONTAINER_6, HOST_6],
    ] as const) {
      await net.ok("stranger", words(`ip route replace ${to} via ${via}`));
      await lab.opens("stranger", to, INSIDE_PORT);
    }
  });

  it("a port that somebody translates into a hidden one is hidden with it", async () => {
    await net.nft(
      "server",
      `table inet own { chain pre { type nat hook prerouting priority dstnat; tcp dport 2298 redirect to :${SERVICE}; }; }`,
    );
    for (const host of HOSTS) await lab.opens("stranger", host, 2298);
    await lab.start(config(SERVICE));
    for (const host of HOSTS) {
      expect(await lab.reachable("stranger", host, 2298)).toBe(false);
      await lab.knock("client", host, ...KNOCK);
      await lab.opens("client", host, 2298);
      expect(await lab.reachable("stranger", host, 2298)).toBe(false);
    }
  });

  it("a knocker's port that is translated into another door's hidden one is open all the same", async () => {
    await net.nft(
      "server",
      `table inet own { chain pre { type nat hook prerouting priority dstnat; tcp dport 2298 redirect to :${SERVICE}; }; }`,
    );
    const other = `doors: { other: { sequence: [7003/udp], open: ${SERVICE} },`;
    await lab.start(config(2298).replace("doors: {", other));
    expect(await lab.reachable("client", HOST, 2298)).toBe(false);
    await lab.knock("client", HOST, ...KNOCK);
    await lab.opens("client", HOST, 2298);
    expect(await lab.reachable("client", HOST, SERVICE)).toBe(false);
  });

  it("broadcast and multicast to a hidden port reach nobody here", async () => {
    const eyes = `table inet eyes { chain in { type filter hook input priority 100; udp dport ${SERVICE} counter; }; }`;
    const seen = async () =>
      Number(/packets (\d+)/.exec(await net.ok("server", words("nft list table inet eyes")))?.[1]);
    const from = { 4: lab.addressOf("client"), 6: lab.addressOf("client", 6) };
    const frames = [
      datagram({ from: from[4], to: "10.9.0.255", port: SERVICE }),
      datagram({ from: from[4], to: "255.255.255.255", port: SERVICE }),
      datagram({ from: from[4], to: "224.0.0.1", port: SERVICE }),
      datagram({ from: from[6], to: "ff02::1", port: SERVICE }),
    ].map((packet) => ethernet(packet));
    await net.nft("server", eyes);
    await lab.sendFrames("client", frames);
    await eventually("all four arrive", async () => (await seen()) === frames.length);
    await lab.start(config(`${SERVICE}/udp`));
    await net.nft("server", `flush table inet eyes; delete table inet eyes; ${eyes}`);
    await lab.sendFrames("client", frames);
    await lab.knock("client", HOST, ...KNOCK);
    // The knock is later, and so is what it opens.
    await eventually("udp for the knocker", () => lab.reachableByUdp("client"));
    expect(await net.ok("server", words("nft list table inet knockd"))).toMatch(/hidden by knockd/);
    expect(await dropped()).toBe(frames.length);

    /** What the last rule has counted. */
    async function dropped(): Promise<number> {
      const listing = await net.ok("server", words("nft list chain inet knockd decide"));
      return Number(/counter packets (\d+) bytes \d+ drop comment "hidden/.exec(listing)?.[1]);
    }
  });

  it("a datagram in fragments does not come in at a hidden port", async () => {
    await eventually("fragments arrive", () => fragmented());
    await lab.start(config(`${SERVICE}/udp`));
    expect(await fragmented()).toBe(false);
    await lab.knock("client", HOST, ...KNOCK);
    await eventually("fragments of the knocker", () => fragmented());

    async function fragmented(): Promise<boolean> {
      const script = `exec 3<>/dev/udp/${HOST}/${SERVICE}; printf '%4000s\\n' hello >&3; [ "$(head -n 1 <&3 | tail -c 6)" = hello ]`;
      return (await net.run("client", ["timeout", "1", "bash", "-c", script])).code === 0;
    }
  });
});
