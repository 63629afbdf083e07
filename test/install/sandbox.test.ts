// What the table beside the unit says of commands, against the real sandbox: a service with a real systemd, whose door runs each of
// them, as it ships and with the drop-in that check names.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusals } from "../../src/core/sandbox/command-needs.ts";
import { shippedSandbox } from "../../src/io/unit-files.ts";
import { Box, CLOSE_MS, OPEN_MS, TEST_MS, until } from "../support/box.ts";
import { root } from "../support/netns.ts";

const DROP_INS = "/etc/systemd/system/knockd.service.d";
/** What the unit drops on its way hangs; what it refuses to make fails at once. */
const CONNECT = `timeout 3 /usr/local/bin/node -e 'require("net").connect(8080, process.argv[1].slice(7)).on("connect", () => process.exit(0))' http://127.0.0.1`;

/** By what check would call it; each succeeds only where it is really allowed. */
const COMMANDS: Record<string, string> = {
  nothing: "nft list tables",
  own: "touch /var/lib/knockd/x /var/log/knockd/x /run/knockd/x /tmp/x",
  network: CONNECT,
  socket: "iptables -w -I INPUT -m set --match-set probe src -j ACCEPT",
  home: "cat /home/probe/file",
  write: "touch /srv/probe/x",
  root: "chown nobody /var/lib/knockd/x-root",
};

describe.skipIf(!root)("the sandbox of the service", { timeout: TEST_MS }, () => {
  const box = new Box();
  const shipped = shippedSandbox();

  beforeAll(async () => {
    await box.boot();
    await box.copyCheckout();
    await box.ok("bash", "/opt/knockd/systemd/install-service.sh");
    await box.startPage();
    await box.ok("mkdir", "-p", "/home/probe", "/srv/probe");
    box.write("/home/probe/file", "x\n");
    await box.ok("chmod", "-R", "a+rX", "/home/probe");
    await box.ok("chown", "knockd", "/srv/probe");
    await box.ok("ipset", "create", "probe", "hash:ip");
    const doors = Object.entries(COMMANDS).map(
      ([name, command]) =>
        `  ${name}:\n    sequence: [24410, 6021/udp, 15110]\n    start_command: ${JSON.stringify(`touch /var/lib/knockd/x-${name}; ${command} && echo yes >/var/lib/knockd/${name} || echo no >/var/lib/knockd/${name}`)}\n`,
    );
    box.write("/etc/knockd/knockd.yaml", `options:\n  interface: lo\ndoors:\n${doors.join("")}`);
  }, OPEN_MS);
  afterAll(() => box.close(), CLOSE_MS);

  /** What the service lets the commands do, with these drop-ins. */
  async function done(...dropIns: readonly string[]): Promise<Record<string, boolean>> {
    await box.ok("systemctl", "stop", "knockd");
    await box.run("rm", "-rf", DROP_INS);
    await box.ok("bash", "-c", "rm -f /var/lib/knockd/*; mkdir -p /var/lib/knockd");
    await box.ok("mkdir", "-p", DROP_INS);
    for (const name of dropIns) {
      const text = shipped.dropIns.find((each) => each.name === name)?.text ?? "";
      box.write(`${DROP_INS}/${name}`, text.replaceAll("/the/directory", "/srv/probe"));
    }
    await box.ok("systemctl", "daemon-reload");
    await box.ok("systemctl", "start", "knockd");
    for (const name of Object.keys(COMMANDS)) await box.ok("knockd", "open", name, "192.0.2.1");
    const entries: [string, boolean][] = [];
    for (const name of Object.keys(COMMANDS)) {
      await until(async () => /yes|no/.test(await box.says("cat", `/var/lib/knockd/${name}`)));
      entries.push([name, (await box.says("cat", `/var/lib/knockd/${name}`)) === "yes"]);
    }
    return Object.fromEntries(entries);
  }

  function promised(...dropIns: readonly string[]): Record<string, boolean> {
    const texts = shipped.dropIns
      .filter(({ name }) => dropIns.includes(name))
      .map(({ text }) => text.replaceAll("/the/directory", "/srv/probe"));
    const sandbox = { ...shipped, unit: [...shipped.unit, ...texts] };
    return Object.fromEntries(
      Object.entries(COMMANDS).map(([name, shell]) => [name, refusals({ shell }, sandbox).length === 0]),
    );
  }

  it("as it ships lets through what check says, and nothing else", async () => {
    expect(await done()).toEqual(promised());
    expect(promised()).toMatchObject({
      nothing: true,
      own: true,
      network: false,
      home: false,
      write: false,
      root: false,
    });
  });

  it.each(["knockd-network.conf", "knockd-home.conf", "knockd-write.conf", "knockd-iptables.conf"])(
    "with %s lets through that, too",
    async (name) => {
      const really = await done(name);
      expect(really).toEqual(promised(name));
      expect(Object.values(really).filter(Boolean)).toHaveLength(3);
    },
  );

  it("with knockd-root.conf lets through nearly all", async () => {
    expect(await done("knockd-root.conf")).toEqual(promised("knockd-root.conf"));
  });

  it("says so itself, by the files that are there", async () => {
    await done("knockd-network.conf");
    const { stderr } = await box.run("knockd", "check");
    expect(stderr).toContain("doors.write.start_command: needs to write /srv/probe/x");
    expect(stderr).not.toContain("doors.network.start_command: needs the network");
    expect(await box.says("knockd", "doctor")).toMatch(
      /warn {2}commands: doors\.home\.start_command: needs to read .*knockd-home\.conf/,
    );
  });
});
