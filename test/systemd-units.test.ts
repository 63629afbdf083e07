// What units.sh writes; test/install/systemd.test.ts runs it.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { succeed } from "./support/running.ts";
import { Scratch } from "./support/scratch.ts";

const LIMIT_MS = 10_000;
const UNITS = [
  "knockd-command.socket",
  "knockd-command@.service",
  "knockd-sniffer.socket",
  "knockd-sniffer@.service",
  "knockd.service",
  "knockd@.service",
];

const scratch = new Scratch();
beforeAll(() => scratch.make());
afterAll(() => scratch.remove());

/** The lines of a unit that systemd reads. */
async function directivesOf(unit: string, prefix = "/usr"): Promise<string[]> {
  await succeed(LIMIT_MS, "bash", "-c", 'umask 077; exec bash systemd/units.sh "$@"', "bash", scratch.path, prefix);
  return readFileSync(scratch.pathOf(unit), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

describe("the units", () => {
  it("are all there, and everybody may read them whatever the umask", async () => {
    await directivesOf("knockd.service");
    expect(readdirSync(scratch.path).sort()).toEqual(UNITS);
    for (const unit of UNITS) expect(statSync(scratch.pathOf(unit)).mode & 0o777).toBe(0o644);
  });

  it("start after those who load rules of their own, and before the network is configured", async () => {
    const lines = await directivesOf("knockd.service");
    const after = lines.filter((line) => line.startsWith("After=")).join(" ");
    for (const unit of ["nftables.service", "netfilter-persistent.service", "ufw.service", "firewalld.service"])
      expect(after).toContain(unit);
    expect(lines).toContainEqual(expect.stringMatching(/^Before=.*network-pre\.target/));
  });

  it.each(UNITS)("name only programs below their prefix: %s", async (unit) => {
    const programs = (lines: string[]) => lines.flatMap((line) => line.match(/\/usr\/\S*knockd\S*/g) ?? []);
    const inUsr = programs(await directivesOf(unit));
    const inLocal = programs(await directivesOf(unit, "/usr/local"));
    expect(inLocal).toEqual(inUsr.map((path) => path.replace("/usr/", "/usr/local/")));
  });

  it("give each of several daemons names of its own for all that two cannot share", async () => {
    const one = await directivesOf("knockd.service");
    const several = await directivesOf("knockd@.service");
    expect(several.filter((line) => !one.includes(line))).toEqual([
      "Description=Port-knocking daemon (%i)",
      "Documentation=file:///etc/knockd/%i.yaml",
      "EnvironmentFile=-/etc/default/knockd-%i",
      "ExecStartPre=/usr/bin/knockd check -c /etc/knockd/%i.yaml $KNOCKD_OPTS",
      "ExecStart=/usr/bin/knockd run -c /etc/knockd/%i.yaml $KNOCKD_OPTS",
      "ExecReload=/usr/bin/knockd check -c /etc/knockd/%i.yaml $KNOCKD_OPTS",
      "StateDirectory=knockd-%i",
      "RuntimeDirectory=knockd-%i",
      "LogsDirectory=knockd-%i",
      "Environment=KNOCKD_INSTANCE=%i",
    ]);
    expect(readFileSync(scratch.pathOf("knockd@.service"), "utf8")).toContain("/etc/systemd/system/knockd@.service.d");
    // Everything else is for all of them; a new line with a place of the one daemon's belongs above.
    const shared = several.filter((line) => /knockd/.test(line) && !line.includes("%i"));
    expect(shared).toEqual([
      "Wants=knockd-sniffer.socket knockd-command.socket",
      "After=knockd-sniffer.socket knockd-command.socket",
      "RequiresMountsFor=/usr/lib/knockd /etc/knockd",
      "ExecReload=/usr/bin/knockd reload",
      "User=knockd",
      "Group=knockd",
      "Environment=KNOCKD_SNIFFER_SOCKET=/run/knockd-sniffer.sock",
      "Environment=KNOCKD_COMMAND_SOCKET=/run/knockd-command.sock",
    ]);
  });
});
