import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/core/config/config.ts";
import { interfaceNameProblem, labelOf } from "../../../src/core/config/interface-name.ts";

describe("the name of an interface", () => {
  it.each(["eth0", "any", "br-lan", "wg0.100", "enp3s0f1np1", "tun_0", "ünïcode", "a"])("%s can be one", (name) => {
    expect(interfaceNameProblem(name)).toBeUndefined();
  });

  // biome-ignore format: a table is read by its columns
  it.each([
    ["eth0:1", /^an address label is no interface: expected eth0, and the label's address as target/],
    ["ALL", /did you mean any\?$/],
    ["*", /did you mean any\?$/],
    ['"eth0"', /without quotes/],
    ["‘eth0’", /without quotes/],
    ["eth0,eth1", /a list such as \[eth0, eth1\]$/],
    ["eth0 eth1", /a list such as \[eth0, eth1\]$/],
    ["veth1@if2", /^expected veth1: /],
    ["eth+", /no wildcards$/],
    ["$INTERFACE", /a variable that nothing has filled in$/],
    [["$", "{iface}"].join(""), /a variable that nothing has filled in$/],
    ["%i", /a variable that nothing has filled in$/],
    ["a:b:c", /^expected an interface name/],
    ["", /^expected an interface name/],
    [".", /^expected an interface name/],
    ["einlängererNa", undefined],
    ["einlängererName", /1 to 15 characters/],
  ])("%j: %s", (name, problem) => {
    if (problem === undefined) expect(interfaceNameProblem(name)).toBeUndefined();
    else expect(interfaceNameProblem(name)).toMatch(problem);
  });

  it("is told with its place, in a list as well", () => {
    const yaml = 'options:\n  interface: [eth0, "eth0:1"]\ndoors: {}\n';
    const parsed = parseConfig(yaml);
    expect("problems" in parsed && parsed.problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'options.interface[1]: an address label is no interface: expected eth0, and the label\'s address as target of the doors, got "eth0:1"',
    ]);
  });

  it("is in a label", () => {
    expect([labelOf("eth0:1"), labelOf("br0:web"), labelOf("eth0"), labelOf("eth0:")]).toEqual([
      "eth0",
      "br0",
      undefined,
      undefined,
    ]);
  });
});
