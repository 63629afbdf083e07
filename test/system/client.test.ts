// The client as people use it, before the daemon that it knocks at: profiles, waiting, and what it says when that fails.
//
//   "client" and others ── "switch" ── "server" 10.9.0.2: knockd, an echo behind its doors; 10.9.0.99 is nobody

import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOST, HOST_6, Lab, OUR_KNOCK, SERVICE, words } from "../support/lab.ts";
import { type Outcome, root } from "../support/netns.ts";

const CONFIG = `
options: { interface: eth0 }
doors:
  echo: { sequence: [7000, 8200/udp, 7600], open: ${SERVICE}/tcp, for: 1h }
  nothing: { sequence: [7010, 7610], open: 2300/tcp, for: 1h }
  both: { sequence: [7020, 20049, 20128, 20217], open: ${SERVICE}/tcp, for: 1h }
  tunnel: { sequence: [7030, 7630], open: 2201/udp, for: 1h }
`;
const PROFILES = `
profiles:
  home: { host: ${HOST}, sequence: [7000, 8200/udp, 7600], wait: ${SERVICE} }
  six: { host: dual.example, family: 6, sequence: [7000, 8200/udp, 7600], wait: ${SERVICE} }
  dual: { host: dual.example, sequence: [7000, 8200/udp, 7600], wait: ${SERVICE} }
  wrong: { host: ${HOST}, sequence: [7600, 7000], wait: ${SERVICE}, wait_time: 0.5 }
  nothing: { host: ${HOST}, sequence: [7010, 7610], wait: 2300, wait_time: 5 }
  tunnel: { host: ${HOST}, sequence: [7030, 7630], wait: 2201/udp }
  code: { host: ${HOST}, sequence: 7020, totp: { ports: 20000-20299 }, wait: ${SERVICE} }
  unknown: { host: no-such-host.invalid, sequence: 7000 }
  nobody: { host: 10.9.0.99, sequence: 7000, wait: 22, wait_time: 4 }
  away: { host: 192.0.2.1, sequence: 7000, wait: 22, wait_time: 1h }
`;
const HOSTS = `127.0.0.1 localhost\n${HOST} dual.example\n${HOST_6} dual.example\n`;
const WAYS: readonly (readonly [by: string, args: string[]])[] = [
  ["a profile", ["home"]],
  ["a profile of one family", ["six"]],
  ["a host and ports, told to wait", [HOST, "7000", "8200:udp", "7600", "--wait", String(SERVICE)]],
  ["the ports of a code", ["code", "--code", "492 817"]],
  ["an interface", ["-i", "eth0", "home"]],
  ["a udp service that answers", ["tunnel"]],
];
const ANSWERED = /^\d+\/(tcp|udp) answered after \d+\.\d s\n$/;

describe.skipIf(!root)("knock", () => {
  const lab = new Lab();
  const { net } = lab;
  const file = join(lab.directory, "xdg", "knock", "config.yaml");
  const env = { PATH: process.env["PATH"], HOME: lab.directory, XDG_CONFIG_HOME: join(lab.directory, "xdg") };

  /** With a hosts file of its own, which only its own mounts know. */
  async function knock(from: string, ...args: string[]): Promise<Outcome> {
    const script = `mount --bind ${join(lab.directory, "hosts")} /etc/hosts && exec "$@"`;
    return await net.run(from, ["unshare", "-m", "bash", "-c", script, "knock", ...OUR_KNOCK, ...args], { env });
  }

  beforeAll(async () => {
    await lab.open(
      "client",
      "dual",
      "single",
      "second",
      "waiting",
      "unprivileged",
      ...WAYS.map((_, index) => `client${index}`),
    );
    mkdirSync(dirname(file), { recursive: true });
    // The kernel asks three times for the hardware address of somebody who is not there.
    await net.ok("client", words("sysctl -q net.ipv4.neigh.eth0.retrans_time_ms=100"));
    lab.write("hosts", HOSTS);
    lab.write("xdg/knock/config.yaml", PROFILES);
    chmodSync(file, 0o644);
    await lab.start(CONFIG);
  });
  afterAll(() => lab.close());

  // Each is a machine of its own, so that no door stands open from the test before.
  describe.concurrent("gets in with", () => {
    it.each(WAYS.map(([by, args], index) => [by, args, `client${index}`] as const))(
      "%s, and says that the service answers",
      async (_by, args, from) => {
        expect(await lab.reachable(from)).toBe(false);
        expect(await knock(from, ...args)).toEqual({ code: 0, stdout: expect.stringMatching(ANSWERED), stderr: "" });
      },
    );

    it("both addresses of a name, whichever the connection will take", async () => {
      expect(await knock("dual", "dual")).toMatchObject({ code: 0, stderr: "" });
      await Promise.all([lab.opens("dual"), lab.opens("dual", HOST_6)]);
    });

    it("the one that was asked for, and no other", async () => {
      expect(await knock("single", "-v", "-4", "dual")).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(
          `^hitting tcp ${HOST}:7000\nhitting udp ${HOST}:8200\nhitting tcp ${HOST}:7600\n22`,
        ),
      });
      expect(await lab.reachable("single", HOST_6)).toBe(false);
    });

    it("the second address of a machine, for that one alone", async () => {
      await net.address("second", "eth0", "10.9.0.77/24");
      expect(await knock("second", "--source", "10.9.0.77", "home")).toMatchObject({ code: 0 });
      expect(await lab.reachable("second")).toBe(false);
    });
  });

  describe("says what went wrong:", () => {
    it.each([
      [
        "the port stays closed",
        ["wrong"],
        `knock: ${SERVICE}/tcp does not answer: still hidden\n` +
          'knock: hint: the door did not open, or the host is down; "knockd watch" on the host shows what arrives there\n',
      ],
      [
        "the code is wrong",
        ["code", "--code", "492818", "--wait-time", "0.5"],
        `knock: ${SERVICE}/tcp does not answer: still hidden\n` +
          "knock: hint: a code opens once, and only about half a minute before and after its time: try the next one\n",
      ],
      ["the code is none", ["code", "--code", "49281"], 'knock: expected a code of 6 digits, got "49281"\n'],
      [
        "nothing listens behind the door",
        ["nothing"],
        "knock: 2300/tcp refused: the door is open but nothing listens, or a firewall refuses for it\n",
      ],
      ["the host is unknown", ["unknown"], 'knock: cannot resolve "no-such-host.invalid": '],
      ["nobody has this address", ["nobody"], "knock: 22/tcp: no route to host, or a firewall rejects it\n"],
      ["no route leads there", ["away"], "knock: 22/tcp: network is unreachable\n"],
      [
        "there is no such profile",
        ["hmoe"],
        `knock: no profile "hmoe" in ${file}\nknock: hint: try "knock --list"; without a profile: knock HOST PORT...\n`,
      ],
      ["but there is a similar one", ["hom"], `knock: no profile "hom" in ${file}\nknock: hint: did you mean home?\n`],
      [
        "the profile takes no code",
        ["home", "--code", "492817"],
        'knock: profile "home" takes no code: it has no totp\n',
      ],
      [
        "the profile has no spa",
        ["--spa", "home"],
        'knock: profile "home" has no spa\nknock: hint: try "knock home"\n',
      ],
      [
        "the profile names no port",
        ["unknown", "--wait"],
        'knock: profile "unknown" names no port to wait for\nknock: hint: give it, as in "--wait 22"\n',
      ],
    ])("%s", async (_what, args, stderr) => {
      const outcome = await knock("client", ...args);
      expect(outcome).toMatchObject({ code: 1, stdout: "" });
      expect(outcome.stderr.slice(0, stderr.length)).toBe(stderr);
      if (stderr.endsWith("\n")) expect(outcome.stderr).toBe(stderr);
    });

    it("and what cannot be known of a udp service", async () => {
      expect(await knock("client", HOST, "7000", "--wait", "2201/udp", "--wait-time", "0.5")).toEqual({
        code: 1,
        stdout: "",
        stderr: "knock: 2201/udp is silent: it may be open all the same, for a udp service need not answer\n",
      });
    });
  });

  it("needs no privilege", async () => {
    const without = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"];
    expect(await net.ok("unprivileged", [...without, "grep", "CapEff", "/proc/self/status"])).toMatch(/\t0+\n$/);
    expect(await net.run("unprivileged", [...without, ...OUR_KNOCK, "home"], { env })).toMatchObject({ code: 0 });
  });

  it("notices a door that another knock opens while it waits", async () => {
    const waiting = net.spawn("waiting", [...OUR_KNOCK, "-v", HOST, "7000", "--wait", String(SERVICE)], { env });
    await waiting.until(/hitting/);
    await lab.knock("waiting", HOST, 7000, "8200:udp", 7600);
    expect(await waiting.ended()).toBe(0);
    expect(waiting.stdout).toMatch(/\n2201\/tcp answered after \d+\.\d s\n$/);
  });
});
