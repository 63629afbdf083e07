// Signed packets of Debian's own fwknop client: every way that it can make them opens, and nothing that is not quite such a
// packet does.
import { chmodSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { DIGEST_KINDS } from "../../src/core/spa/crypto.ts";
import { Fwknop, secretsOf, sendText, writeKey } from "../support/fwknop.ts";
import { KNOCKD } from "../support/knockd.ts";
import { type Daemon, eventually, HOST, Lab, SERVICE, SERVICE_2 } from "../support/lab.ts";
import { root } from "../support/netns.ts";

const ASK = `-A tcp/${SERVICE}`;
const CLIENT = "10.9.0.10";
const STRANGER = "10.9.0.11";
const openedSchema = z.object({ time: z.string(), closes_at: z.string() });

describe.skipIf(!root)("signed packets", () => {
  const lab = new Lab();
  const alice = secretsOf(1);
  const bob = secretsOf(2);

  beforeAll(() => lab.open("client", "stranger", "outsider"));
  afterEach(() => lab.reset());
  afterAll(() => lab.close());

  /** Doors `ssh` and `web`; a key for each, or what is said of alice's. */
  function configOf({ rule = "", options = "", ssh = "" } = {}): string {
    return `
options: { interface: eth0, ${options} }
keys:
  alice: { file: ${writeKey(lab, "alice", alice)}, doors: ssh, ${rule} }
  bob: { file: ${writeKey(lab, "bob", bob)}, doors: web }
doors:
  ssh: { spa: true, open: ${SERVICE}/tcp, for: 30s, ${ssh} }
  web: { spa: true, open: ${SERVICE_2}/tcp, for: 30s }
`;
  }

  const accepted = (daemon: Daemon, key = "alice"): number =>
    daemon.count(new RegExp(`key ${key}: signed packet for `));

  async function accepts(daemon: Daemon, count: number, key = "alice"): Promise<void> {
    await eventually(`${count} packets accepted`, async () => accepted(daemon, key) >= count);
    expect(accepted(daemon, key)).toBe(count);
  }

  describe("of every kind that the client makes", () => {
    const kinds = DIGEST_KINDS.map((kind) => [kind, kind.replace("-", "_")] as const);

    it.each(kinds)("signed with %s, of every digest, by udp and from a forged source, open", async (kind, name) => {
      const daemon = await lab.start(configOf({ rule: `hmac: ${kind}, legacy: [md5, sha1]` }));
      const fwknop = new Fwknop(lab, alice);
      for (const [, digest] of kinds) await fwknop.send("client", `${ASK} -m ${digest} --hmac-digest-type ${name}`);
      await accepts(daemon, kinds.length);
      await lab.opens("client");
      const forged = "10.9.0.77";
      for (const [, digest] of kinds) {
        const raw = `-P udpraw -Q ${forged} -a ${forged}`;
        await fwknop.send("client", `${ASK} -m ${digest} --hmac-digest-type ${name} ${raw}`);
      }
      await accepts(daemon, 2 * kinds.length);
      expect(daemon.log).toContain(`${forged}: ssh: OPEN SESAME`);
      expect(daemon.log).not.toContain("refused");
      expect(await lab.reachable("stranger")).toBe(false);
    });

    it.each(["cbc", "cfb", "ctr", "ofb", "ecb"])("enciphered in %s open", async (mode) => {
      await lab.start(configOf({ rule: `mode: ${mode}` }));
      await new Fwknop(lab, alice).send("client", `${ASK} -M ${mode}`);
      await lab.opens("client");
    });

    it("without a signature, and of old clients, open where the key says so, and only there", async () => {
      const unsigned = { key: Buffer.alloc(16, 3) };
      const daemon = await lab.start(configOf());
      await new Fwknop(lab, unsigned).send("client", ASK);
      await daemon.logs(/10\.9\.0\.10: signed packet refused: /);
      for (const [legacy, options] of [
        ["[no-hmac]", ""],
        ["[no-hmac, legacy-iv]", " -M legacy"],
      ]) {
        writeKey(lab, "unsigned", unsigned);
        const rule = `{ file: ${lab.directory}/unsigned, doors: ssh, legacy: ${legacy} }`;
        await daemon.reload(configOf().replace("doors:\n", `  old: ${rule}\ndoors:\n`));
        await daemon.logs(/keys\.old: no-hmac takes packets that anybody may have changed/);
        await new Fwknop(lab, unsigned).send("client", ASK + options);
      }
      await accepts(daemon, 2, "old");
    });
  });

  describe("that were used", () => {
    it("are no good again: changed, framed otherwise, from elsewhere, after a restart, after kill -9", async () => {
      const config = configOf({ options: "log_level: debug" });
      let daemon = await lab.start(config);
      const fwknop = new Fwknop(lab, alice);
      const used = await fwknop.packet("client", ASK);
      await sendText(lab, "client", used);
      await accepts(daemon, 1);
      const middle = used.length >> 1;
      const letter = used.search(/[a-zA-Z]/);
      const swapped = used.charAt(letter) === used.charAt(letter).toLowerCase() ? "toUpperCase" : "toLowerCase";
      const again: readonly (readonly [string, string, string, RegExp])[] = [
        ["as it is", "client", used, /alice: refused: this packet was used already/],
        ["from another address", "stranger", used, /^10\.9\.0\.11: key alice: refused: this packet was used already/m],
        [
          "in another case",
          "client",
          used.slice(0, letter) + used.charAt(letter)[swapped]() + used.slice(letter + 1),
          /fits no key/,
        ],
        ["with padding", "client", `${used}=`, /of this form/],
        ["with padding inside", "client", `${used.slice(0, -43)}=${used.slice(-43)}`, /of this form/],
        ["with its prefix", "client", `U2FsdGVkX1${used}`, /of this form/],
        ["with a newline", "client", `${used}\n`, /of this form/],
        ["with a blank", "client", `${used} `, /of this form/],
        ["with more behind it", "client", `${used}${"A".repeat(64)}`, /fits no key|of this form/],
        ["in the alphabet of web addresses", "client", used.replaceAll("+", "-").replaceAll("/", "_"), /of this form/],
        [
          "with four other letters",
          "client",
          used.slice(0, middle) + "A".repeat(4) + used.slice(middle + 4),
          /fits no key/,
        ],
        ["cut short", "client", used.slice(0, -1), /of this form/],
      ];
      for (const [how, from, text, reason] of again) {
        const refusedBefore = daemon.count(/refused/);
        await sendText(lab, from, text);
        // The kernel has dropped it, or it has nothing to change in this way.
        if (!/^[89+/]/.test(text) || (how !== "as it is" && from === "client" && text === used)) continue;
        await eventually(`a refusal of the packet ${how}`, async () => daemon.count(/refused/) > refusedBefore);
        expect(
          daemon.log.split("\n").findLast((line) => line.includes("refused")),
          how,
        ).toMatch(reason);
      }
      // Whatever came before it was seen before it.
      await fwknop.send("client", ASK);
      await accepts(daemon, 2);
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        daemon.running.signal(signal);
        await daemon.running.ended();
        daemon = await lab.start(config);
        await sendText(lab, "stranger", used);
        await daemon.logs(/alice: refused: this packet was used already/);
        expect(accepted(daemon)).toBe(0);
        await fwknop.send("client", ASK);
        await accepts(daemon, 1);
      }
      expect(await lab.reachable("stranger")).toBe(false);
    });

    it("are refused by their age where the memory of them is damaged, and newer ones are not", async () => {
      const config = configOf();
      const first = await lab.start(config);
      const fwknop = new Fwknop(lab, alice);
      const used = await fwknop.packet("client", ASK);
      await sendText(lab, "client", used);
      await accepts(first, 1);
      await first.stop();
      writeFileSync(`${lab.directory}/state/replays`, "rubbish");
      const daemon = await lab.start(config);
      await daemon.logs(
        /cannot read which signed packets were used, older ones than this start are refused: .* is damaged/,
      );
      await sendText(lab, "client", used);
      await daemon.logs(/alice: refused: it is \d+ s old, from before the time of which we know what was used/);
      await fwknop.send("client", `${ASK} --time-offset-plus 2s`);
      await accepts(daemon, 1);
    });
  });

  describe("and their time", () => {
    it.each([
      ["plus", "110", "ahead of"],
      ["minus", "110", "behind"],
    ])("a clock that is %s %s s off will do, and one 130 s off will not", async (sign, seconds, side) => {
      const daemon = await lab.start(configOf());
      const fwknop = new Fwknop(lab, alice);
      await fwknop.send("client", `${ASK} --time-offset-${sign} 130s`);
      await daemon.logs(
        new RegExp(`${CLIENT}: key alice: refused: its clock is 1[23]\\d s ${side} ours, at most 120 s are allowed`),
      );
      await fwknop.send("client", `${ASK} --time-offset-${sign} ${seconds}s`);
      await accepts(daemon, 1);
    });

    it("may be further off where the config says so", async () => {
      const daemon = await lab.start(configOf({ options: "spa_max_age: 10m" }));
      await new Fwknop(lab, alice).send("client", `${ASK} --time-offset-minus 9m`);
      await accepts(daemon, 1);
    });

    it("has an end with the key's last day, and the other key goes on", async () => {
      const daemon = await lab.start(configOf({ rule: "expires: 2026-01-31" }));
      expect(daemon.log).toContain("keys.alice: has expired, its last day was 2026-01-31");
      await new Fwknop(lab, alice).send("client", ASK);
      await daemon.logs(/10\.9\.0\.10: key alice: refused: the key has expired, its last day was 2026-01-31/);
      await new Fwknop(lab, bob).send("client", `-A tcp/${SERVICE_2}`);
      await accepts(daemon, 1, "bob");
      await lab.opens("client", HOST, SERVICE_2);
      expect(await lab.reachable("client")).toBe(false);
    });

    it("of an opening is what the client asks for, up to the door's longest", async () => {
      const daemon = await lab.start(configOf({ ssh: "max_for: 60s", options: "log_format: json" }));
      const fwknop = new Fwknop(lab, alice);
      const openFor = async (address: string, options: string): Promise<number> => {
        await fwknop.send("client", `${ASK} -P udpraw -Q ${address} -a ${address} ${options}`);
        const [line] = await daemon.logs(new RegExp(`^.*"opened".*"${address}".*$`, "m"));
        const { time, closes_at } = openedSchema.parse(JSON.parse(line));
        return Math.round((Date.parse(closes_at) - Date.parse(time)) / 1000);
      };
      expect(await openFor("10.9.0.71", "--fw-timeout 3600")).toBe(60);
      expect(await openFor("10.9.0.72", "--fw-timeout 45")).toBe(45);
      expect(await openFor("10.9.0.73", "")).toBe(30);
      await fwknop.send("client", `${ASK} --fw-timeout 10`);
      await lab.opens("client");
      await lab.closes("client");
    });
  });

  describe("and their rights", () => {
    it("a key opens its own doors, and for one port that it may not have, nothing", async () => {
      const daemon = await lab.start(configOf({ options: "log_level: debug" }));
      const fwknop = new Fwknop(lab, alice);
      for (const [ports, refused] of [
        [`tcp/${SERVICE_2}`, `${SERVICE_2}/tcp`],
        [`tcp/${SERVICE},udp/53`, "53/udp"],
        [`udp/${SERVICE}`, `${SERVICE}/udp`],
      ]) {
        await fwknop.send("client", `-A ${ports}`);
        const reason = `10.9.0.10: key alice: refused: ${refused} is no port of a door that this key may open`;
        await daemon.logs(new RegExp(reason.replaceAll(".", "\\.")));
      }
      // The other key's packets are its own.
      await new Fwknop(lab, bob).send("client", `-A tcp/${SERVICE_2}`);
      await accepts(daemon, 1, "bob");
      expect(accepted(daemon)).toBe(0);
      expect(await lab.reachable("client")).toBe(false);
      await lab.opens("client", HOST, SERVICE_2);
    });

    it.each([
      ["a command", "-C date", /it asks to run a command, which is never done/],
      [
        "address translation",
        `${ASK} -N 192.168.1.10:22`,
        /it asks for address translation, which no door that this key may open offers \(nat: true\)/,
      ],
      ["whoever sends it", `${ASK} -s`, /0\.0\.0\.0 is no address of a host/],
      ["a multicast address", `${ASK} -a 224.0.0.1`, /224\.0\.0\.1 is no address of a host/],
      ["another address than its own", `${ASK} -a 10.9.0.99`, /it asks for 10\.9\.0\.99 but came from 10\.9\.0\.10/],
    ])("nobody gets in with a packet for %s", async (_what, options, reason) => {
      const daemon = await lab.start(configOf());
      await new Fwknop(lab, alice).send("client", options);
      const [line] = await daemon.logs(/^.*: key alice: refused: .*$/m);
      expect(line).toMatch(reason);
      expect(daemon.log).not.toContain("OPEN SESAME");
    });

    it("a key with source: sender opens for the sender, whatever the packet says", async () => {
      const daemon = await lab.start(configOf({ rule: "source: sender" }));
      const fwknop = new Fwknop(lab, alice);
      await fwknop.send("client", `${ASK} -s`);
      await lab.opens("client");
      await fwknop.send("stranger", `${ASK} -a ${CLIENT}`);
      await lab.opens("stranger");
      expect(daemon.log).toContain(`${STRANGER}: key alice: signed packet for ssh`);
    });

    it("a key with source: embedded opens for the address in the packet, and the log says who sent it", async () => {
      const daemon = await lab.start(configOf({ rule: "source: embedded" }));
      await new Fwknop(lab, alice).send("stranger", `${ASK} -a ${CLIENT}`);
      await lab.opens("client");
      expect(await lab.reachable("stranger")).toBe(false);
      expect(daemon.log).toContain(`${CLIENT}: key alice: signed packet for ssh, sent by ${STRANGER}`);
    });

    it.each(["nftables", "iptables"])(
      "a key with a prefix opens a network, with %s, also after a restart",
      async (kind) => {
        const config = configOf({ rule: "prefix: 31", options: `firewall: ${kind}` });
        const first = await lab.start(config);
        await new Fwknop(lab, alice).send("client", ASK);
        await lab.opens("client");
        await lab.opens("stranger");
        expect(await lab.reachable("outsider")).toBe(false);
        expect(first.log).toContain(
          "10.9.0.10/31: key alice: signed packet for ssh, opened as a network, sent by 10.9.0.10",
        );
        expect(first.log).toContain("10.9.0.10/31: ssh: OPEN SESAME");
        await first.stop();
        const daemon = await lab.start(config);
        await daemon.logs(/10\.9\.0\.10\/31: ssh: still open until/);
        await lab.opens("stranger");
        expect(await lab.reachable("outsider")).toBe(false);
        await daemon.stop();
        await lab.net.ok("server", [...KNOCKD, "flush", "-c", daemon.file]);
      },
    );
  });

  it("watch and explain say of a packet what the log says, and explain remembers what was used", async () => {
    const env = {
      ...process.env,
      STATE_DIRECTORY: `${lab.directory}/state`,
      RUNTIME_DIRECTORY: `${lab.directory}/run`,
    };
    const daemon = await lab.start(configOf());
    const fwknop = new Fwknop(lab, alice);
    const file = `${lab.directory}/packets.pcap`;
    const dump = lab.net.spawn("server", [
      "tcpdump",
      "--immediate-mode",
      "-U",
      "-Z",
      "root",
      "-i",
      "eth0",
      "-w",
      file,
      "udp",
    ]);
    await dump.until(/listening on/);
    const watching = lab.net.spawn("server", [...KNOCKD, "watch"], { env });
    await eventually("something is watched", async () => {
      await fwknop.send("stranger", `-A tcp/${SERVICE_2}`);
      return watching.stdout !== "";
    });
    const used = await fwknop.packet("client", ASK);
    for (const from of ["client", "stranger"]) await sendText(lab, from, used);
    await watching.until(/used already/);
    const lines = [
      /10\.9\.0\.11 +62201\/udp key alice: refused: 2202\/tcp is no port of a door that this key may open/,
      /10\.9\.0\.10 +62201\/udp key alice: ssh: opens/,
      /10\.9\.0\.11 +62201\/udp key alice: refused: this packet was used already/,
    ];
    for (const line of lines) expect(watching.stdout).toMatch(line);
    let explained = "";
    await eventually("the capture is whole", async () => {
      const explain = [...KNOCKD, "explain", file, "-c", daemon.file];
      explained = (await lab.net.run("server", explain, { env })).stdout;
      return explained.includes("used already");
    });
    for (const line of lines) expect(explained).toMatch(line);
    expect(explained).toMatch(/10\.9\.0\.10: ssh opens$/m);
    expect(explained).toMatch(/\d+ signed packets open nothing, as said above/);
  });

  it("what keygen prints is all that fwknop and the daemon need", async () => {
    const file = `${lab.directory}/made/carol`;
    const before = lab.write("before.yaml", configOf({ options: "spa_port: 4711" }));
    const keygen = [...KNOCKD, "keygen", "carol", "--host", HOST, "--door", "ssh", "--file", file, "-c", before];
    const printed = await lab.net.ok("server", keygen);
    const [, row = ""] = /^keys:\n( {2}carol: .*)$/m.exec(printed) ?? [];
    const [stanza = ""] = /^\[carol\]\n(?:[A-Z].*\n)+/m.exec(printed) ?? [];
    const daemon = await lab.start(configOf({ options: "spa_port: 4711" }).replace("keys:\n", `keys:\n${row}\n`));
    const rc = lab.write("carols-fwknoprc", stanza);
    chmodSync(rc, 0o600);
    const fwknop = ["fwknop", "--rc-file", rc, "-n", "carol", "-a", CLIENT, "--no-save-args"];
    await lab.net.ok("client", fwknop, { env: { ...process.env, HOME: lab.directory } });
    await accepts(daemon, 1, "carol");
    await lab.opens("client");
    const { code, stderr } = await lab.net.run("server", keygen);
    expect({ code, stderr }).toEqual({
      code: 69,
      stderr: `knockd: cannot make "${file}": file already exists\nknockd: hint: a key is never overwritten: name another with --file\n`,
    });
  });

  it("a key file that others may read keeps the daemon from starting, and changes nothing at a reload", async () => {
    const config = configOf();
    chmodSync(`${lab.directory}/alice`, 0o640);
    const refused = lab.spawn(config);
    expect(await refused.running.ended()).toBe(78);
    expect(refused.stderr).toBe(
      `knockd: cannot take the key of alice from "${lab.directory}/alice": others may read it (mode 0640)\nknockd: hint: chmod 600 ${lab.directory}/alice\n`,
    );
    chmodSync(`${lab.directory}/alice`, 0o600);
    const daemon = await lab.start(config);
    chmodSync(`${lab.directory}/alice`, 0o604);
    await daemon.reload(config);
    expect(daemon.log).toMatch(
      /config not changed: cannot take the key of alice from .*others may read it \(mode 0604\) \(chmod 600 /,
    );
    await new Fwknop(lab, alice).send("client", ASK);
    await lab.opens("client");
  });
});
