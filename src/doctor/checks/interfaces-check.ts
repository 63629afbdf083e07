// Where knocks are looked for: the interface is there, up, and has an address that they can be sent to.
import { ANY } from "../../io/capture/network.ts";
import type { Link } from "../links.ts";
import { type Check, type Finding, fail, ok } from "../machine-check.ts";

export const interfaces: Check = {
  name: "interface",
  async look(machine) {
    const { wanted, named, links } = await machine.links();
    if (wanted.length === 0)
      return [
        fail(
          "no default route, so no interface to listen on",
          "set options.interface, or ip route add default via ...",
        ),
      ];
    if (wanted.includes(ANY)) return [ok(`any: ${links.map(({ name }) => name).join(" ")}`)];
    const how = named ? "" : ", of the default route";
    return wanted.map((name) =>
      judge(
        name,
        links.find((link) => link.name === name),
        how,
      ),
    );
  },
};

function judge(name: string, link: Link | undefined, how: string): Finding {
  if (link === undefined)
    return fail(`${name}: no such interface, knockd waits for it`, "ip link; then set options.interface");
  if (!link.up) return fail(`${name} is down`, `ip link set ${name} up`);
  if (link.addresses.length === 0)
    return fail(`${name} has no address, so no knock counts`, `ip address add ADDRESS dev ${name}`);
  return ok(`${name}${how}: up, ${link.addresses.join(" ")}`);
}
