import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/core/config/config.ts";
import { formatPort } from "../../src/core/port.ts";
import { parseKeyFile } from "../../src/core/spa/key-file.ts";
import { isAccessConf, strangeFile } from "../../src/import/access-conf.ts";
import { importFwknop } from "../../src/import/fwknop-import.ts";
import { configOf } from "../support/doors.ts";

const KEY = "KEY_BASE64 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\nHMAC_KEY_BASE64 aG1hY2htYWNobWFjaG1hY2htYWM=";

function imported(text: string, makesKeys = true) {
  const result = importFwknop(text, { file: "access.conf", directory: "/k", makesKeys });
  const notes = "problems" in result ? result.problems : result.notes;
  const said = notes.map(({ line, message }) => `${line}: ${message}`);
  const yaml = "yaml" in result ? result.yaml : "";
  return { yaml, said, refused: "problems" in result, keyFiles: result.keyFiles ?? [] };
}

/** What becomes of one stanza: its directives begin at line 5. */
function stanza(...lines: string[]) {
  const result = imported(`SOURCE ANY\n${KEY}\nREQUIRE_SOURCE_ADDRESS Y\n${lines.join("\n")}\n`);
  const config = result.refused ? undefined : configOf(result.yaml);
  return { ...result, key: config?.keys[0], door: config?.doors[0] };
}

describe("a stanza of access.conf", () => {
  it("becomes a key, its file and a door, with fwknopd's own default time", () => {
    const { key, door, said, keyFiles } = stanza("OPEN_PORTS tcp/22, udp/53");
    expect(said).toEqual([]);
    expect(key).toMatchObject({
      name: "fwknop-1",
      file: "/k/fwknop-1",
      doors: ["open-22-53"],
      source: "match",
      legacy: [],
    });
    expect(door).toMatchObject({ name: "open-22-53", grantMs: 30_000 });
    expect(door?.open.map(formatPort)).toEqual(["22/tcp", "53/udp"]);
    expect(keyFiles).toHaveLength(1);
    expect(parseKeyFile(keyFiles[0]?.text ?? "", [])).toEqual({
      key: Buffer.from("01234567890123456789012345678901"),
      hmacKey: Buffer.from("hmachmachmachmachmac"),
    });
  });

  it("is written with colons, semicolons, blanks and CRLF as well", () => {
    const text = "  SOURCE:\tANY;\r\n KEY: a b;  # x\r\nHMAC_KEY   c\r\nOPEN_PORTS: tcp/1\r\nOPEN_PORTS tcp/22;\r\n";
    const { yaml, keyFiles } = imported(text);
    expect(configOf(yaml).doors[0]?.open.map(formatPort)).toEqual(["22/tcp"]);
    expect(parseKeyFile(keyFiles[0]?.text ?? "", [])).toEqual({ key: Buffer.from("a b"), hmacKey: Buffer.from("c") });
  });

  // biome-ignore format: a table is read by its columns
  it.each([
    ["FW_ACCESS_TIMEOUT 90", { grantMs: 90_000 }, {}, []],
    ["FW_ACCESS_TIMEOUT 0", { grantMs: 30_000 }, {}, []],
    ["MAX_FW_TIMEOUT 120", { grantMs: 30_000, maxGrantMs: 120_000 }, {}, []],
    ["MAX_FW_TIMEOUT 0", { grantMs: 30_000, maxGrantMs: 300_000 }, {}, []],
    ["SDP_CLIENT_ID 7", {}, {}, ["6: left out: fwknopd does not know this name either"]],
    ["DESTINATION ANY", {}, {}, []],
    ["HMAC_DIGEST_TYPE SHA3_512", {}, { hmac: "sha3-512" }, []],
    ["HMAC_DIGEST_TYPE sha1", {}, { hmac: "sha1" }, []],
    ["ENCRYPTION_MODE OFB", {}, { mode: "ofb" }, []],
    ["ENCRYPTION_MODE CBC", {}, { mode: "cbc" }, []],
    ["ACCESS_EXPIRE 03/01/2028", {}, { expires: { lastDay: "2028-02-29" } }, ["6: ACCESS_EXPIRE 03/01/2028: fwknopd ends there, so the last whole day is 2028-02-29"]],
    ["ACCESS_EXPIRE_EPOCH 1835438400", {}, { expires: { lastDay: "2028-02-28" } }, ["6: ACCESS_EXPIRE_EPOCH 1835438400: fwknopd ends there, so the last whole day is 2028-02-28"]],
    ["ENABLE_CMD_EXEC N", {}, {}, []],
    ["ENABLE_CMD_EXEC Y", {}, {}, ["6: ENABLE_CMD_EXEC: commands in packets are never run"]],
    ["ENABLE_CMD_SUDO_EXEC Y", {}, {}, ["6: ENABLE_CMD_SUDO_EXEC: commands in packets are never run"]],
    ["CMD_EXEC_USER joe", {}, {}, ["6: CMD_EXEC_USER: no other user is taken on; the service is user knockd"]],
    ["CMD_SUDO_EXEC_GROUP joe", {}, {}, ["6: CMD_SUDO_EXEC_GROUP: no sudo is run"]],
    ["SUDO_EXE /x", {}, {}, ["6: SUDO_EXE: no sudo is run"]],
    ["REQUIRE_USERNAME joe", {}, {}, ["6: REQUIRE_USERNAME: not kept: whoever has the key writes any name"]],
    ["GPG_DECRYPT_PW xyzzy", {}, {}, ["6: GPG_DECRYPT_PW: packets made with GnuPG are not known here"]],
    ["FORCE_MASQUERADE N", {}, {}, []],
    ["RESTRICT_PORTS tcp/80", {}, {}, ["6: RESTRICT_PORTS: not needed, only the ports of the door can be asked for"]],
    ["NONSENSE x", {}, {}, ["6: left out: fwknopd does not know this name either"]],
    ["%include /etc/fwknop/more.conf", {}, {}, ['6: %include: not read, import "/etc/fwknop/more.conf" on its own']],
  ])("keeps or names %s", (line, door, key, said) => {
    const result = stanza("OPEN_PORTS tcp/22", line);
    expect(result.said).toEqual(said);
    expect(result.door).toMatchObject(door);
    expect(result.key).toMatchObject(key);
  });

  it("with one DESTINATION has it as the door's target", () => {
    expect(stanza("OPEN_PORTS tcp/22", "DESTINATION 192.0.2.1/32").yaml).toContain("target: 192.0.2.1\n");
  });

  it("runs its own commands, which are given the address alone", () => {
    const lines = ["OPEN_PORTS tcp/22", "CMD_CYCLE_OPEN /x $IP $SRC", "CMD_CYCLE_CLOSE /y $IP", "CMD_CYCLE_TIMER 7"];
    const { door, said, yaml } = stanza(...lines);
    expect(said).toEqual([]);
    expect(door?.commands[4]).toEqual({ start: { shell: "/x %IP% %IP%" }, stop: { shell: "/y %IP%" } });
    expect(door).toMatchObject({ grantMs: 7000, open: [] });
    expect(yaml).toContain("spa: 22/tcp\n");
    expect(stanza(lines[0] ?? "", "CMD_CYCLE_OPEN /x", "CMD_CYCLE_CLOSE NONE").door?.commands[4]).toEqual({
      start: { shell: "/x" },
    });
  });

  // biome-ignore format: a table is read by its columns
  it.each([
    ["FORCE_NAT 10.0.0.5 22", "FORCE_NAT: would open something else than it says here"],
    ["FORWARD_ALL Y", "FORWARD_ALL: would open something else than it says here"],
    ["DISABLE_DNAT Y", "DISABLE_DNAT: would open something else than it says here"],
    ["FORCE_SNAT 10.0.0.1", "FORCE_SNAT: would open something else than it says here"],
    ["OPEN_PORTS tcp/22,icmp/1", 'OPEN_PORTS: expected ports such as tcp/22, got "icmp/1"'],
    ["OPEN_PORTS ANY", "OPEN_PORTS: ANY: a door opens the ports that it names, as in OPEN_PORTS tcp/22"],
    ["OPEN_PORTS tcp/0", 'OPEN_PORTS: expected ports such as tcp/22, got "tcp/0"'],
    ["RESTRICT_PORTS tcp/22", "OPEN_PORTS: RESTRICT_PORTS leaves no port of it"],
    ["DESTINATION 10.0.0.0/8", 'DESTINATION: a door has one target, not "10.0.0.0/8"'],
    ["CMD_CYCLE_OPEN /x $PORT", "CMD_CYCLE_OPEN: a command is given %IP% alone, not $PORT"],
    ["FW_ACCESS_TIMEOUT -1", 'FW_ACCESS_TIMEOUT: expected 1 second to a year, got "-1"'],
    ["ACCESS_EXPIRE 31/12/2026", 'ACCESS_EXPIRE: expected a day, got "31/12/2026"'],
    ["ACCESS_EXPIRE_EPOCH soon", 'ACCESS_EXPIRE_EPOCH: expected a day, got "soon"'],
    ["HMAC_DIGEST_TYPE crc", 'HMAC_DIGEST_TYPE: expected one of md5 sha1 sha256 sha384 sha512 sha3-256 sha3-512, got "crc"'],
    ["ENCRYPTION_MODE pcbc", 'ENCRYPTION_MODE: expected one of cbc cfb ctr ofb ecb legacy, got "pcbc"'],
    ["ENCRYPTION_MODE legacy", "ENCRYPTION_MODE: clients of that age do not sign, but there is an HMAC_KEY"],
    ["KEY_BASE64 ====", "KEY_BASE64: is no base64"],
    [`KEY_BASE64 ${Buffer.alloc(33).toString("base64")}`, "KEY_BASE64: KEY must have 1 to 32 bytes, has 33"],
    ["HMAC_KEY_BASE64 a$b", "HMAC_KEY_BASE64: is no base64"],
    [`HMAC_KEY ${"h".repeat(129)}\nHMAC_KEY_BASE64 ${Buffer.alloc(129).toString("base64")}`, "HMAC_KEY_BASE64: HMAC_KEY must have 1 to 128 bytes, has 129"],
  ])("that says %s would be another one here, and becomes a comment without a key file", (line, reason) => {
    const { yaml, said, keyFiles } = stanza("OPEN_PORTS tcp/22", line);
    expect(said.join("\n")).toContain(`: ${reason}; the key is written as a comment`);
    expect(configOf(yaml)).toMatchObject({ keys: [], doors: [] });
    expect(yaml).toContain(`# not imported: ${reason}\n#fwknop-1:\n`);
    expect(keyFiles).toEqual([]);
  });

  it("that holds for some sources alone, or for any port, becomes a comment, too", () => {
    for (const text of [`SOURCE 10.0.0.0/8\n${KEY}\nOPEN_PORTS tcp/22\n`, `SOURCE ANY\n${KEY}\n`]) {
      const { yaml, keyFiles } = imported(text);
      expect(configOf(yaml)).toMatchObject({ keys: [], doors: [] });
      expect(keyFiles).toEqual([]);
    }
  });

  it("names what stands in fwknopd.conf, which is not read: the interface, the port and the age", () => {
    const imported = importFwknop(`SOURCE ANY\nOPEN_PORTS tcp/22\n${KEY}\n`, {
      file: "f",
      directory: "/k",
      makesKeys: true,
    });
    const yaml = "yaml" in imported ? imported.yaml : "";
    for (const [theirs, ours] of [
      ["PCAP_INTF", "interface"],
      ["UDPSERV_PORT", "spa_port"],
      ["MAX_SPA_PACKET_AGE", "spa_max_age"],
    ])
      expect(yaml).toMatch(new RegExp(`^#[^]*${theirs}[^]*${ours}[^]*\\n\\nkeys:`));
  });

  it("without an HMAC is taken as such, and warned of", () => {
    const { yaml, said } = imported("SOURCE ANY\nREQUIRE_SOURCE Y\nKEY x\nENCRYPTION_MODE legacy\nOPEN_PORTS tcp/22\n");
    expect(configOf(yaml).keys[0]?.legacy).toEqual(["legacy-iv", "no-hmac"]);
    expect(said).toEqual(["3: KEY: without an HMAC_KEY, packets can be changed on their way"]);
  });

  it("passes over what stands before the first SOURCE, as fwknopd does", () => {
    const { yaml, said } = imported(
      `SDP_CLIENT_ID 1\nKEY x\nSOURCE ANY\nREQUIRE_SOURCE Y\n${KEY}\nOPEN_PORTS tcp/22\n`,
    );
    expect(configOf(yaml).keys).toHaveLength(1);
    expect(said).toEqual([
      "1: passed over, as by fwknopd: it stands before the first SOURCE",
      "2: passed over, as by fwknopd: it stands before the first SOURCE",
    ]);
  });

  it("without an own key but with %include_keys says where they are, and that they belong here", () => {
    const { said } = imported("SOURCE ANY\nOPEN_PORTS tcp/22\n%include_keys /etc/fwknop/bob.keys\n");
    expect(said.join("\n")).toContain(
      "3: %include_keys: the keys of another file are not read: copy its lines to here",
    );
  });

  it("says that clients without an address of their own are refused", () => {
    expect(imported(`SOURCE ANY\n${KEY}\nOPEN_PORTS tcp/22\n`).said).toEqual([
      "1: key fwknop-1: packets of fwknop -s are refused; source: sender in the key takes them",
    ]);
  });

  it("shares its door with those that open the same", () => {
    const open = (time: number) => `SOURCE ANY\n${KEY}\nOPEN_PORTS tcp/22\nFW_ACCESS_TIMEOUT ${time}\n`;
    const { keys, doors } = configOf(imported(open(5) + open(6) + open(5)).yaml);
    expect(keys.map((key) => key.doors)).toEqual([["open-22"], ["open-22-2"], ["open-22"]]);
    expect(doors.map(({ name, grantMs }) => [name, grantMs])).toEqual([
      ["open-22", 5000],
      ["open-22-2", 6000],
    ]);
  });
});

describe("an access.conf that fwknopd would refuse", () => {
  it.each([
    ["", "0: expected a SOURCE"],
    ["KEY x\n", "0: expected a SOURCE"],
    ["%include /x\n", "0: expected a SOURCE"],
    ["SOURCE ANY\nOPEN_PORTS tcp/22\n", "1: expected a KEY or KEY_BASE64 for this SOURCE"],
    ["SOURCE ANY\nKEY __CHANGEME__\n", "2: KEY: still the placeholder of the sample file"],
    ["SOURCE ANY\nKEY x\nhunter2\n", "3: expected NAME VALUE"],
    [`SOURCE ANY\nKEY x\n`.repeat(65), "129: expected at most 64 keys"],
  ])("%j is refused with its line", (text, problem) => {
    expect(imported(text)).toMatchObject({ refused: true, yaml: "", said: expect.arrayContaining([problem]) });
  });
});

describe("the secrets of an access.conf", () => {
  it("stay out of knockd.yaml and of all that is said, which names the lines to copy instead", () => {
    const result = imported(`SOURCE ANY\nREQUIRE_SOURCE Y\n# KEY old-secret\n${KEY}\nOPEN_PORTS tcp/22\n`, false);
    expect(result.said).toEqual([
      "1: key fwknop-1: put KEY_BASE64 of line 4 and HMAC_KEY_BASE64 of line 5 into /k/fwknop-1, mode 0600, or let --keys DIR do so",
    ]);
    expect(result.yaml).not.toMatch(/MDEy|aG1h|old-secret/);
  });

  it("never show, and never make a bad file, whatever else stands there", () => {
    const secret = fc.string({ minLength: 12, maxLength: 40, unit: "grapheme-ascii" }).map((text) => `s3cr3t${text}`);
    const name = fc.constantFrom(
      ...["KEY", "KEY_BASE64", "HMAC_KEY", "HMAC_KEY_BASE64", "GPG_DECRYPT_PW", "NONSENSE", "#KEY", ""],
    );
    const other = fc.constantFrom(
      ...["SOURCE ANY", "OPEN_PORTS tcp/22", "OPEN_PORTS udp/1,tcp/2", "ENCRYPTION_MODE legacy", "KEY k", "HMAC_KEY h"],
      ...["CMD_CYCLE_OPEN x: $IP #", "CMD_CYCLE_CLOSE - y", "FW_ACCESS_TIMEOUT 9", "MAX_FW_TIMEOUT 3", "FORCE_NAT Y"],
      ...["DESTINATION ::1", "ACCESS_EXPIRE 1/1/2030", "ACCESS_EXPIRE_EPOCH 99999999999", "GPG_DECRYPT_ID 1"],
    );
    const line = fc.oneof(
      fc.tuple(name, secret).map((pair) => pair.join(" ")),
      other,
      fc.string(),
    );
    let made = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), (lines, makesKeys) => {
        const text = ["SOURCE ANY", "KEY first", "OPEN_PORTS tcp/22", ...lines].join("\n");
        const { yaml, said, refused } = imported(text, makesKeys);
        expect(yaml + said.join("\n")).not.toContain("s3cr3t");
        if (refused) return;
        made++;
        expect(parseConfig(yaml)).toHaveProperty("config");
      }),
      { numRuns: 2000 },
    );
    expect(made).toBeGreaterThan(100);
  });
});

describe("the times of an access.conf", () => {
  // biome-ignore format: a table is read by its columns
  it.each([
    [["FW_ACCESS_TIMEOUT 60", "MAX_FW_TIMEOUT 20"], [20, 20], "6: FW_ACCESS_TIMEOUT 60: ended after 20 seconds, as by fwknopd: that is MAX_FW_TIMEOUT of line 7"],
    [["FW_ACCESS_TIMEOUT 600"], [300, 300], "6: FW_ACCESS_TIMEOUT 600: ended after 300 seconds, as by fwknopd: that is fwknopd's default for MAX_FW_TIMEOUT"],
    [["MAX_FW_TIMEOUT 20"], [20, 20], undefined],
    [["FW_ACCESS_TIMEOUT 60"], [60, 300], undefined],
    [["FW_ACCESS_TIMEOUT 60", "MAX_FW_TIMEOUT 60"], [60, 60], undefined],
    [["CMD_CYCLE_OPEN /x", "CMD_CYCLE_TIMER 900", "MAX_FW_TIMEOUT 20"], [900, 900], undefined],
    [["CMD_CYCLE_OPEN /x", "FW_ACCESS_TIMEOUT 90"], [90, 300], undefined],
  ])("%j: what opens by itself, and the longest that may be asked for: %j seconds", (lines, [grantS = 0, mostS = 0], said) => {
    const result = stanza("OPEN_PORTS tcp/22", ...lines);
    expect(result.door).toMatchObject({ grantMs: grantS * 1000, maxGrantMs: mostS * 1000 });
    if (said !== undefined) expect(result.said).toContain(said);
  });
});

describe("the kind of a file", () => {
  it.each([
    ["# x\n\nSOURCE ANY\n", true],
    ["SOURCE: ANY\n", true],
    ["%include /x\n", true],
    ["KEY x\n", true],
    ["SDP_CLIENT_ID 1\nSOURCE ANY\n", true],
    ["GPG_REMOTE_ID 0123\nSOURCE ANY\n", true],
    ["a line of somebody's\nSOURCE: ANY\n", true],
    ["sequence = 1\nKEY x\n[a]\n", true],
    ["[options]\nKEY x\n", false],
    ["[options]\n", false],
    ["[SOURCE]\nKEY x\n", false],
    ["sequence = 1\n", false],
    ["SOURCE\n", false],
    ["", false],
  ])("is told from what stands before any section: %j", (text, isAccess) => {
    expect(isAccessConf(text)).toBe(isAccess);
  });
});

describe("a file that is neither", () => {
  it.each([
    ["options:\n  interface: eth0\n", /knockd\.yaml already/],
    ["PCAP_INTF eth0;\nENABLE_NFT_FIREWALL Y;\n", /fwknopd\.conf: import access\.conf/],
    ["[default]\nSPA_SERVER 192.0.2.1\nKEY_BASE64 x\n", /\.fwknoprc of a client/],
    ['START_KNOCKD=1\nKNOCKD_OPTS="-i eth0"\n', /--defaults FILE/],
  ])("is known for what it is: %j", (text, what) => {
    expect(strangeFile(text)).toMatch(what);
  });

  it.each(["[options]\n UseSyslog\n", "SOURCE ANY\nKEY x\n", ""])("is not %j", (text) => {
    expect(strangeFile(text)).toBeUndefined();
  });
});
