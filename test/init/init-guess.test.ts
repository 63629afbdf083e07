// What a machine suggests as answers to init.

import { describe, expect, it } from "vitest";
import { formatPort, portKey } from "../../src/core/port.ts";
import { guessHost, guessInterface, guessPort, guessSteps, isSsh, sshPortsIn } from "../../src/init/init-guess.ts";

const AROUND = {
  session: { peer: "198.51.100.7", local: "2001:db8::1", port: 2222 },
  links: [
    { name: "eth0", addresses: ["192.0.2.10"] },
    { name: "eth1", addresses: ["10.0.0.1", "2001:DB8:0::1"] },
  ],
  ofDefaultRoute: "eth0",
  sshPorts: [],
  inUse: new Set([portKey("tcp", 22)]),
} as const;
const AT_THE_CONSOLE = { ...AROUND, session: undefined };
const SSH = { protocol: "tcp", number: 22 } as const;

describe("the suggestions of init", () => {
  it("listen where the session came in, else at the default route, else everywhere", () => {
    expect(guessInterface(AROUND)).toBe("eth1");
    expect(guessInterface(AT_THE_CONSOLE)).toBe("eth0");
    expect(guessInterface({ ...AT_THE_CONSOLE, ofDefaultRoute: undefined })).toBe("any");
    // Behind a forwarder the session's address is none of ours.
    expect(guessInterface({ ...AROUND, session: { ...AROUND.session, local: "203.0.113.1" } })).toBe("eth0");
  });

  it("hide the port of the session, else that of sshd if it is there", () => {
    expect(guessPort(AROUND)).toEqual({ protocol: "tcp", number: 2222 });
    expect(guessPort(AT_THE_CONSOLE)).toEqual(SSH);
    expect(guessPort({ ...AT_THE_CONSOLE, inUse: new Set() })).toBeUndefined();
  });

  it("find an sshd that listens elsewhere, and prefer the usual port if it is one of several", () => {
    const moved = { ...AT_THE_CONSOLE, sshPorts: [2200], inUse: new Set<number>() };
    expect(guessPort(moved)).toEqual({ ...SSH, number: 2200 });
    expect([isSsh({ ...SSH, number: 2200 }, moved), isSsh(SSH, moved)]).toEqual([true, false]);
    expect(guessPort({ ...moved, sshPorts: [2200, 22] })).toEqual(SSH);
  });

  it("read where sshd listens, itself or through systemd, and leave out what it forwards on loopback", () => {
    const listening = [
      `LISTEN 0      128          0.0.0.0:2222      0.0.0.0:*    users:(("sshd",pid=812,fd=3))`,
      `LISTEN 0      128        127.0.0.1:6010      0.0.0.0:*    users:(("sshd",pid=912,fd=9))`,
      `LISTEN 0      511                *:80              *:*    users:(("nginx",pid=3,fd=6))`,
      `LISTEN 0      128             [::]:2222         [::]:*    users:(("sshd",pid=812,fd=4))`,
    ].join("\n");
    expect(sshPortsIn(listening, "")).toEqual([2222]);
    expect(sshPortsIn("", "Listen=0.0.0.0:2022 (Stream)\nListen=[::]:2022 (Stream)\n")).toEqual([2022]);
    expect(sshPortsIn("", "Listen=2023 (Stream)\n")).toEqual([2023]);
    expect(sshPortsIn("", "Listen=\n")).toEqual([]);
  });

  it("know sshd's port from others", () => {
    expect([isSsh({ protocol: "tcp", number: 2222 }, AROUND), isSsh(SSH, AROUND)]).toEqual([true, false]);
    expect([isSsh(SSH, AT_THE_CONSOLE), isSsh({ protocol: "udp", number: 22 }, AT_THE_CONSOLE)]).toEqual([true, false]);
  });

  it("send knocks to where the session came, else to an address of the interface", () => {
    expect(guessHost(AROUND, "eth1")).toBe("2001:DB8:0::1");
    expect(guessHost(AROUND, "eth0")).toBe("192.0.2.10");
    expect(guessHost(AROUND, "any")).toBe("2001:DB8:0::1");
    expect(guessHost(AT_THE_CONSOLE, "any")).toBe("192.0.2.10");
    expect(guessHost({ ...AROUND, links: [] }, "any")).toBeUndefined();
  });

  it("knock neither at a port that is used nor at the one that is hidden", () => {
    // The same numbers come again and again, until something forbids what they make.
    const sequence = (...forbidden: string[]) => {
      let call = 0;
      const random = () => ((call++ * 7919) % 1000) / 1000;
      const [hidden = "9/tcp", ...used] = forbidden;
      const [number = "", protocol] = hidden.split("/");
      const port = { protocol: protocol === "udp" ? "udp" : "tcp", number: Number(number) } as const;
      const keys = used.map((text) => portKey(text.endsWith("udp") ? "udp" : "tcp", Number.parseInt(text, 10)));
      return guessSteps({ ...AROUND, inUse: new Set(keys) }, port, random).map(formatPort);
    };
    const [first = "", second = ""] = sequence();
    expect(sequence("9/tcp")).toContain(first);
    expect(sequence(first)).not.toContain(first);
    expect(sequence("9/tcp", second)).not.toContain(second);
  });
});
