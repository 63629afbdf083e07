// The system tools that the daemon runs, and their versions.
import type { FirewallKind } from "../../core/config/config.ts";
import { Failure } from "../../core/exit.ts";
import { reasonOf } from "../../core/text/words.ts";
import { runTool, setprivExists } from "../../io/tool.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";

const NEEDED: Record<FirewallKind, readonly string[]> = {
  nftables: ["nft", "ip"],
  iptables: ["iptables", "ip6tables", "iptables-restore", "ip6tables-restore", "ipset", "ip"],
  none: ["ip"],
};

export const tools: Check = {
  name: "tools",
  async look({ config }) {
    const findings = await Promise.all(NEEDED[config?.firewall ?? "nftables"].map(versionOf));
    if (setprivExists()) return findings;
    const text = "no setpriv: the process that captures keeps all of the daemon's privileges";
    return [...findings, warn(text, "apt-get install util-linux")];
  },
};

async function versionOf(tool: string): Promise<Finding> {
  try {
    const said = await runTool([tool, tool === "ip" ? "-Version" : "--version"]);
    return ok(said.split("\n")[0]?.trim() ?? tool);
  } catch (error) {
    return fail(reasonOf(error), error instanceof Failure ? error.hint : undefined);
  }
}
