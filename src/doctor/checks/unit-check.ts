// The systemd unit: there, ours, running, and started with the machine.
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";
import { INSTALL_ADVICE } from "../packaged.ts";
import { runsOurs, unitOf } from "../systemctl.ts";

export const unit: Check = {
  name: "unit",
  async look() {
    const found = await unitOf();
    if (found === undefined) return [ok("no systemd here, so no unit")];
    const say = (key: string): string => found.get(key) ?? "";
    if (say("LoadState") === "not-found")
      return [warn("there is no knockd.service: the daemon does not start with the machine", INSTALL_ADVICE)];
    if (!runsOurs(found)) return [anothers(say("FragmentPath"))];
    const state = `${say("ActiveState")} (${say("SubState")})`;
    if (say("ActiveState") !== "active") {
      const failed = say("Result") === "success" ? "" : `, ${say("Result")}`;
      return [fail(`knockd.service is ${state}${failed}`, "systemctl enable --now knockd; journalctl -u knockd -n 50")];
    }
    if (say("UnitFileState") !== "enabled")
      return [warn(`knockd.service is ${state}, but does not start with the machine`, "systemctl enable knockd")];
    return [ok(`knockd.service is ${state} and enabled`)];
  },
};

/** As tutorials for the old knockd have people write it: there it comes before that of any package. */
function anothers(path: string): Finding {
  if (!path.startsWith("/etc/systemd/system/") || INSTALL_ADVICE.startsWith("npm"))
    return warn("knockd.service is another knockd's", INSTALL_ADVICE);
  return fail(
    `knockd.service is another knockd's: ${path} comes before ours`,
    `mv ${path} ${path}.old; systemctl daemon-reload; systemctl enable knockd; systemctl restart knockd`,
  );
}
