// The attack that is none: clients that insist. A SYN that is dropped is sent again, for seconds, also while the next step is on
// its way: where any repeat of an earlier step ended the attempt, curl and bash in the background opened a door 0 times.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HOST, HOST_6, Lab } from "../../support/lab.ts";
import { root } from "../../support/netns.ts";

const PORTS = [21_347, 9283, 52_917];
const CONFIG = `
options: { interface: eth0 }
doors:
  ssh: { sequence: [${PORTS}], open: 2201/tcp, for: 2s }
`;
/** The next step comes while the SYN of the one before is still sent again; then all go on for a while. */
const CLIENTS: Record<string, (host: string, port: number) => string> = {
  curl: (host, port) =>
    `curl -s -m 4 'http://${host.includes(":") ? `[${host}]` : host}:${port}' >/dev/null & sleep .6`,
  ssh: (host, port) => `ssh -F none -o BatchMode=yes -o ConnectTimeout=4 -p ${port} ${host} 2>/dev/null & sleep .6`,
  bash: (host, port) => `timeout 4 bash -c 'echo >/dev/tcp/${host}/${port}' 2>/dev/null & sleep .6`,
};

describe.skipIf(!root)("a client that insists", () => {
  const lab = new Lab();
  const { net } = lab;

  beforeAll(() => lab.open("client"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  it.each(
    ["drop", "reject"].flatMap((verdict) =>
      [HOST, HOST_6].flatMap((host) => Object.keys(CLIENTS).map((client) => [client, host, verdict] as const)),
    ),
  )("%s opens the door once, and not again when it closes: %s, ports that %s", async (client, host, verdict) => {
    const daemon = await lab.start(CONFIG);
    const rule = `tcp dport { ${PORTS.join(", ")} } ${verdict}`;
    await net.nft("server", `table inet admin { chain c { type filter hook input priority 0; ${rule}; }; }`);
    const commands = PORTS.map((port) => CLIENTS[client]?.(host, port)).join("\n");
    const running = net.spawn("client", ["bash", "-c", `${commands}\nwait`]);
    await lab.opens("client", host);
    await running.ended();
    await lab.closes("client", host);
    expect(daemon.running.stdout.match(/OPEN SESAME/g)).toHaveLength(1);
  });
});
