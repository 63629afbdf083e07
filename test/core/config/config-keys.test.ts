import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/core/config/config.ts";
import { formatOpening } from "../../../src/core/opening.ts";
import { configOf } from "../../support/doors.ts";

const DOORS = `
doors:
  ssh: { spa: true, open: 22/tcp }
  web: { spa: true, open: 443/tcp, sequence: 7000 }
  old: { sequence: "7000,8000,9000", open: 23/tcp }
`;

function problemsOf(keys: string, doors = DOORS): string[] {
  const parsed = parseConfig(`keys:\n${keys}\n${doors}`);
  return "problems" in parsed ? parsed.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe("a key", () => {
  it.each([
    ["a door that is not there", "doors: sh", 'keys.a.doors: expected the name of a door, got "sh"'],
    [
      "a door that only knocks open",
      "doors: [ssh, old]",
      'keys.a.doors[1]: expected a door that says spa: true, got "old"',
    ],
    ["no door", "doors: []", "keys.a.doors: expected at least a door, got []"],
    [
      "a name that only an object has",
      "doors: constructor",
      'keys.a.doors: expected the name of a door, got "constructor"',
    ],
    [
      "no such day",
      "doors: ssh, expires: 2027-02-30",
      'keys.a.expires: expected a day such as 2027-06-30, got "2027-02-30"',
    ],
    [
      "a day of somewhere else",
      "doors: ssh, expires: 06/30/2027",
      'keys.a.expires: expected a day such as 2027-06-30, got "06/30/2027"',
    ],
    [
      "a wide network",
      "doors: ssh, prefix: 8",
      "keys.a.prefix: expected a number of bits such as 24 (IPv4, 16 to 32) or 56 (IPv6, 48 to 128), got 8",
    ],
    [
      "neither family's bits",
      "doors: ssh, prefix: 40",
      "keys.a.prefix: expected a number of bits such as 24 (IPv4, 16 to 32) or 56 (IPv6, 48 to 128), got 40",
    ],
    ["an unknown source", "doors: ssh, source: any", 'keys.a.source: expected match, sender or embedded, got "any"'],
    [
      "an unknown HMAC",
      "doors: ssh, hmac: sha224",
      'keys.a.hmac: expected one of md5 sha1 sha256 sha384 sha512 sha3-256 sha3-512, got "sha224"',
    ],
    [
      "a mode that is not there",
      "doors: ssh, mode: pcbc",
      'keys.a.mode: expected one of cbc cfb ctr ofb ecb, got "pcbc"',
    ],
    ["an unknown key", "doors: ssh, expire: 2027-06-30", "keys.a.expire: unknown key, did you mean expires?"],
  ])("with %s is a mistake", (_what, rest, problem) => {
    expect(problemsOf(`  a: { file: /k, ${rest} }`)).toEqual([problem]);
  });

  it("has an absolute path, and a name that fits into a log", () => {
    expect(problemsOf("  a: { file: k, doors: ssh }")).toEqual([
      'keys.a.file: expected the path of a key file, beginning with /, got "k"',
    ]);
    expect(problemsOf("  a b: { file: /k, doors: ssh }")).toEqual([
      `keys.a b: a key's name begins with a letter and has 1 to 64 letters, digits, "_", "." or "-", got "a b"`,
    ]);
  });

  it("is one of 64 at most", () => {
    const keys = (count: number) =>
      Array.from({ length: count }, (_, index) => `  k${index}: { file: /k, doors: ssh }`);
    expect(problemsOf(keys(64).join("\n"))).toEqual([]);
    expect(problemsOf(keys(65).join("\n"))[0]).toMatch(/^keys: expected at most 64 keys/);
  });

  it("tells its doors which networks they may have to open, and an address is none", () => {
    const { doors } = configOf(`keys:
  a: { file: /k, doors: [ssh, web], prefix: 24 }
  b: { file: /k, doors: web, prefix: [20, 56] }
  c: { file: /k, doors: web, prefix: [32, 128] }${DOORS}`);
    expect(doors.map(({ prefixes }) => prefixes)).toEqual([
      { 4: [24], 6: [] },
      { 4: [24, 20], 6: [56] },
      { 4: [], 6: [] },
    ]);
  });
});

describe("a door for signed packets", () => {
  it.each([
    [
      "nothing to ask for",
      "{ spa: true, sequence: 7000 }",
      "doors.x.spa: a signed packet names a port: expected open ports beside spa: true, or ports here",
    ],
    [
      "a longest time and no packets",
      "{ sequence: 7000, max_for: 1h }",
      "doors.x.max_for: only signed packets ask for a time: expected spa: true too",
    ],
    [
      "packets that are turned off",
      "{ spa: false, open: 22 }",
      "doors.x: expected sequence, one_time_sequences, totp or spa: nobody could ever open this door",
    ],
    [
      "a longest time below its own",
      "{ spa: true, open: 22, for: 2m, max_for: 1m }",
      "doors.x.max_for: expected at least the time that the door stays open by itself",
    ],
    [
      "a longest time below the default",
      "{ spa: true, open: 22, max_for: 9s }",
      "doors.x.max_for: expected at least the time that the door stays open by itself",
    ],
    ...[
      "{ sequence: 7000, nat: true, open: {port: 2222, to: 192.168.1.10:22} }",
      "{ spa: true, nat: true, open: 22 }",
      '{ spa: true, nat: true, open: {port: 2222, to: "[fd00::10]:22"} }',
      "{ spa: 8443, nat: true, open: {port: 2222, to: 192.168.1.10:22} }",
      "{ spa: 2222/udp, nat: true, open: {port: 2222, to: 192.168.1.10:22} }",
    ].map((door) => [
      "nobody to be led to",
      door,
      "doors.x.nat: nothing to be led to: expected a port that leads to an IPv4 host, and that signed packets may ask for",
    ]),
    [
      "a nat of its own kind",
      "{ spa: true, nat: 192.168.1.10, open: 22 }",
      'doors.x.nat: expected true or false, got "192.168.1.10"',
    ],
  ])("with %s is a mistake", (_what, door, problem) => {
    expect(problemsOf("", `doors: { x: ${door} }`)).toEqual([problem]);
  });

  it("can be asked to lead where it leads over IPv4, by the ports that packets may name, if it says so", () => {
    const open =
      '[{port: 2222, to: 192.168.1.10:22}, {port: 2223, to: 192.168.1.11:22}, {port: 2222, to: "[fd00::10]:22"}, 443]';
    const leads = (keys: string) =>
      configOf(`doors: { x: { open: ${open}, ${keys} } }`).doors.flatMap(({ natOpenings }) =>
        natOpenings.map(formatOpening),
      );
    expect(leads("spa: true, nat: true")).toEqual(["2222/tcp to 192.168.1.10:22", "2223/tcp to 192.168.1.11:22"]);
    expect(leads("spa: [2223, 443], nat: true")).toEqual(["2223/tcp to 192.168.1.11:22"]);
    expect(leads("spa: true")).toEqual([]);
    expect(leads("spa: true, nat: false")).toEqual([]);
  });

  it("can be named by ports that something else opens", () => {
    const [door] = configOf("doors: { x: { spa: [8443, 53/udp], start_command: x } }").doors;
    expect(door?.spaPorts).toEqual([
      { protocol: "tcp", number: 8443 },
      { protocol: "udp", number: 53 },
    ]);
  });
});
