// The client's command line: what is asked for, and what is refused before anything is sent.

import { describe, expect, it } from "vitest";
import { parseRequest } from "../../src/client/options.ts";

const SERVICES = new Map([
  ["ssh/tcp", 22],
  ["domain/tcp", 53],
  ["domain/udp", 53],
  ["3com-tsmux/tcp", 106],
]);
const findService = (name: string, protocol: string): number | undefined => SERVICES.get(`${name}/${protocol}`);
const parse = (line: string) => parseRequest(line.split(" ").filter(Boolean), findService);

/** Options that were not given. */
const UNSAID = { family: 0, verbose: false, print: false, waits: false };
const PLAIN = { wants: "knocks", host: "h", ...UNSAID };

describe("the ports", () => {
  it.each([
    ["7000", ["7000/tcp"]],
    ["7000 8000:udp 9000", ["7000/tcp", "8000/udp", "9000/tcp"]],
    ["7000/udp", ["7000/udp"]],
    ["7000:tcp 7000/TCP", ["7000/tcp", "7000/tcp"]],
    ["7000:UDP", ["7000/udp"]],
    ["100:icmp 0/icmp", ["100/icmp", "0/icmp"]],
    ["ssh", ["22/tcp"]],
    ["domain:udp domain", ["53/udp", "53/tcp"]],
    ["domain/udp", ["53/udp"]],
    ["3com-tsmux", ["106/tcp"]],
    ["-u 7000 8000:tcp 9000:udp", ["7000/udp", "8000/udp", "9000/udp"]],
    ["-u domain", ["53/udp"]],
    ["-u 100:icmp", ["100/icmp"]],
  ])("%s", (line, expected) => {
    const request = parse(`h ${line}`);
    const ports = request.wants === "knocks" ? request.ports.map((port) => `${port.number}/${port.protocol}`) : [];
    expect(ports).toEqual(expected);
  });
});

describe("the options", () => {
  it.each([
    ["h 1", {}],
    ["-v h 1", { verbose: true }],
    ["h 1 --verbose", { verbose: true }],
    ["-d 300 h 1", { delayMs: 300 }],
    ["-d300 h 1", { delayMs: 300 }],
    ["--delay 300 h 1", { delayMs: 300 }],
    ["--delay=300 h 1", { delayMs: 300 }],
    ["-d 0 h 1", { delayMs: 0 }],
    ["-d 1 -d 2 h 1", { delayMs: 2 }],
    ["-d 2147483647 h 1", { delayMs: 2147483647 }],
    ["-4 h 1", { family: 4 }],
    ["--ipv6 h 1", { family: 6 }],
    ["-4 -6 h 1", { family: 6 }],
    ["-64 h 1", { family: 4 }],
    ["-v6d 5 h 1", { family: 6, delayMs: 5, verbose: true }],
    ["-v -- h 1", { verbose: true }],
    ["-i eth0 h 1", { interface: "eth0" }],
    ["-ieth0 h 1", { interface: "eth0" }],
    ["--interface=eth0 h 1", { interface: "eth0" }],
    ["--source 192.0.2.7 h 1", { source: "192.0.2.7" }],
    ["-6 --source 2001:db8::7 h 1", { family: 6, source: "2001:db8::7" }],
    ["--print h 1", { print: true }],
    ["--wait 22 h 1", { waits: true, waitPort: { protocol: "tcp", number: 22 } }],
    ["h --wait 22 1", { waits: true, waitPort: { protocol: "tcp", number: 22 } }],
    ["h 1 --wait 22", { waits: true, waitPort: { protocol: "tcp", number: 22 } }],
    ["--wait=ssh h 1", { waits: true, waitPort: { protocol: "tcp", number: 22 } }],
    ["--wait 53/udp h 1", { waits: true, waitPort: { protocol: "udp", number: 53 } }],
    ["--wait 22 --wait-time 2m h 1", { waits: true, waitPort: { protocol: "tcp", number: 22 }, waitMs: 120_000 }],
  ])("%s", (line, expected) => {
    expect(parse(line)).toEqual({ ...PLAIN, ports: [{ protocol: "tcp", number: 1 }], ...expected });
  });
});

describe("instead of knocking", () => {
  it.each([
    ["-h", "help"],
    ["--help h 1", "help"],
    ["h 70000 -h", "help"],
    ["--wrong -h", "help"],
    ["-V", "version"],
    ["--version h 1", "version"],
    ["", "usage"],
    ["-v", "usage"],
    ["--list", "list"],
  ])("%j asks for %s", (line, wants) => {
    expect(parse(line)).toEqual({ wants });
  });
});

describe("a word alone is a profile", () => {
  const PROFILE = { wants: "profile", name: "home", spaOnly: false, ...UNSAID };

  it.each([
    ["home", {}],
    ["-v home", { verbose: true }],
    ["--print home", { print: true }],
    ["home --wait", { waits: true }],
    ["--wait home", { waits: true }],
    ["--wait 22 home", { waits: true, waitPort: { protocol: "tcp", number: 22 } }],
    ["home --code 492817", { code: "492817" }],
    ["-d 5 -4 home", { delayMs: 5, family: 4 }],
    ["--spa home", { spaOnly: true }],
    ["--spa home --source local", { spaOnly: true, source: "local" }],
  ])("%s", (line, expected) => {
    expect(parse(line)).toEqual({ ...PROFILE, ...expected });
  });

  it("and with a port behind it, a host, as for the C client", () => {
    expect(parse("home 7000")).toMatchObject({ wants: "knocks", host: "home" });
  });

  it("is what --export names, too", () => {
    expect(parse("--export home")).toEqual({ wants: "export", name: "home" });
  });

  it("or comes into being by --import", () => {
    expect(parse("--import knock://h/1#x")).toEqual({ wants: "import", text: "knock://h/1#x" });
    expect(parse("--as y --import knock://h/1#x")).toEqual({ wants: "import", text: "knock://h/1#x", as: "y" });
  });
});

describe("mistakes", () => {
  it.each([
    ["h 70000", 'port must be 1 to 65535, got "70000"'],
    ["h 0", 'port must be 1 to 65535, got "0"'],
    ["h 7000 8000 65536:udp", 'port must be 1 to 65535, got "65536:udp"'],
    ["h 7000:foo", 'protocol must be tcp, udp or icmp, got "7000:foo"'],
    ["h 7000:", 'expected a port such as 22/tcp, got "7000:"'],
    ["h 7000,8000", 'expected a port, got "7000,8000"'],
    ["h 1473:icmp", 'icmp size must be 0 to 1472 bytes, got "1473:icmp"'],
    ["h nosuch", 'unknown tcp service "nosuch"'],
    ["h ssh:udp", 'unknown udp service "ssh"'],
    ["-u h ssh", 'unknown udp service "ssh"'],
    ["-d -5 h 1", 'delay must be 0 to 2147483647 milliseconds, got "-5"'],
    ["-d x h 1", 'delay must be 0 to 2147483647 milliseconds, got "x"'],
    ["-d 1.5 h 1", 'delay must be 0 to 2147483647 milliseconds, got "1.5"'],
    ["-d 2147483648 h 1", 'delay must be 0 to 2147483647 milliseconds, got "2147483648"'],
    ["--delay= h 1", 'delay must be 0 to 2147483647 milliseconds, got ""'],
    ["h 1 -d", 'option "-d" needs a value'],
    ["-x h 1", 'unknown option "-x"'],
    ["--frob=1 h 1", 'unknown option "--frob"'],
    ["--resolve home", 'unknown option "--resolve"'],
    ["--udp=yes h 1", 'option "--udp" takes no value'],
    ["h -- 1 -5", 'expected a port, got "-5"'],
    ["h -- --wait 22", 'unknown tcp service "--wait"'],
    ["--wait h 1", "which port to wait for?"],
    ["h 1 2 --wait", "which port to wait for?"],
    ["--wait 0 h 1", 'port must be 1 to 65535, got "0"'],
    ["--wait 100/icmp h 1", 'a port to wait for is tcp or udp, got "100/icmp"'],
    ["--wait-time 0 home", 'wait time must be a time such as 10, 30s or 5m, got "0"'],
    ["--wait-time soon home", 'wait time must be a time such as 10, 30s or 5m, got "soon"'],
    ["--wait-time 100d home", 'wait time must be a time such as 10, 30s or 5m, got "100d"'],
    ["--source nobody h 1", 'source must be an IP address, got "nobody"'],
    ["-4 --source ::1 h 1", 'source must be an IPv4 address, got "::1"'],
    ["--code 492817 h 1", 'option "--code" cannot be combined with HOST PORT'],
    ["--as x h 1", 'option "--as" cannot be combined with HOST PORT'],
    ["-u home", 'option "--udp" cannot be combined with a profile'],
    ["--spa home 7000", 'option "--spa" takes a profile alone, got "7000"'],
    ["--list home", 'option "--list" takes no host and no ports, got "home"'],
    ["--export home 7000", 'option "--export" takes no host and no ports, got "7000"'],
    ["--import knock h 7000", 'option "--import" takes no host and no ports, got "h"'],
    ["--list=x", 'option "--list" takes no value'],
    ["h 1 --import", 'option "--import" needs a value'],
  ])("%s: %s", (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });

  it("refuses an empty host, which a resolver takes for this machine", () => {
    expect(() => parseRequest(["", "7000"], findService)).toThrow('expected a host, got ""');
  });
});
