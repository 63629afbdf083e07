// The client as its user sees it: words and exit codes. Nothing is sent here.

import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { loadedBy } from "../support/loaded-by.ts";
import { Running } from "../support/running.ts";

const KNOCK = fileURLToPath(new URL("../../dist/knock.js", import.meta.url));
/** What a plain knock loads: with zod and yaml it would be over a million. */
const BYTES_MAX = 40_000;

async function knock(...args: string[]) {
  const running = new Running([process.execPath, KNOCK, ...args]);
  return { code: await running.ended(), stdout: running.stdout, stderr: running.stderr };
}

describe("knock", () => {
  it("prints its usage and exits 1 when asked for help, as the C client does", async () => {
    expect(await knock("-h")).toEqual({ code: 1, stdout: expect.stringMatching(/^usage: knock/), stderr: "" });
  });

  it("prints its usage on stderr and exits 1 without a port", async () => {
    expect(await knock("127.0.0.1")).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(/^usage: knock/) });
  });

  it("prints the version of the package", async () => {
    const { version }: { version: string } = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    );
    expect(await knock("-V")).toEqual({ code: 0, stdout: `knock ${version}\n`, stderr: "" });
  });

  it.each([
    [["127.0.0.1", "7000", "70000"], 'knock: port must be 1 to 65535, got "70000"\n'],
    [["-x", "127.0.0.1", "7000"], 'knock: unknown option "-x"\nknock: hint: try "knock --help"\n'],
    [["-6", "127.0.0.1", "7000"], 'knock: cannot resolve "127.0.0.1": not an IPv6 address\n'],
    [
      ["127.0.0.1", "no-such-service"],
      'knock: unknown tcp service "no-such-service"\n' +
        "knock: hint: a port is 7000, 7000/udp, 100/icmp or a name from /etc/services\n",
    ],
  ])("refuses %j before anything is sent", async (args, stderr) => {
    expect(await knock("-v", ...args)).toEqual({ code: 1, stdout: "", stderr });
  });

  it("is small at its start", () => {
    const built = loadedBy(pathToFileURL(KNOCK));
    const bytes = [...built.values()].reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(BYTES_MAX);
  });

  it("says when ping is missing", async () => {
    const running = new Running([process.execPath, KNOCK, "127.0.0.1", "8:icmp"], { env: { PATH: "/nonexistent" } });
    expect(await running.ended()).toBe(1);
    expect(running.stderr).toBe(
      "knock: cannot run ping: spawn ping ENOENT\nknock: hint: an icmp knock needs ping, of iputils-ping\n",
    );
  });
});
