// Every tool that people knock with opens a door, for itself alone and for a while.

import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOST, Lab, OUR_KNOCK, SERVICE_2, stillTalks } from "../support/lab.ts";
import { root } from "../support/netns.ts";

/** A packet to one of these is dropped, so a client that insists sends its SYN again. */
const DROPPED = [7101, 7303, 7202];

const CONFIG = `
options: { interface: eth0 }
doors:
  tcp: { sequence: [7000, 8200, 7600], open: 2201/tcp, for: 12s }
  udp: { sequence: [7020/udp, 8220/udp, 7620/udp], open: 2201/tcp, for: 12s }
  mixed: { sequence: [7040, 8240/udp, 7640], open: 2201/tcp, for: 12s }
  sized: { sequence: [7060, 100/icmp, 8260/udp], open: [2201/tcp, 2201/udp], for: 12s }
  dropped: { sequence: [${DROPPED}], open: 2201/tcp, for: 12s }
`;

const shell = (script: string): string[] => ["bash", "-c", script];
const perPort = (ports: readonly number[], command: string): string[] =>
  shell(ports.map((port) => command.replaceAll("PORT", String(port))).join("\n"));
const TCP = [7000, 8200, 7600];

const KNOCKERS: [by: string, argv: string[]][] = [
  ["our knock, tcp and udp mixed", [...OUR_KNOCK, HOST, "7040", "8240:udp", "7640"]],
  ["our knock with an echo request", [...OUR_KNOCK, HOST, "7060", "100:icmp", "8260:udp"]],
  ["nmap", perPort(TCP, `nmap -n -sS -Pn --max-retries 0 -p PORT ${HOST}`)],
  ["nc, whose SYNs are dropped and sent again", perPort(DROPPED, `nc -n -z -w 2 ${HOST} PORT`)],
  ["nc by udp", perPort([7020, 8220, 7620], `echo | nc -n -u -w 1 ${HOST} PORT`)],
  ["hping3", perPort(TCP, `hping3 -S -p PORT -c 1 ${HOST}`)],
  ["bash", perPort(TCP, `(echo >/dev/tcp/${HOST}/PORT)`)],
  [
    "bash and ping",
    shell(`(echo >/dev/tcp/${HOST}/7060); ping -n -c 1 -W 1 -s 100 ${HOST}; echo >/dev/udp/${HOST}/8260; true`),
  ],
];
if (existsSync("/usr/bin/knock")) {
  KNOCKERS.push(["the C knock", ["/usr/bin/knock", HOST, "7040", "8240:udp", "7640"]]);
  KNOCKERS.push(["the C knock, all udp", ["/usr/bin/knock", "-u", HOST, "7020", "8220", "7620"]]);
}
const clients = KNOCKERS.map((_, index) => `client${index}`);

describe.skipIf(!root)("a door", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(async () => {
    await lab.open("stranger", ...clients);
    const drop = `tcp dport { ${DROPPED.join(", ")} } drop`;
    await net.nft("server", `table inet admin { chain c { type filter hook input priority 0; ${drop}; }; }`);
    await lab.start(CONFIG);
  });
  afterAll(() => lab.close());

  // Each knocker is a machine of its own, so they need not wait for each other; nor may they disturb each other.
  describe.concurrent("knocked at by", () => {
    it.each(KNOCKERS.map(([by, argv], index) => [by, argv, `client${index}`] as const))(
      "%s opens for a while, and for nobody else",
      async (_by, argv, from) => {
        expect(await lab.reachable(from)).toBe(false);
        const lurker = await lab.lurk("stranger");

        await net.run(from, argv);
        await lab.opens(from);
        const connection = await lab.connect(from);
        // What the door does not open is as it was.
        await lab.opens("stranger", HOST, SERVICE_2);

        await lab.closes(from);
        await stillTalks(connection);
        expect(await lab.reachable(from)).toBe(false);

        await lurker.stop();
        expect(lurker.stdout).toMatch(/^(out\n)+$/);
      },
    );
  });
});
