// Who is told to let a port through, by rules as firewalld writes them.
import { describe, expect, it } from "vitest";
import { keeperOf } from "../../../src/doctor/ruleset/keeper.ts";
import type { Chain } from "../../../src/doctor/ruleset/ruleset.ts";

const FILES = { nftables: "", persistent: false };

function chain(by: Chain["by"], table: string, name: string, ...texts: string[]): Chain {
  const rules = texts.map((text) => ({ conditions: [], verdict: () => ({ kind: "none" }) as const, text }));
  return { by, table, name, rules };
}

/** eth0 is in dmz, eth1 in the usual zone, and what begins with wg in internal. */
const CHAINS: Record<string, Chain> = {
  "firewalld 1": chain(
    "nftables",
    "inet firewalld",
    "filter_INPUT_ZONES",
    'iifname "eth0" goto filter_IN_dmz',
    'iifname "wg*" goto filter_IN_internal',
    "goto filter_IN_public",
  ),
  "firewalld 2": chain(
    "nftables",
    "inet firewalld",
    "filter_INPUT_POLICIES",
    'iifname "eth0" jump filter_IN_policy_allow-host-ipv6',
    'iifname "eth0" jump filter_IN_dmz',
    'iifname "eth0" reject with icmpx admin-prohibited',
    'iifname "wg*" jump filter_IN_internal',
    'iifname "wg*" reject with icmpx admin-prohibited',
    "jump filter_IN_policy_allow-host-ipv6",
    "jump filter_IN_public",
    "reject with icmpx admin-prohibited",
  ),
  "firewalld with iptables": chain(
    "iptables",
    "ip filter",
    "INPUT_ZONES",
    "-A INPUT_ZONES -i eth0 -g IN_dmz",
    "-A INPUT_ZONES -i wg+ -g IN_internal",
    "-A INPUT_ZONES -g IN_public",
  ),
};

describe.each(Object.entries(CHAINS))("%s", (_name, zones) => {
  it.each([
    ["eth0", "dmz"],
    ["eth1", undefined],
    ["eth01", undefined],
    ["wg7", "internal"],
  ])("keeps what drops at %s, and names its zone where that is not the usual one", (name, zone) => {
    expect(keeperOf({ chain: zones }, [zones], name, FILES)).toEqual({ kind: "firewalld", zone });
  });
});
