// Strangers send ten thousand datagrams of garbage a second and two thousand well-formed packets that nobody has signed, and
// each packet of the honest client opens; so it does, with more of those than can be tried, where one has opened before. (At 300
// such packets in a burst fwknopd loses honest ones.)
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Fwknop, SPA_PORT, secretsOf, writeKey } from "../support/fwknop.ts";
import { eventually, HOST, Lab, SERVICE, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const PACKETS = 20;
const STEPS = ["17013", "18017", "17619"];
/** As many characters as a packet that asks for one port. */
const CHARACTERS = 204;
const wellFormed = (): string =>
  `8${randomBytes(CHARACTERS).toString("base64").replace(/=/g, "A").slice(1, CHARACTERS)}`;

describe.skipIf(!root)("under a flood of packets that look signed", () => {
  const lab = new Lab();
  beforeAll(() => lab.open("client", "stranger", "other"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  const keyRows = (count: number): string[] =>
    Array.from(
      { length: count },
      (_, index) => `  key${index}: { file: ${writeKey(lab, `key${index}`, secretsOf(index))}, doors: ssh }`,
    );
  const flood = (from: string, every: string, text: Uint8Array | string) => {
    const file = `${lab.directory}/flood-${from}`;
    writeFileSync(file, text);
    const options = `-q -n -2 -i ${every} --rand-source -p ${SPA_PORT} -d ${text.length} -E ${file}`;
    return lab.net.spawn(from, words(`hping3 ${options} ${HOST}`));
  };

  it.each([
    ["random bytes", () => randomBytes(CHARACTERS), 1],
    ["another length", () => wellFormed().slice(1), 1],
    ["well-formed ones, too, for ten keys, once one has opened", wellFormed, 10],
  ] as const)("of %s, each honest one opens, and the log stays short", async (_what, garbage, keys) => {
    const daemon = await lab.start(`
options: { interface: eth0 }
keys:
${keyRows(keys).join("\n")}
doors: { ssh: { spa: true, open: ${SERVICE}/tcp, for: 30s } }`);
    // The last key is the last to be tried.
    const fwknop = new Fwknop(lab, secretsOf(keys - 1));
    const open = async (packet: number): Promise<void> => {
      await fwknop.send("client", `-A tcp/${SERVICE}`);
      const opened = async () => daemon.count(/ssh: (OPEN SESAME|open again)/) === packet;
      await eventually(`packet ${packet} of ${PACKETS}`, opened);
    };
    // With several keys more comes than a slow machine can try: a newcomer would have odds.
    const earlier = keys > 1 ? 1 : 0;
    if (earlier > 0) await open(earlier);
    const floods = [flood("stranger", "u100", garbage()), flood("other", "u500", wellFormed())];
    await daemon.logs(/signed packet refused: its signature fits no key/);
    for (let packet = earlier + 1; packet <= PACKETS; packet++) await open(packet);
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
    for (const each of floods) await each.stop();
    const rest = daemon.log.split("\n").filter((line) => !/ssh: |ssh$|starting up|^$/.test(line));
    expect(rest.length).toBeLessThanOrEqual(6);
    for (const line of rest) expect(line).toMatch(/signed packet/);
  });

  it("for 64 keys, each sequence opens, and each packet from a network that has opened a door before", async () => {
    const daemon = await lab.start(`
options: { interface: eth0 }
keys:
${keyRows(64).join("\n")}
doors:
  ssh: { spa: true, open: ${SERVICE}/tcp, for: 30s }
  web: { sequence: [${STEPS.join(", ")}], open: 443/tcp, for: 30s }`);
    const fwknop = new Fwknop(lab, secretsOf(63));
    const opened = (door: string, count: number) =>
      eventually(
        `${door} ${count} of ${PACKETS + 1}`,
        async () => daemon.count(new RegExp(`${door}: (OPEN SESAME|open again)`)) === count,
      );
    await fwknop.send("client", `-A tcp/${SERVICE}`);
    await opened("ssh", 1);
    const floods = ["stranger", "other"].map((from) => flood(from, "u100", wellFormed()));
    // More than can be tried.
    await daemon.logs(/signed packet refused: it was not tried/);
    for (let round = 1; round <= PACKETS; round++) {
      await fwknop.send("client", `-A tcp/${SERVICE}`);
      await opened("ssh", round + 1);
      await lab.knock("client", HOST, ...STEPS);
      await opened("web", round);
    }
    expect(await lab.reachable("stranger")).toBe(false);
    for (const each of floods) await each.stop();
  });
});
