// A real sshd behind a door: a login that works only after the knock, and a session that outlives the open door.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, stillTalks } from "../support/lab.ts";
import { root } from "../support/netns.ts";
import { Sshd } from "../support/sshd.ts";

const CONFIG = `
options: { interface: eth0 }
doors:
  ssh: { sequence: [7000, 8200/udp, 7600], open: 22/tcp, for: 12s }
`;

describe.skipIf(!root)("ssh", () => {
  const lab = new Lab();
  const { net } = lab;
  const sshd = new Sshd(lab);
  const ssh = (command: string): string[] => sshd.login(HOST, command);

  beforeAll(async () => {
    await lab.open("client");
    await sshd.start("server");
  });
  afterAll(() => lab.close());

  it("gets in after the knock alone, and a session lives on when the door has closed", async () => {
    expect(await net.ok("client", ssh("echo in"))).toBe("in\n");
    await lab.start(CONFIG);
    expect(await net.run("client", ssh("echo in"))).toMatchObject({ code: 255, stdout: "" });

    await lab.knock("client", HOST, 7000, "8200:udp", 7600);
    await eventually("a login", async () => (await net.run("client", ssh("echo in"))).stdout === "in\n");
    const session = net.spawn("client", ssh("i=0; while sleep 0.1; do i=$((i + 1)); echo $i; done"));
    await session.until(/^1$/m);

    await eventually("closed", async () => (await net.run("client", ssh("echo in"))).code === 255);
    await stillTalks(session);
  });
});
