// Interfaces that are not there yet, go down, go away and come back: the daemon waits, says so once, and goes on.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const CONFIG = `
options: { interface: [ppp0, eth0] }
doors:
  ssh: { sequence: [7000, 8200/udp, 7600], open: 2201/tcp, for: 1h }
`;
const SEQUENCE = [7000, "8200:udp", 7600];
const HOST_PPP = "10.7.0.2";

describe.skipIf(!root)("an interface", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client"));
  beforeEach(makePpp);
  afterEach(async () => {
    await lab.reset();
    await net.run("server", words("ip link delete ppp0"));
  });
  afterAll(() => lab.close());

  async function makePpp(): Promise<void> {
    await net.veth(["client", "ppp0", "10.7.0.1/24"], ["server", "ppp0", `${HOST_PPP}/24`]);
  }

  /** It hears of an address after it has heard of the interface, so the first knock may come too early. */
  async function knockOpens(host: string): Promise<void> {
    await eventually(`a knock to ${host} opens`, async () => {
      await lab.knock("client", host, ...SEQUENCE);
      return await lab.reachable("client", host);
    });
  }

  it("that is absent at start is waited for", async () => {
    await net.ok("server", words("ip link delete ppp0"));
    const daemon = await lab.start(CONFIG);
    await daemon.logs(/^cannot open interface "ppp0": no such device$/m);
    await makePpp();
    await daemon.logs(/^starting up, listening on ppp0$/m);
    await knockOpens(HOST_PPP);
    expect(daemon.count(/cannot open interface/)).toBe(1);
  });

  it("that is down at start is waited for", async () => {
    await net.ok("server", words("ip link set ppp0 down"));
    const daemon = await lab.start(CONFIG);
    await daemon.logs(/^cannot open interface "ppp0": it is down$/m);
    await net.ok("server", words("ip link set ppp0 up"));
    await daemon.logs(/^starting up, listening on ppp0$/m);
    await knockOpens(HOST_PPP);
    expect(daemon.count(/cannot open interface/)).toBe(1);
  });

  it("without an address at start works once it has one", async () => {
    await net.ok("server", words("ip address flush dev ppp0"));
    const daemon = await lab.start(CONFIG);
    await daemon.logs(/listening on ppp0/);
    await net.address("server", "ppp0", `${HOST_PPP}/24`);
    await knockOpens(HOST_PPP);
  });

  it("that is deleted and made again is listened on again, each said once, while others go on", async () => {
    const daemon = await lab.start(CONFIG);
    await daemon.logs(/listening on ppp0/);
    await net.ok("server", words("ip link delete ppp0"));
    await daemon.logs(/^lost interface "ppp0": /m);
    await knockOpens(HOST);
    await makePpp();
    await daemon.logs(/^interface "ppp0" is back, listening$/m);
    await knockOpens(HOST_PPP);
    expect(daemon.count(/lost interface/)).toBe(1);
    expect(daemon.count(/is back/)).toBe(1);
    expect(daemon.count(/listening on ppp0/)).toBe(1);
    expect(await daemon.stop()).toBe(0);
  });

  it("that is set down and up again, twice, is lost and back each time", async () => {
    const daemon = await lab.start(CONFIG);
    await daemon.logs(/listening on ppp0/);
    for (const times of [1, 2]) {
      await net.ok("server", words("ip link set ppp0 down"));
      await daemon.logs(new RegExp(`(lost interface "ppp0": [\\s\\S]*){${times}}`));
      await net.ok("server", words("ip link set ppp0 up"));
      await daemon.logs(new RegExp(`(interface "ppp0" is back[\\s\\S]*){${times}}`));
    }
    await net.carrier("server", "ppp0");
    await knockOpens(HOST_PPP);
    expect(daemon.count(/lost interface "ppp0": it (went|is) down/)).toBe(2);
    expect(daemon.count(/is back/)).toBe(2);
  });

  it("that is missing when the daemon ends does not keep it", async () => {
    const daemon = await lab.start(CONFIG);
    await daemon.logs(/listening on ppp0/);
    await net.ok("server", words("ip link delete ppp0"));
    await daemon.logs(/lost interface/);
    expect(await daemon.stop()).toBe(0);
    expect(daemon.stderr).toBe("");
  });
});
