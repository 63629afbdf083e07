// Strangers send ten thousand datagrams of garbage a second and two thousand well-formed packets that nobody has signed, and
// each packet of the honest client opens. (At 300 such packets in a burst fwknopd loses honest ones.)
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Fwknop, SPA_PORT, secretsOf, writeKey } from "../support/fwknop.ts";
import { eventually, HOST, Lab, SERVICE, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const PACKETS = 20;
/** As many characters as a packet that asks for one port. */
const CHARACTERS = 204;
const wellFormed = (): string =>
  `8${randomBytes(CHARACTERS).toString("base64").replace(/=/g, "A").slice(1, CHARACTERS)}`;

describe.skipIf(!root)("under a flood of packets that look signed", () => {
  const lab = new Lab();
  beforeAll(() => lab.open("client", "stranger", "other"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  it.each([
    ["random bytes", () => randomBytes(CHARACTERS), 1],
    ["another length", () => wellFormed().slice(1), 1],
    ["well-formed ones, too, for ten keys", wellFormed, 10],
  ] as const)("of %s, each honest one opens, and the log stays short", async (_what, garbage, keys) => {
    const names = Array.from({ length: keys }, (_, index) => `key${index}`);
    const rows = names.map(
      (name, index) => `  ${name}: { file: ${writeKey(lab, name, secretsOf(index))}, doors: ssh }`,
    );
    const daemon = await lab.start(`
options: { interface: eth0 }
keys:
${rows.join("\n")}
doors: { ssh: { spa: true, open: ${SERVICE}/tcp, for: 30s } }`);
    const flood = (from: string, every: string, text: Uint8Array | string) => {
      const file = `${lab.directory}/flood-${from}`;
      writeFileSync(file, text);
      const options = `-q -n -2 -i ${every} --rand-source -p ${SPA_PORT} -d ${text.length} -E ${file}`;
      return lab.net.spawn(from, words(`hping3 ${options} ${HOST}`));
    };
    const floods = [flood("stranger", "u100", garbage()), flood("other", "u500", wellFormed())];
    const arrived = async () =>
      Number(await lab.net.ok("server", words("cat /sys/class/net/eth0/statistics/rx_packets")));
    const before = await arrived();
    await eventually("the floods", async () => (await arrived()) > before + 2000);
    // The last key is the last to be tried.
    const fwknop = new Fwknop(lab, secretsOf(keys - 1));
    for (let packet = 1; packet <= PACKETS; packet++) {
      await fwknop.send("client", `-A tcp/${SERVICE}`);
      const opened = async () => daemon.count(/ssh: (OPEN SESAME|open again)/) === packet;
      await eventually(`packet ${packet} of ${PACKETS}`, opened);
    }
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
    for (const each of floods) await each.stop();
    const rest = daemon.log.split("\n").filter((line) => !/ssh: |ssh$|starting up|^$/.test(line));
    expect(rest.length).toBeLessThanOrEqual(6);
    for (const line of rest) expect(line).toMatch(/signed packet/);
  });
});
