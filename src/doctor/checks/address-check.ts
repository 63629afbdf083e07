// One address, if one is asked for: would it come in once it has knocked, or has something banned it?
import { keptOut } from "../kept-out.ts";
import { type Check, fail, ok, warn } from "../machine-check.ts";

export const address: Check = {
  name: "address",
  async look(machine) {
    const { address: ip, config } = machine;
    if (ip === undefined || config === undefined) return [];
    const rules = await machine.rules();
    if ("unseen" in rules) return [warn(`cannot see the firewall's rules: ${rules.unseen}`, "sudo knockd doctor")];
    const found = keptOut(rules.chains, config.doors, await machine.links(), ip);
    if (found.length > 0) return found.map(({ text, advice }) => fail(text, advice));
    return [ok(`${ip}: nothing keeps it out of a door that is open to it`)];
  },
};
