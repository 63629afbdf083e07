// The two privileges: to see packets, and to change the firewall. What counts is what the daemon has.
import { readFileSync } from "node:fs";
import type { Config } from "../../core/config/config.ts";
import { BACK_ENDS } from "../../io/firewall/firewalls.ts";
import { dropInLine } from "../../io/unit-files.ts";
import { type Check, fail, ok, warn } from "../machine-check.ts";
import { unitOf } from "../systemctl.ts";

/** Bits of a capability set (capabilities(7)). */
const NEEDED = [
  { bit: 12n, name: "CAP_NET_ADMIN" },
  { bit: 13n, name: "CAP_NET_RAW" },
];

export const privileges: Check = {
  name: "privileges",
  async look({ config }) {
    const unit = await unitOf();
    const given = unit?.get("AmbientCapabilities")?.toUpperCase() ?? "";
    // Its sniffers are processes of their own, which have CAP_NET_RAW.
    const hasSniffers = unit?.get("Environment")?.includes("KNOCKD_SNIFFER_SOCKET=/") === true;
    if (hasSniffers && fillsIpsets(config) && !given.includes("CAP_NET_RAW"))
      return [fail("knockd.service has no CAP_NET_RAW, which ipset needs", dropInLine("knockd-iptables.conf"))];
    const missing = missingHere();
    if (missing.length === 0) return [ok("CAP_NET_RAW and CAP_NET_ADMIN are here")];
    const lacking = NEEDED.filter(({ name }) => !given.includes(name) && !(hasSniffers && name === "CAP_NET_RAW"));
    if (lacking.length === 0) return [ok(`you have no ${missing.join(" and no ")}, but knockd.service gives it`)];
    const text = `no ${missing.join(" and no ")}`;
    if (process.getuid?.() === 0) return [fail(`${text}, even for root`, "give this container the capabilities")];
    return [warn(`${text}: not everything can be seen from here`, "sudo knockd doctor")];
  },
};

function fillsIpsets(config: Config | undefined): boolean {
  if (config === undefined || BACK_ENDS[config.firewall].sets !== "ipset") return false;
  return config.doors.some(({ sets }) => Object.keys(sets).length > 0);
}

function missingHere(): string[] {
  const status = readFileSync("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return NEEDED.filter(({ bit }) => ((effective >> bit) & 1n) === 0n).map(({ name }) => name);
}
