// config.yaml: what a profile may say, and how it is told what it may not.

import { describe, expect, it } from "vitest";
import { holdsSecrets, parseProfiles } from "../../src/client/profiles.ts";
import { formatProblem } from "../../src/core/config/problem.ts";

const KEYS = 'key: "c2VjcmV0IGtleQ==", hmac_key: c2VjcmV0IGhtYWMga2V5';

function profileOf(yaml: string): unknown {
  const parsed = parseProfiles(`profiles: { home: ${yaml} }`);
  return "profiles" in parsed ? parsed.profiles["home"] : parsed.problems.map((each) => formatProblem("f", each));
}

describe("a profile", () => {
  it("takes a sequence as knockd.yaml does, and has defaults", () => {
    expect(profileOf("{ host: h.example, sequence: [7000, 8000/udp, 100:icmp] }")).toEqual({
      host: "h.example",
      sequence: [
        { protocol: "tcp", number: 7000 },
        { protocol: "udp", number: 8000 },
        { protocol: "icmp", number: 100 },
      ],
      wait_time: 10_000,
      delay: 0,
    });
  });

  it("says all that the command line can say", () => {
    expect(
      profileOf(
        '{ host: 2001:db8::1, sequence: "7000,8000:udp", wait: 22, wait_time: 1m, delay: 5ms, family: 6, interface: tun0, source: 2001:db8::7 }',
      ),
    ).toMatchObject({
      wait: { protocol: "tcp", number: 22 },
      wait_time: 60_000,
      delay: 5,
      family: 6,
      interface: "tun0",
      source: "2001:db8::7",
    });
  });

  it("takes codes, beside a sequence where the door asks for both", () => {
    expect(
      profileOf("{ host: h, sequence: 7000, totp: { ports: 20000-20299, secret: gezd gnbv gy3t qojq } }"),
    ).toMatchObject({
      totp: { ports: 20_000, digits: 6, secret: "GEZDGNBVGY3TQOJQ" },
    });
    expect(profileOf("{ host: h, totp: { ports: 65136-65535, digits: 8 } }")).toMatchObject({ totp: { digits: 8 } });
  });

  it("takes the keys of a signed packet", () => {
    expect(profileOf(`{ host: h, spa: { ${KEYS}, open: [22, 53/udp], timeout: 2m } }`)).toMatchObject({
      spa: {
        key: Buffer.from("secret key"),
        hmac_key: Buffer.from("secret hmac key"),
        open: [
          { protocol: "tcp", number: 22 },
          { protocol: "udp", number: 53 },
        ],
        port: { protocol: "udp", number: 62_201 },
        user: "knock",
        timeout: 120_000,
      },
    });
  });

  it.each([
    ["{ sequence: 7000 }", ["profiles.home.host: expected a host's name or address, got nothing"]],
    ["{ host: -oX, sequence: 7000 }", [`profiles.home.host: expected a host's name or address, got "-oX"`]],
    ["{ host: $(id), sequence: 7000 }", [`profiles.home.host: expected a host's name or address, got "$(id)"`]],
    ["{ host: h }", ["profiles.home: expected sequence, totp or spa: there is nothing to knock with"]],
    ["{ host: h, seqence: 7000, sequence: 7000 }", ["profiles.home.seqence: unknown key, did you mean sequence?"]],
    ["{ host: h, sequence: [7000, 70000] }", ['profiles.home.sequence[1]: port must be 1 to 65535, got "70000"']],
    ["{ host: h, sequence: 7000, wait: 1/icmp }", ['profiles.home.wait: expected a tcp or udp port, got "1/icmp"']],
    ["{ host: h, sequence: 7000, family: 5 }", ["profiles.home.family: expected 4 or 6, got 5"]],
    ["{ host: h, sequence: 7000, delay: 60001ms }", ['profiles.home.delay: expected at most 60s, got "60001ms"']],
    [
      "{ host: h, sequence: 7000, source: eth0 }",
      ['profiles.home.source: expected an IP address such as 192.0.2.7, got "eth0"'],
    ],
    ["{ host: h, sequence: 7000, wait_time: 0 }", ["profiles.home.wait_time: expected a time longer than 0, got 0"]],
    [
      "{ host: h, totp: { ports: 65237-65536 } }",
      ['profiles.home.totp.ports: expected a range such as 20000-20299, for the ports of 6 digits, got "65237-65536"'],
    ],
    ["{ host: h, totp: { ports: 20000-20299, digits: 7 } }", ["profiles.home.totp.digits: expected 6 or 8, got 7"]],
    [
      "{ host: h, totp: { port: 20000 } }",
      [
        "profiles.home.totp.ports: expected a range of ports such as 20000-20299, got nothing",
        "profiles.home.totp.port: unknown key, did you mean ports?",
      ],
    ],
    [
      `{ host: h, spa: { ${KEYS} } }`,
      ['profiles.home.spa.open: expected ports such as [7000/tcp, 8000/udp] or "7000,8000/udp", got nothing'],
    ],
    [
      `{ host: h, spa: { ${KEYS}, open: 100/icmp } }`,
      ['profiles.home.spa.open: expected tcp and udp ports, got "100/icmp"'],
    ],
    [
      `{ host: h, spa: { ${KEYS}, open: [1,2,3,4,5,6,7,8,9] } }`,
      ["profiles.home.spa.open: expected at most 8 ports, got [1,2,3,4,5,6,7,8,9]"],
    ],
    [
      `{ host: h, spa: { ${KEYS}, open: 22, port: 62201/tcp } }`,
      ['profiles.home.spa.port: expected a udp port such as 62201, got "62201/tcp"'],
    ],
    [
      `{ host: h, sequence: 7000, spa: { ${KEYS}, open: 22 } }`,
      ["profiles.home.spa: spa stands alone: a packet asks for all that it wants"],
    ],
    [`{ host: h, family: 6, spa: { ${KEYS}, open: 22 } }`, ["profiles.home.spa: spa is IPv4 only"]],
  ])("%s is refused", (yaml, problems) => {
    expect(profileOf(yaml)).toEqual(problems.map((problem) => expect.stringContaining(problem)));
  });

  it.each([
    [
      "totp: { ports: 20000-20299, secret: SECRET1 }",
      "totp.secret: expected a secret in base32, at least 16 letters and digits 2 to 7",
    ],
    [
      "totp: { ports: 20000-20299, secret: 5318008 }",
      "totp.secret: expected a secret in base32, at least 16 letters and digits 2 to 7",
    ],
    ["spa: { key: SECRET_1, hmac_key: QUJD, open: 22 }", "spa.key: expected 1 to 32 bytes in base64"],
    [
      `spa: { key: QUJD, hmac_key: ${Buffer.alloc(129).toString("base64")}, open: 22 }`,
      "spa.hmac_key: expected 1 to 128 bytes in base64",
    ],
    [
      `spa: { key: ${Buffer.alloc(33).toString("base64")}, hmac_key: QUJD, open: 22 }`,
      "spa.key: expected 1 to 32 bytes in base64",
    ],
  ])("%s is refused without a word of the secret", (yaml, message) => {
    expect(profileOf(`{ host: h, ${yaml} }`)).toEqual([
      expect.stringMatching(new RegExp(`^f:1:\\d+: profiles\\.home\\.${message}$`)),
    ]);
  });
});

describe("the file", () => {
  it.each(["", "# nothing yet\n", "profiles:\n", "profiles: {}\n"])("may hold nothing: %j", (text) => {
    expect(parseProfiles(text)).toEqual({ profiles: {} });
  });

  it.each([
    ["profils: {}", "f:1:1: profils: unknown key, did you mean profiles?"],
    ["profiles: 5", "f:1:11: profiles: expected a mapping of names to profiles, got 5"],
    ["- x", 'f:1:1: expected a mapping of keys to values, got ["x"]'],
    [
      "profiles: { 1x: { host: h, sequence: 1 } }",
      `f:1:13: profiles.1x: a profile's name begins with a letter and has 1 to 64 letters, digits, "_", "." or "-", got "1x"`,
    ],
    ["profiles: {", "f:1:12: "],
  ])("%j is refused", (text, problem) => {
    const parsed = parseProfiles(text);
    expect("problems" in parsed && parsed.problems.map((each) => formatProblem("f", each))).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it.each([
    ["sequence: 7000", false],
    ["totp: { ports: 20000-20299 }", false],
    ["totp: { ports: 20000-20299, secret: GEZDGNBVGY3TQOJQ }", true],
    [`spa: { ${KEYS}, open: 22 }`, true],
  ])("with %s holds secrets: %s", (yaml, holds) => {
    const parsed = parseProfiles(`profiles: { a: { host: h, sequence: 1 }, b: { host: h, ${yaml} } }`);
    expect("profiles" in parsed && holdsSecrets(parsed.profiles)).toBe(holds);
  });
});
