// Whether the kernel sends packets on, where doors lead to a host behind this one.

import { leadsOn } from "../../core/opening.ts";
import { words } from "../../core/text/words.ts";
import { switchesOff } from "../../io/firewall/forwarding.ts";
import { type Check, fail, ok } from "../machine-check.ts";

export const forwarding: Check = {
  name: "forwarding",
  async look({ config }) {
    const doors = (config?.doors ?? []).filter(({ open }) => open.some(leadsOn));
    if (doors.length === 0) return [];
    const off = await switchesOff(doors);
    if (off.length > 0)
      return off.map((name) =>
        fail(words.notForwarding(name), `sysctl -w ${name}=1`, [`to last: ${name} = 1 in a file of /etc/sysctl.d/`]),
      );
    return [ok(`on, for ${doors.map(({ name }) => name).join(" ")}`)];
  },
};
