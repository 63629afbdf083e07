// Where this machine's rules are loaded from at boot, as far as files tell.
import { existsSync, readFileSync } from "node:fs";
import type { RuleFiles } from "./ruleset/keeper.ts";

export const NFTABLES_CONF = "/etc/nftables.conf";

export function readRuleFiles(): RuleFiles {
  return { nftables: textOf(NFTABLES_CONF), persistent: existsSync("/usr/sbin/netfilter-persistent") };
}

/** Empty where there is none, or none for us to read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
