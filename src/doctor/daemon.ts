// Whether the daemon runs with this config.
import { resolve } from "node:path";
import { type Check, fail, ok, warn } from "./check.ts";

export const daemon: Check = {
  name: "daemon",
  look(machine) {
    const { knockds, complete } = machine.processes();
    const ours = knockds.filter(({ kind, file }) => kind === "ours" && file === resolve(machine.file));
    const [first] = ours;
    if (first !== undefined) return [ok(`running, process ${first.pid}`)];
    if (!complete) return [warn("other users' processes cannot be seen from here", "sudo knockd doctor")];
    return [fail(`not running with ${machine.file}: no knock is heard`, "systemctl enable --now knockd")];
  },
};
