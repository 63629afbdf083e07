// Whether the daemon runs with this config.
import { type Check, fail, ok, warn } from "../machine-check.ts";
import { unitOf } from "../systemctl.ts";

export const daemon: Check = {
  name: "daemon",
  async look(machine) {
    const [first] = machine.daemons();
    if (first !== undefined) return [ok(`running, process ${first.pid}`)];
    if (!machine.processes().complete)
      return [warn("other users' processes cannot be seen from here", "sudo knockd doctor")];
    // `enable --now` does nothing to a unit that runs, be it the old knockd.
    const runs = (await unitOf())?.get("ActiveState") === "active";
    const advice = runs ? "systemctl enable knockd && systemctl restart knockd" : "systemctl enable --now knockd";
    return [fail(`not running with ${machine.file}: no knock is heard`, advice)];
  },
};
