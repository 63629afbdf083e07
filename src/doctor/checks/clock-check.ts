// Whether the clock is in sync: doors do not care, since time is counted from the knock; logs and restarts do.
import { runTool } from "../../io/tool.ts";
import { type Check, ok, warn } from "../machine-check.ts";

export const clock: Check = {
  name: "clock",
  async look() {
    const said = await runTool(["timedatectl", "show", "--property=NTPSynchronized", "--value"]).catch(() => "");
    if (said.trim() === "yes") return [ok("in sync")];
    if (said.trim() === "no") return [warn("not in sync with any time server", "timedatectl set-ntp true")];
    return [warn("cannot tell whether it is in sync: timedatectl does not answer", "chronyc tracking, or ntpq -p")];
  },
};
