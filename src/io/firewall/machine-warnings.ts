// What of this machine keeps doors from opening, said at start and at each reload.
import type { Config } from "../../core/config/config.ts";
import type { Log } from "../log/log.ts";
import { warnOfSets } from "./admin-sets.ts";
import { warnOfForwarding } from "./forwarding.ts";

export async function warnOfMachine(config: Config, log: Log): Promise<void> {
  await warnOfForwarding(config.doors, log);
  await warnOfSets(config, log);
}
