// Whether the kernel sends packets on, where doors lead to a host behind this one.
import { leadsOn } from "../../core/opening.ts";
import { forwardingProblems } from "../../io/firewall/forwarding.ts";
import { type Check, fail, ok } from "../machine-check.ts";

export const forwarding: Check = {
  name: "forwarding",
  async look({ config }) {
    const doors = (config?.doors ?? []).filter(({ open }) => open.some(leadsOn));
    if (doors.length === 0) return [];
    const problems = await forwardingProblems(doors);
    if (problems.length > 0) return problems.map((text) => fail(text, "keep it so in /etc/sysctl.d/"));
    return [ok(`on, for ${doors.map(({ name }) => name).join(" ")}`)];
  },
};
