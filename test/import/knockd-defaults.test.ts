import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDefaults } from "../../src/import/knockd-defaults.ts";

function defaults(text: string) {
  const { listenOn, notes } = readDefaults(text);
  return { listenOn, said: notes.map(({ line, message }) => `${line}: ${message}`) };
}

describe("KNOCKD_OPTS", () => {
  it.each([
    ['KNOCKD_OPTS="-i ens3"', "ens3"],
    ["KNOCKD_OPTS='-i ens3'", "ens3"],
    ["KNOCKD_OPTS=-iens3", "ens3"],
    ['export KNOCKD_OPTS="--interface ens3"', "ens3"],
    ['KNOCKD_OPTS="--interface=ens3"', "ens3"],
    ['KNOCKD_OPTS="--int=ens3"', "ens3"],
    ["KNOCKD_OPTS=\u201d-i ens3\u201d", "ens3"],
    ['KNOCKD_OPTS="-i ens3" # the uplink', "ens3"],
    ['  KNOCKD_OPTS = "-i ens3"  ', "ens3"],
    ['KNOCKD_OPTS="-i eth0"\nKNOCKD_OPTS="-i ens3"', "ens3"],
    ['KNOCKD_OPTS="-i eth0 -i ens3"\r', "ens3"],
    ['KNOCKD_OPTS="-i eth0"\nKNOCKD_OPTS=""', undefined],
    ['#KNOCKD_OPTS="-i ens3"\nSTART_KNOCKD=1', undefined],
    ['OTHER_KNOCKD_OPTS="-i ens3"', undefined],
    ['KNOCKD_OPTS="-i"', undefined],
    ["", undefined],
  ])("of %j names the interface", (text, listenOn) => {
    expect(defaults(text).listenOn).toBe(listenOn);
  });

  it("names what our service would not take, with its line", () => {
    expect(defaults('# x\nKNOCKD_OPTS="-dvi eth1 -c /etc/k.conf -4 -l --pidfile=/p -g/l --debug --nope -x y"')).toEqual(
      {
        listenOn: "eth1",
        said: [
          "-d is not needed",
          "-v is not needed",
          "-c /etc/k.conf names the old file",
          "-4 cannot be kept, IPv6 knocks count as well",
          "-l cannot be kept, the log shows addresses",
          "-p is not needed, systemd knows the process",
          "-g is not needed, the journal has the log",
          "-D is not needed",
          '"--nope" is no option of knockd',
          '"-x" is no option of knockd',
        ].map((text) => `2: KNOCKD_OPTS: ${text}; take it out, or the service does not start`),
      },
    );
  });

  it("never throws, whatever stands there", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string().map((rest) => `KNOCKD_OPTS=${rest}`),
    );
    fc.assert(
      fc.property(text, (each) => void readDefaults(each)),
      { numRuns: 2000 },
    );
    for (const long of ["-", "d", " ", "-i ", "i"]) readDefaults(`KNOCKD_OPTS=-${long.repeat(20_000)}`);
  });
});

describe("the defaults of other distributions", () => {
  it.each(['OPTIONS="-i eth1"', "OPTIONS=-ieth1", 'KNOCKD_OPTS="-i eth1"'])("are read as well: %s", (line) => {
    expect(readDefaults(`# x\n${line}\n`)).toMatchObject({ listenOn: "eth1", notes: [] });
  });
});
