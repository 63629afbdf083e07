// Whether the daemon runs with this config.
import { type Check, fail, ok, warn } from "../machine-check.ts";

export const daemon: Check = {
  name: "daemon",
  look(machine) {
    const [first] = machine.daemons();
    if (first !== undefined) return [ok(`running, process ${first.pid}`)];
    if (!machine.processes().complete)
      return [warn("other users' processes cannot be seen from here", "sudo knockd doctor")];
    return [fail(`not running with ${machine.file}: no knock is heard`, "systemctl enable --now knockd")];
  },
};
