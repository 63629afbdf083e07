// The firewall's own log: one that writes down what it drops writes down the steps of knocks, in order, for whoever reads it.
import { arrivalsOf } from "../links.ts";
import { type Check, type Finding, ok } from "../machine-check.ts";
import { packetTo, placeText } from "../ruleset/exposure.ts";
import { loggedBy } from "../ruleset/fate.ts";

export const stepLog: Check = {
  name: "firewall's log",
  async look(machine) {
    const doors = (machine.config?.doors ?? []).filter(({ sequence }) => sequence.length > 0);
    const rules = await machine.rules();
    if (doors.length === 0 || "unseen" in rules) return [];
    const arrivals = arrivalsOf(await machine.links());
    return doors.flatMap(({ name, sequence }): Finding[] => {
      const packets = sequence.flatMap((step) => arrivals.flatMap((arrival) => packetTo(step, arrival) ?? []));
      const [place] = packets.flatMap((packet) => loggedBy(rules.chains, packet) ?? []);
      if (place === undefined) return [];
      return [
        ok(
          `door ${name}: knocks are written down by ${placeText(place)}; whoever reads that log can learn the sequence`,
        ),
      ];
    });
  },
};
