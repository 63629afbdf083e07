// What this machine lacks for doors to open, or for us to be safe, said at start and at each reload.
import type { Config } from "../../core/config/config.ts";
import { words } from "../../core/text/words.ts";
import type { Log } from "../log/log.ts";
import { snifferSocket } from "../state/directories.ts";
import { setprivPath } from "../tool.ts";
import { warnOfSets } from "./admin-sets.ts";
import { warnOfForwarding } from "./forwarding.ts";

export async function warnOfMachine(config: Config, log: Log): Promise<void> {
  if (snifferSocket() === undefined && setprivPath() === undefined)
    log.warn({ event: "sniffer-privileged" }, words.noSetpriv());
  await warnOfForwarding(config.doors, log);
  await warnOfSets(config, log);
}
