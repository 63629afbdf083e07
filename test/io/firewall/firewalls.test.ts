import { afterEach, describe, expect, it, vi } from "vitest";
import { chooseFirewall } from "../../../src/io/firewall/firewalls.ts";
import { Iptables } from "../../../src/io/firewall/iptables/iptables.ts";
import { tableOf } from "../../../src/io/firewall/nftables/nft-names.ts";
import { Nftables } from "../../../src/io/firewall/nftables/nftables.ts";
import { config } from "../../support/doors.ts";

describe("the firewall", () => {
  it("is the one of the config", () => {
    expect(chooseFirewall(config([{}]))).toBeInstanceOf(Nftables);
    expect(chooseFirewall(config([{}], { firewall: "iptables" }))).toBeInstanceOf(Iptables);
  });

  it("that is none does nothing, and never fails", async () => {
    const dry = config([{ open: 22 }], { firewall: "none" });
    const firewall = chooseFirewall(dry);
    const [ssh] = dry.doors;
    if (ssh === undefined) throw new Error("no door");
    await firewall.hide(dry);
    await firewall.open(ssh, "192.0.2.7", 1000);
    await firewall.close(ssh, "192.0.2.7");
    await firewall.release();
  });

  it("has a table for each of several daemons", () => {
    expect(tableOf("")).toBe("inet knockd");
    expect(tableOf("br-lan.7")).toBe("inet knockd-br-lan.7");
  });
});

describe("the firewall of one of several daemons", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("takes a name that nft takes, and no other", () => {
    vi.stubEnv("KNOCKD_INSTANCE", "br-lan.7");
    expect(chooseFirewall(config([{}]))).toBeInstanceOf(Nftables);
    for (const name of ["a b", "x; flush ruleset", "-x", "../x", "x".repeat(65)]) {
      vi.stubEnv("KNOCKD_INSTANCE", name);
      expect(() => chooseFirewall(config([{}]))).toThrow("cannot be part of a firewall's names");
    }
  });

  it("is not iptables, whose chains are one daemon's", () => {
    vi.stubEnv("KNOCKD_INSTANCE", "eth1");
    expect(() => chooseFirewall(config([{}], { firewall: "iptables" }))).toThrow('expected "nftables" or "none"');
  });
});
