// Guard ports and ordinary traffic: who uses the services of a host while knocking at it is no scanner.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { guardsOf, UNTOUCHED_GROUND } from "../../src/core/guard/guard.ts";
import { portOfKey } from "../../src/core/port.ts";
import { door } from "../support/doors.ts";
import { eventually, HOST, Lab, SERVICE_2 } from "../support/lab.ts";
import { root } from "../support/netns.ts";
import type { Running } from "../support/running.ts";

const SEQUENCE = ["17301/tcp", "4312/tcp", "28119/udp"];
const CONFIG = `
options: { interface: eth0 }
doors:
  ssh: { sequence: [${SEQUENCE}], open: 2201/tcp, for: 1h }
  afterwards: { sequence: [5000/udp], open: ${SERVICE_2}/tcp, for: 1h }
`;
/** A few seconds, on a machine that does much else. */
const NOTICED_MS = 20_000;
/** What the state directory keeps: four numbers, which place the guards. */
const SECRET = [1, 2, 3, 4] as const;
const SSH = door({ name: "ssh", sequence: SEQUENCE.join(","), open: 2201 });
const GUARDS = guardsOf(SSH, "wide", UNTOUCHED_GROUND, SECRET)
  .ranges()
  .map(({ from }) => portOfKey(from));
const guardOf = (wanted: "tcp" | "udp") => GUARDS.find(({ protocol }) => protocol === wanted)?.number;
/** A high UDP port that is a guard unless something listens there, as a WireGuard might. */
const GUARD = guardOf("udp");
const TCP_GUARD = guardOf("tcp");

describe.skipIf(!root)("a knock", () => {
  const lab = new Lab();
  const { net } = lab;
  const services: Running[] = [];

  beforeAll(() => lab.open("client"));
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
    await lab.reset();
  });
  afterAll(() => lab.close());

  async function start(): Promise<void> {
    mkdirSync(join(lab.directory, "state"), { recursive: true });
    writeFileSync(join(lab.directory, "state", "guard-secret"), Int32Array.from(SECRET));
    await lab.start(CONFIG);
  }

  async function serve(...addresses: string[]): Promise<void> {
    for (const address of addresses) {
      const argv = address.startsWith("UDP") ? ["-u", address, "OPEN:/dev/null"] : [`${address},fork`, "EXEC:cat"];
      services.push(net.spawn("server", ["socat", ...argv]));
    }
    const listening = async (): Promise<boolean> => {
      const sockets = await net.ok("server", ["ss", "-Hlnut"]);
      return addresses.every((address) => sockets.includes(`:${address.split(":")[1]} `));
    };
    await expect.poll(listening, { timeout: 30_000 }).toBe(true);
  }

  const datagram = (port: number | undefined): Promise<string> =>
    net.ok("client", ["bash", "-c", `echo hello > /dev/udp/${HOST}/${port}`]);
  const connection = (port: number | undefined): Promise<unknown> =>
    net.run("client", ["timeout", "1", "bash", "-c", `exec 3<>/dev/tcp/${HOST}/${port}; echo hello >&3; head -n1 <&3`]);

  it("opens with web pages, name look-ups, QUIC and WireGuard between its steps", async () => {
    await serve("TCP-LISTEN:80", "TCP-LISTEN:443", "UDP-RECV:53", "UDP-RECV:443", `UDP-RECV:${GUARD}`);
    await start();
    for (const step of ["17301", "4312", "28119:udp"]) {
      await lab.knock("client", HOST, step);
      for (const port of [80, 443]) await connection(port);
      for (const port of [53, 443, GUARD]) await datagram(port);
    }
    await lab.opens("client");
  });

  it.each([
    ["datagrams", `UDP-RECV:${GUARD}`, () => datagram(GUARD)],
    ["connections", `TCP-LISTEN:${TCP_GUARD}`, () => connection(TCP_GUARD)],
    ["datagrams over both families", `UDP6-RECV:${GUARD}`, () => datagram(GUARD)],
  ])("opens with %s to a service that began after the daemon, within seconds: %s", async (_what, service, use) => {
    await start();
    await serve(service);
    await eventually(
      "no guard any more",
      async () => {
        for (const step of ["17301", "4312", "28119:udp"]) {
          await lab.knock("client", HOST, step);
          await use();
        }
        return await lab.reachable("client");
      },
      NOTICED_MS,
    );
  });

  it("does not open for someone who touches the same port where nothing listens", async () => {
    await start();
    await lab.knock("client", HOST, "17301", "4312");
    await datagram(GUARD);
    await lab.knock("client", HOST, "28119:udp", "5000:udp");
    await lab.opens("client", HOST, SERVICE_2);
    expect(await lab.reachable("client")).toBe(false);
  });
});
