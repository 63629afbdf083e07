import { describe, expect, it } from "vitest";
import { chooseFirewall } from "../../../src/io/firewall/firewalls.ts";
import { Iptables } from "../../../src/io/firewall/iptables.ts";
import { Nftables } from "../../../src/io/firewall/nftables.ts";
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
    firewall.release();
  });
});
