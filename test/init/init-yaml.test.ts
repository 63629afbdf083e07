// The config that init writes, as the daemon reads it.

import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/core/config/config.ts";
import { doorName, initYaml } from "../../src/init/init-yaml.ts";

const ANSWERS = {
  interface: "eth0",
  port: { protocol: "tcp", number: 2222 },
  steps: [
    { protocol: "tcp", number: 17301 },
    { protocol: "udp", number: 4312 },
    { protocol: "icmp", number: 100 },
  ],
  forMs: 90_500,
} as const;

function read(yaml: string) {
  const parsed = parseConfig(yaml);
  return "config" in parsed ? parsed.config : parsed.problems;
}

describe("the yaml of init", () => {
  it("says what was answered", () => {
    expect(read(initYaml({ ...ANSWERS, allow: "2001:db8::7" }, "ssh"))).toMatchObject({
      interfaces: ["eth0"],
      firewall: "nftables",
      allow: [{ text: "2001:db8::7/128" }],
      doors: [{ name: "ssh", sequence: ANSWERS.steps, open: [ANSWERS.port], grantMs: 90_500 }],
    });
  });

  it("hides from everyone if no address is to be spared", () => {
    expect(read(initYaml(ANSWERS, "ssh"))).toMatchObject({ allow: [] });
  });

  it.each(["1e3", "no", "0x10", "a: b", "eth0 # x", "null", "br-0.5@x"])(
    "writes the interface %j as that text",
    (name) => {
      expect(read(initYaml({ ...ANSWERS, interface: name }, "ssh"))).toSatisfy((config) =>
        Array.isArray(config)
          ? config.every(({ path }) => path === "options.interface")
          : config.interfaces[0] === name,
      );
    },
  );

  it("ends each line without blanks and with no more than 120 characters", () => {
    const lines = initYaml({ ...ANSWERS, allow: "192.0.2.7" }, "ssh").split("\n");
    expect(lines.filter((line) => /\s$/.test(line) || line.length > 120)).toEqual([]);
  });
});

describe("a door's name", () => {
  it.each([
    [{ protocol: "tcp", number: 2222 }, true, "ssh"],
    [{ protocol: "tcp", number: 22 }, false, "ssh"],
    [{ protocol: "udp", number: 51820 }, false, "vpn"],
    [{ protocol: "tcp", number: 2222 }, false, "tcp-2222"],
  ] as const)("of %j, for sshd: %s", (port, isSsh, name) => {
    expect(doorName(port, isSsh)).toBe(name);
  });
});
