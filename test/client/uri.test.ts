// A sequence as a line: what a URI and a C client's command line say, and that nothing is lost on the way.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatLine, parseLine } from "../../src/client/line.ts";
import { formatUri, parseUri, type Shared } from "../../src/client/uri.ts";
import { Failure } from "../../src/core/exit.ts";
import type { Port } from "../../src/core/port.ts";

const tcp = (number: number): Port => ({ protocol: "tcp", number });
const udp = (number: number): Port => ({ protocol: "udp", number });
const PLAIN: Shared = {
  name: undefined,
  host: "h",
  ports: [tcp(7000)],
  delayMs: 0,
  family: 0,
  wait: undefined,
};
const noServices = (): undefined => undefined;

describe("parseUri", () => {
  it.each<[string, Partial<Shared>]>([
    ["knock://h/7000", {}],
    ["KNOCK://h/7000/tcp", {}],
    ["knock://h/7000,8000/udp,100/icmp", { ports: [tcp(7000), udp(8000), { protocol: "icmp", number: 100 }] }],
    ["knock://[2001:db8::1]/7000", { host: "2001:db8::1" }],
    ["knock://[fe80::1%25eth0]/7000", { host: "fe80::1%eth0" }],
    ["knock://b%C3%BCro.example/7000", { host: "büro.example" }],
    ["knock://h/7000?delay=300&family=6&wait=22#my%20box", { delayMs: 300, family: 6, wait: tcp(22), name: "my box" }],
    ["knock://h/7000#", {}],
    ["knock://h/7000#b\u00fcro%231?x=y", { name: "b\u00fcro#1?x=y" }],
    ["knock://h/7000?&delay=1&&delay=2", { delayMs: 2 }],
    ["knock://h/7000%2C8000%2Fudp", { ports: [tcp(7000), udp(8000)] }],
  ])("reads %s", (text, shared) => {
    expect(parseUri(text)).toEqual({ ...PLAIN, ...shared });
  });

  it.each([
    ["knock://h/", 'expected a URI such as knock://host/7000,8000/udp?wait=22#name, got "knock://h/"'],
    ["knock:///7000", "expected a URI such as"],
    ["knock://h", "expected a URI such as"],
    ["http://h/7000", "expected a URI such as"],
    ["knock://h/70000", 'port must be 1 to 65535, got "70000"'],
    ["knock://h/7000,", 'expected a port such as 22/tcp, got ""'],
    ["knock://[h]/7000", 'expected an IPv6 address in brackets, got "[h]"'],
    ["knock://h/7000?delay=x", 'delay must be 0 to 2147483647, got "x"'],
    ["knock://h/7000?family=5", 'family must be 4 or 6, got "5"'],
    ["knock://h/7000?dely=5", 'unknown "dely" in the URI, expected one of delay family wait'],
    ["knock://h%zz/7000", 'expected percent-encoded characters, got "h%zz"'],
  ])("refuses %s", (text, message) => {
    expect(() => parseUri(text)).toThrow(message);
  });
});

describe("parseLine", () => {
  it.each<[string, Partial<Shared>]>([
    ["knock h 7000", {}],
    ["/usr/bin/knock h 7000", {}],
    ["knock -4 -d 300 h 7000 8000:udp", { family: 4, delayMs: 300, ports: [tcp(7000), udp(8000)] }],
    ["knock -u h 7000 8000", { ports: [udp(7000), udp(8000)] }],
    ["  knock  h  7000  --wait 22 ", { wait: tcp(22) }],
  ])("reads %j", (line, shared) => {
    expect(parseLine(line, noServices)).toEqual({ ...PLAIN, ...shared });
  });

  it.each(["", "h 7000", "knockd h 7000", "knock home", "knock --list", "xknock h 7000"])("refuses %j", (line) => {
    expect(() => parseLine(line, noServices)).toThrow(
      `expected "knock://..." or "knock HOST PORT...", got ${JSON.stringify(line)}`,
    );
  });
});

const service = fc.record({ protocol: fc.constantFrom("tcp", "udp"), number: fc.integer({ min: 1, max: 65_535 }) });
const step = fc.oneof(
  service,
  fc.record({ protocol: fc.constant("icmp" as const), number: fc.integer({ min: 0, max: 1472 }) }),
);
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const shared = fc.record({
  name: fc.option(text, { nil: undefined }),
  host: fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6(),
    fc.constant("fe80::1%eth0"),
    text.filter((host) => !/^\[|\]$/.test(host)),
  ),
  ports: fc.array(step, { minLength: 1, maxLength: 32 }),
  delayMs: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  family: fc.constantFrom(0, 4, 6),
  wait: fc.option(service, { nil: undefined }),
});

describe("there and back", () => {
  it("by a URI, whatever the names are", () => {
    fc.assert(
      fc.property(shared, (one) => {
        expect(parseUri(formatUri(one))).toEqual(one);
      }),
    );
  });

  it("by a URI that is made of harmless characters alone", () => {
    fc.assert(
      fc.property(shared, (one) => {
        expect(formatUri(one)).toMatch(/^knock:\/\/[\w.~%:[\]!'()*/,?=&#-]+$/);
      }),
    );
  });

  it("by a command line, but for what it cannot say", () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(shared, host, (one, name) => {
        const sayable = { ...one, host: name, name: undefined, wait: undefined };
        expect(parseLine(formatLine(sayable), noServices)).toEqual(sayable);
      }),
    );
  });

  it("never throws anything but an explanation", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `knock://${rest}`),
        ),
        (line) => {
          try {
            parseUri(line);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        },
      ),
    );
  });
});
