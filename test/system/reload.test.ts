// SIGHUP: another config while doors stand open and knocks are under way.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, Lab, SERVICE, SERVICE_2, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const config = (doors: string) => `options: { interface: eth0 }\ndoors: { ${doors} }\n`;
const SSH = "ssh: { sequence: [7000/udp, 7600/udp], open: 2201/tcp, for: 1h }";

describe.skipIf(!root)("on SIGHUP, knockd", () => {
  const lab = new Lab();
  const { net } = lab;
  const out = join(lab.directory, "out");

  beforeAll(() => lab.open("client", "stranger"));
  afterEach(async () => {
    await lab.reset();
    rmSync(out, { force: true });
  });
  afterAll(() => lab.close());

  const written = (): string => (existsSync(out) ? readFileSync(out, "utf8") : "");
  const writes = (text: string) => eventually(`written: ${text}`, async () => written() === text);

  it("takes the new doors and forgets the old ones, and does so again", async () => {
    const daemon = await lab.start(config(SSH));
    const WEB = "web: { sequence: [7003/udp, 7603/udp], open: 2202/tcp, for: 1h }";
    await daemon.reload(config(WEB));
    await lab.opens("client");
    expect(await lab.reachable("client", HOST, SERVICE_2)).toBe(false);
    // Before break comes make: the new capture listens soon.
    await eventually("the new door opens", async () => {
      await lab.knock("client", HOST, "7003:udp", "7603:udp");
      return await lab.reachable("client", HOST, SERVICE_2);
    });

    await daemon.reload(config(SSH));
    expect(await lab.reachable("client")).toBe(false);
    await lab.opens("stranger", HOST, SERVICE_2);
    await eventually("the first door opens again", async () => {
      await lab.knock("client", HOST, "7000:udp", "7600:udp");
      return await lab.reachable("client");
    });
    expect(daemon.count(/^re-reading config file: .*\.yaml$/)).toBe(2);
    expect(daemon.count(/not opened|could not close/)).toBe(0);
  });

  it("keeps open doors open, and closes them when their time is over", async () => {
    const SHORT = SSH.replace("1h", "15s");
    const daemon = await lab.start(
      config(
        `${SHORT}, b: { sequence: 7005/udp, start_command: "true", stop_command: "echo - >> ${out}", cmd_timeout: 3 }`,
      ),
    );
    await lab.knock("client", HOST, "7000:udp", "7600:udp", "7005:udp");
    await lab.opens("client");
    // The command door is not in the file any more; what it began, it ends.
    await daemon.reload(config(`${SHORT}, web: { sequence: 7003/udp, open: 2202/tcp }`));
    await lab.opens("client");
    await writes("-\n");
    await lab.closes("client");
    expect(daemon.count(/could not close/)).toBe(0);
  });

  it("closes the open doors of a door that is gone, without a word of error", async () => {
    const daemon = await lab.start(config(SSH.replace("1h", "8s")));
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await daemon.logs(/ssh: OPEN SESAME/);
    await daemon.reload(config("web: { sequence: 7003/udp, open: 2202/tcp }"));
    await daemon.logs(/10\.9\.0\.10: ssh: (closed|the firewall could not close)/);
    expect(daemon.count(/could not close/)).toBe(0);
  });

  it("keeps its config when the new file is bad, and says all that is wrong", async () => {
    const daemon = await lab.start(config(SSH));
    await daemon.reload("doors: { ssh: { sequence: [70000], opne: 22 } }");
    const line = /^config not changed: .*$/m.exec(daemon.log)?.[0] ?? "";
    expect(line).toContain("70000");
    expect(line).toContain("opne");
    rmSync(daemon.file);
    daemon.running.signal("SIGHUP");
    await daemon.logs(/config not changed: .*no such file/);
    await lab.knock("client", HOST, "7000:udp", "7600:udp");
    await lab.opens("client");
  });

  it("keeps attempts at doors that did not change", async () => {
    const daemon = await lab.start(config(SSH));
    await lab.knock("client", HOST, "7000:udp");
    await daemon.reload(config(SSH));
    await lab.knock("client", HOST, "7600:udp");
    await lab.opens("client");
  });

  it("keeps only the table of its own doors after a reload", async () => {
    const daemon = await lab.start(config(SSH));
    await daemon.reload(config("web: { sequence: 7003/udp, open: 2202/tcp }"));
    const table = await net.ok("server", words("nft list table inet knockd"));
    expect(table).not.toContain("ssh");
    expect(table).not.toContain(String(SERVICE));
    expect(table).toContain('comment "hidden by knockd: 2202/tcp"');
  });
});
