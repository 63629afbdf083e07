// A stranger sends ten thousand packets a second: forged first knocks, and scans. Nobody's knock is lost, and no log grows.
// (At such a rate C knockd loses 18 of 20 knocks. The highest rate that a machine can send is a matter of test/bench.)
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, SERVICE, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const KNOCK = ["7013", "8017", "7619:udp"];
const KNOCKS = 20;
const CONFIG = `
options: { interface: eth0 }
doors: { ssh: { sequence: [7013/tcp, 8017/tcp, 7619/udp], open: ${SERVICE}/tcp, for: 30s } }`;

describe.skipIf(!root)("under a flood", () => {
  const lab = new Lab();
  beforeAll(() => lab.open("client", "stranger"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  it.each([
    ["forged first knocks", `-S -p ${KNOCK[0]}`],
    ["forged last knocks, by udp", "-2 -p 7619"],
    ["a port after the other, which touches guards and steps", "-S -p ++6900"],
  ])("of %s, each honest knock opens, and the log tells of nothing else", async (_, options) => {
    const daemon = await lab.start(CONFIG);
    const flood = lab.net.spawn("stranger", words(`hping3 -q -n -i u100 --rand-source ${options} ${HOST}`));
    const arrived = async () =>
      Number(await lab.net.ok("server", words("cat /sys/class/net/eth0/statistics/rx_packets")));
    const before = await arrived();
    await eventually("the flood", async () => (await arrived()) > before + 1000);
    for (let knock = 1; knock <= KNOCKS; knock++) {
      await lab.knock("client", HOST, ...KNOCK);
      // The first opens, the others extend.
      await eventually(
        `knock ${knock} of ${KNOCKS}`,
        async () => daemon.count(/ssh: (OPEN SESAME|open again)/) === knock,
      );
    }
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
    await flood.stop();
    const rest = daemon.log.split("\n").filter((line) => !/ssh: |starting up|^$/.test(line));
    expect(rest).toEqual([]);
    expect(daemon.log.length).toBeLessThan(100 * (KNOCKS + 5));
  });
});
