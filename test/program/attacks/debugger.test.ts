// The attack: SIGUSR1, from logrotate or a mistaken script, opens Node's debugger on 127.0.0.1:9229; then any local user runs code
// as root. Each of our programs lives through the signal, and no debugger listens.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KNOCKD } from "../../support/knockd.ts";
import { Running } from "../../support/running.ts";
import { Scratch } from "../../support/scratch.ts";
import { soon } from "../../support/soon.ts";

const built = (name: string): string => fileURLToPath(new URL(`../../../dist/${name}.js`, import.meta.url));
const CONFIG = (secret: string): string =>
  `doors: { phone: { totp: { secret_file: ${secret}, ports: 20000-20299 }, open: 2299/tcp } }\n`;

describe("SIGUSR1 opens no debugger in", () => {
  const scratch = new Scratch();
  beforeEach(() => scratch.make());
  afterEach(() => scratch.remove());

  it("knockd", async () => {
    const config = scratch.write("knockd.yaml", CONFIG(scratch.pathOf("secret")));
    const knockd = new Running([...KNOCKD, "enroll", "phone", "-c", config], { typed: true });
    await knockd.until(/The first code of the app/);
    knockd.signal("SIGUSR1");
    // Three tries, after whatever the signal has done.
    for (const code of ["1", "2", "3"]) knockd.type(`${code}\n`);
    expect(await knockd.ended()).toBe(69);
    expect(knockd.stderr).not.toMatch(/debugger/i);
  });

  it("knock", async () => {
    const knock = new Running([
      process.execPath,
      built("knock"),
      "-v",
      "-d",
      "700",
      "127.0.0.1",
      "2298:udp",
      "2299:udp",
    ]);
    await knock.until(/2298/);
    knock.signal("SIGUSR1");
    expect(await knock.ended()).toBe(0);
    expect(knock.stderr).not.toMatch(/debugger/i);
  });

  it("the capture process", async () => {
    const capture = new Running([process.execPath, built("capture")], { typed: true });
    // From then on it waits for its order.
    await soon(() => expect(listensToStdin(capture.pid)).toBe(true));
    capture.signal("SIGUSR1");
    capture.type('{"interface":"nowhere0","filter":"udp"}\n');
    await capture.ended();
    expect(capture.stderr).toMatch(/nowhere0|permi|cap/i);
    expect(capture.stderr).not.toMatch(/debugger/i);
  });
});

/** Whether its event loop watches file descriptor 0 (epoll(7) tells). */
function listensToStdin(pid: number | undefined): boolean {
  const place = `/proc/${pid}/fdinfo`;
  return readdirSync(place).some((fd) => /^tfd:\s+0 /m.test(readFileSync(`${place}/${fd}`, "utf8")));
}
