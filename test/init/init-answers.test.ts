// What an administrator answers, read.

import { describe, expect, it } from "vitest";
import { formatPort } from "../../src/core/port.ts";
import {
  readAllowed,
  readInterface,
  readOpenTime,
  readServicePort,
  readSteps,
  readTrialTime,
  readYes,
} from "../../src/init/init-answers.ts";

const SSH = { protocol: "tcp", number: 22 } as const;
const steps = (text: string): string => readSteps(text, SSH).map(formatPort).join(" ");

describe("the answers to init", () => {
  it.each([
    [() => readInterface("eth0", ["eth0", "any"]), "eth0"],
    [() => formatPort(readServicePort(" 1194/udp ")), "1194/udp"],
    [() => steps("[17301/tcp, 4312/udp, 28119]"), "17301/tcp 4312/udp 28119/tcp"],
    [() => steps("17301,22/udp,100/icmp"), "17301/tcp 22/udp 100/icmp"],
    [() => readOpenTime("5m"), 300_000],
    [() => readTrialTime("1"), 1000],
    [() => readTrialTime("10m"), 600_000],
    [() => readAllowed("192.0.2.7"), "192.0.2.7"],
    [() => readAllowed("192.0.2.7/24"), "192.0.2.0/24"],
    [() => readAllowed("2001:DB8::7"), "2001:db8::7"],
    [() => [readYes("y"), readYes("YES"), readYes("n"), readYes("No")], [true, true, false, false]],
  ])("%s", (read, value) => {
    expect(read()).toEqual(value);
  });

  it.each([
    [() => readInterface("eth1", ["eth0", "any"]), 'expected one of eth0 any, got "eth1"'],
    [() => readServicePort("8/icmp"), 'expected a tcp or udp port such as 22/tcp, got "8/icmp"'],
    [() => steps("1000,22,2000"), "22/tcp is to be hidden, so it cannot be part of the knock"],
    [() => steps("1000,,2000"), 'expected a port such as 22/tcp, got ""'],
    [() => steps(Array.from({ length: 33 }, (_, index) => 1000 + index).join()), "expected at most 32 ports, got 33"],
    [() => readOpenTime("soon"), 'expected a time such as 30, 30s, 5m, 1h or 1d (a year at most), got "soon"'],
    [() => readTrialTime("0.9"), 'expected a time from 1s to 10m 0s, got "0.9"'],
    [() => readTrialTime("601"), 'expected a time from 1s to 10m 0s, got "601"'],
    [() => readAllowed("home"), 'expected an address or a network such as 192.0.2.7, got "home"'],
    [() => readYes("ye"), 'expected y or n, got "ye"'],
    [() => readYes(""), 'expected y or n, got ""'],
  ])("%s is refused", (read, message) => {
    expect(read).toThrow(new RangeError(message));
  });
});
