// Knocks of several people at once, and scans, which are everybody's knocks in a row.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HOST, Lab, SERVICE_2, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const SEQUENCE = [7000, 7700, 8300, 9000];
const config = (options = "") => `
options: { interface: eth0${options} }
doors:
  ssh: { sequence: [${SEQUENCE}], open: 2201/tcp, for: 1h, seq_timeout: 2m }
  afterwards: { sequence: [5000/udp], open: 2202/tcp, for: 1h }
`;
const NMAP = words("nmap -n -Pn -sS -T4 --max-retries 0");
const RANGE = ["-p", "6990-9010", HOST];

describe.skipIf(!root)("a door", () => {
  const lab = new Lab();
  const { net } = lab;
  const friends = ["ann", "bob", "eve"];

  beforeAll(() => lab.open("client", "stranger", ...friends));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  /** Once the knock after them has opened its own door, all packets of a scan have been heard. */
  async function scanned(from: string, ...order: string[]): Promise<void> {
    await net.ok(from, [...NMAP, ...order, ...RANGE]);
    await lab.knock(from, HOST, "5000:udp");
    await lab.opens(from, HOST, SERVICE_2);
  }

  it("opens for each of several who knock at the same time, step by step in turn", async () => {
    await lab.start(config());
    for (const port of SEQUENCE) for (const name of friends) await lab.knock(name, HOST, port);
    for (const name of friends) await lab.opens(name);
    expect(await lab.reachable("stranger")).toBe(false);
  });

  it("opens for all who knock at once", async () => {
    await lab.start(config());
    await Promise.all(friends.map((name) => lab.knock(name, HOST, ...SEQUENCE)));
    for (const name of friends) await lab.opens(name);
  });

  it("does not mind the knocks that others begin and leave", async () => {
    await lab.start(config());
    await lab.knock("client", HOST, 7000, 7700);
    await lab.knock("stranger", HOST, 7000, 7700, 7000, 9000, 8300);
    await lab.knock("client", HOST, 8300, 9000);
    await lab.opens("client");
    expect(await lab.reachable("stranger")).toBe(false);
  });

  it.each([
    ["in ascending order", ["-r"]],
    ["in random order", []],
  ])("does not open for a scan %s, nor is it closed to knockers by one", async (_order, order) => {
    await lab.start(config());
    const scans = scanned("stranger", ...order);
    await lab.knock("client", HOST, ...SEQUENCE);
    await lab.opens("client");
    await scans;
    expect(await lab.reachable("stranger")).toBe(false);
    // Nor is the one who scanned shut out for good.
    await lab.knock("stranger", HOST, ...SEQUENCE);
    await lab.opens("stranger");
  });

  it("does not open for a scan in descending order, whichever way its sequence goes", async () => {
    await lab.start(config().replace(`[${SEQUENCE}]`, `[${[...SEQUENCE].reverse()}]`));
    const ports = Array.from({ length: 9010 - 6990 + 1 }, (_, index) => 9010 - index);
    await lab.knock("stranger", HOST, ...ports, "5000:udp");
    await lab.opens("stranger", HOST, SERVICE_2);
    expect(await lab.reachable("stranger")).toBe(false);
  });

  it("opens for an ascending scan when scan_guard is off", async () => {
    await lab.start(config(", scan_guard: false"));
    await scanned("stranger", "-r");
    await lab.opens("stranger");
  });
});
