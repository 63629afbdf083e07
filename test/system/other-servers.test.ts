// Our client before the servers of others: the C knockd and fwknopd, as Debian ships them, open their doors to it.
//
//   "client" 10.9.0.10 ── "switch" ── "server" 10.9.0.2: the other server, an echo whose ports are dropped

import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, HOST, HOST_6, Lab, OUR_KNOCK, SERVICE, SERVICE_2, words } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const C_KNOCKD = "/usr/sbin/knockd";
const FWKNOPD = "/usr/sbin/fwknopd";
for (const server of [C_KNOCKD, FWKNOPD]) {
  if (!existsSync(server)) process.stderr.write(`\nWARNING: no ${server}, so our client is not tried before it\n\n`);
}
const WAIT = ["--wait", String(SERVICE)];
const ANSWERED = { code: 0, stdout: expect.stringMatching(/^2201\/tcp answered after \d+\.\d s\n$/), stderr: "" };

describe.skipIf(!root || !existsSync(C_KNOCKD))("the C knockd", () => {
  const lab = new Lab();
  const { net } = lab;
  const log = join(lab.directory, "knockd.log");
  const accept = (family: string, address: string): string =>
    `/usr/sbin/nft insert rule inet t c ${family} saddr ${address} tcp dport ${SERVICE} accept`;
  const conf = [
    "tcp = 7000,8200,7600",
    "mixed = 7040,8240:udp,7640",
    "udp = 7020:udp,8220:udp",
    "code = 20049,20128,20217",
  ]
    .map((line) => line.split(" = "))
    .map(
      ([name, sequence]) =>
        `[${name}]\nsequence = ${sequence}\ntcpflags = syn\nstart_command = ${accept("ip", "%IP%")}\nstart_command_6 = ${accept("ip6", "%IP%")}\n`,
    );
  const clients = ["tcp", "mixed", "udp", "delayed", "six", "dual", "code", "wrong"];
  const knock = (from: string, ...args: string[]) => net.run(from, [...OUR_KNOCK, ...args]);

  beforeAll(async () => {
    await lab.open(...clients);
    await net.nft(
      "server",
      `table inet t { chain c { type filter hook input priority 0; tcp dport ${SERVICE} drop; }; }`,
    );
    const file = lab.write("knockd.conf", `[options]\nlogfile = ${log}\n${conf.join("")}`);
    net.spawn("server", [C_KNOCKD, "-i", "eth0", "-c", file, "-p", join(lab.directory, "pid")]);
    await eventually("knockd listening", async () => existsSync(log) && /listening on/.test(readFileSync(log, "utf8")));
  });
  afterAll(() => lab.close());

  it.each([
    ["tcp", [HOST, "7000", "8200", "7600"]],
    ["mixed", [HOST, "7040", "8240:udp", "7640"]],
    ["udp", ["-u", HOST, "7020", "8220"]],
    ["delayed", ["-d", "50", HOST, "7000", "8200", "7600"]],
    ["six", [HOST_6, "7000", "8200", "7600"]],
  ])("opens to a knock: %s", async (from, args) => {
    expect(await lab.reachable(from, args.includes(HOST_6) ? HOST_6 : HOST)).toBe(false);
    expect(await knock(from, ...WAIT, ...args)).toEqual(ANSWERED);
  });

  it("opens both families to a name that has both", async () => {
    lab.write("hosts", `${HOST} dual.example\n${HOST_6} dual.example\n`);
    const script = `mount --bind ${join(lab.directory, "hosts")} /etc/hosts && exec "$@"`;
    const argv = [...OUR_KNOCK, ...WAIT, "dual.example", "7000", "8200", "7600"];
    expect(await net.run("dual", ["unshare", "-m", "bash", "-c", script, "knock", ...argv])).toEqual(ANSWERED);
    await Promise.all([lab.opens("dual"), lab.opens("dual", HOST_6)]);
  });

  it("opens to a profile with a code, for it sees nothing but ports", async () => {
    mkdirSync(join(lab.directory, "knock"));
    lab.write(
      "knock/config.yaml",
      `profiles: { phone: { host: ${HOST}, totp: { ports: 20000-20299 }, wait: ${SERVICE} } }`,
    );
    const env = { PATH: process.env["PATH"], XDG_CONFIG_HOME: lab.directory };
    expect(await net.run("code", [...OUR_KNOCK, "phone", "--code", "492817"], { env })).toEqual(ANSWERED);
  });

  it("stays closed to a knock in the wrong order, and our client says so", async () => {
    expect(await knock("wrong", ...WAIT, "--wait-time", "1", HOST, "7000", "7600", "8200")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining(`knock: ${SERVICE}/tcp does not answer: still hidden\n`),
    });
  });
});

describe.skipIf(!root || !existsSync(FWKNOPD))("fwknopd", () => {
  const lab = new Lab();
  const { net } = lab;
  const [key, hmacKey] = [Buffer.alloc(32, "key"), Buffer.alloc(64, "hmac")].map((bytes) => bytes.toString("base64"));
  const env = { PATH: process.env["PATH"], XDG_CONFIG_HOME: lab.directory };
  const knock = (from: string, ...args: string[]) => net.run(from, [...OUR_KNOCK, ...args], { env });
  const spa = (rest: string): string => `{ host: ${HOST}, spa: { key: "${key}", hmac_key: "${hmacKey}", ${rest} } }`;

  beforeAll(async () => {
    await lab.open("plain", "device", "other", "spoofed", "stranger", "two");
    mkdirSync(join(lab.directory, "knock"));
    lab.write(
      "knock/config.yaml",
      `profiles:
  vault: ${spa(`open: ${SERVICE}`)}
  two: ${spa(`open: [${SERVICE}, ${SERVICE_2}], timeout: 20s, user: alice`)}
  stranger: { host: ${HOST}, spa: { key: "${key}", hmac_key: "${Buffer.alloc(64).toString("base64")}", open: ${SERVICE} } }
`,
    );
    chmodSync(join(lab.directory, "knock", "config.yaml"), 0o600);
    for (const port of [SERVICE, SERVICE_2])
      await net.ok("server", words(`iptables -A INPUT -p tcp --dport ${port} -j DROP`));
    const conf = lab.write(
      "fwknopd.conf",
      `PCAP_INTF eth0;\nFWKNOP_RUN_DIR ${lab.directory};\nFWKNOP_PID_FILE ${lab.directory}/fwknopd.pid;\nDIGEST_FILE ${lab.directory}/digest.cache;\n`,
    );
    const access = lab.write(
      "access.conf",
      `SOURCE ANY\nOPEN_PORTS tcp/${SERVICE}, tcp/${SERVICE_2}\nKEY_BASE64 ${key}\nHMAC_KEY_BASE64 ${hmacKey}\nFW_ACCESS_TIMEOUT 30\nREQUIRE_SOURCE_ADDRESS Y\n`,
    );
    for (const file of [conf, access]) chmodSync(file, 0o600);
    await net.spawn("server", [FWKNOPD, "-f", "-c", conf, "-a", access]).until(/Starting fwknopd main event loop/);
  });
  afterAll(() => lab.close());

  it.each([
    ["a profile", "plain", ["vault", "--wait"]],
    ["a profile that must be one of a packet", "two", ["--spa", "two", "--wait"]],
    ["an interface", "device", ["vault", "--wait", "-i", "eth0"]],
    ["the route's own address", "other", ["vault", "--wait", "--source", "local"]],
  ])("opens to %s", async (_what, from, args) => {
    expect(await lab.reachable(from)).toBe(false);
    expect(await knock(from, ...args)).toEqual(ANSWERED);
  });

  it("opens for the address in the packet, wherever that was sent from", async () => {
    expect(await knock("spoofed", "vault", "--source", lab.addressOf("stranger"))).toMatchObject({
      code: 0,
      stderr: "",
    });
    await lab.opens("stranger");
    expect(await lab.reachable("spoofed")).toBe(false);
  });

  it("stays closed to another key, and our client says so", async () => {
    expect(await knock("spoofed", "stranger", "--wait", "--wait-time", "1")).toEqual({
      code: 1,
      stdout: "",
      stderr:
        `knock: ${SERVICE}/tcp does not answer: still hidden\n` +
        "knock: hint: the key, the clock or the ports may differ from the host's; its log says why it refuses a packet\n",
    });
  });
});
