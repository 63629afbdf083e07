// The system tools that the daemon runs, and their versions.
import type { Config } from "../../core/config/config.ts";
import { Failure } from "../../core/exit.ts";
import { reasonOf, words } from "../../core/text/words.ts";
import { BACK_ENDS } from "../../io/firewall/firewalls.ts";
import { runTool, setprivPath } from "../../io/tool.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";

export const tools: Check = {
  name: "tools",
  async look({ config }) {
    const findings = await Promise.all(needed(config).map(versionOf));
    if (setprivPath() !== undefined) return findings;
    return [...findings, warn(words.noSetpriv(), "apt-get install util-linux")];
  },
};

function needed(config: Config | undefined): string[] {
  const { tools, sets } = BACK_ENDS[config?.firewall ?? "nftables"];
  const fillsSets = config?.doors.some((door) => Object.keys(door.sets).length > 0) ?? false;
  return [...tools, ...(sets === "ipset" && fillsSets ? ["ipset"] : []), "ip"];
}

async function versionOf(tool: string): Promise<Finding> {
  try {
    const said = await runTool([tool, tool === "ip" ? "-Version" : "--version"]);
    return ok(said.split("\n")[0]?.trim() ?? tool);
  } catch (error) {
    return fail(reasonOf(error), error instanceof Failure ? error.hint : undefined);
  }
}
