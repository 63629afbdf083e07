// Where knocks are looked for: the interface is there, up, and has an address that they can be sent to.
import { ANY } from "../../io/capture/network.ts";
import { deaf, type Link, type Links } from "../links.ts";
import type { Machine } from "../machine.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";

export const interfaces: Check = {
  name: "interface",
  async look(machine) {
    const all = await machine.links();
    const { wanted, named, links } = all;
    if (wanted.length === 0)
      return [
        fail(
          "no default route, so no interface to listen on",
          "set options.interface, or ip route add default via ...",
        ),
      ];
    if (wanted.includes(ANY)) return [ok(`any: ${links.map(({ name }) => name).join(" ")}`), ...datapaths(all)];
    const how = named ? "" : ", of the default route";
    const found = wanted.map((name) =>
      judge(
        name,
        links.find((link) => link.name === name),
        how,
      ),
    );
    return hides(machine) ? [...found, ...deafOnes(all), ...datapaths(all)] : found;
  },
};

function hides({ config }: Machine): boolean {
  return config?.firewall !== "none" && (config?.doors ?? []).some(({ open }) => open.length > 0);
}

/** What goes by the rules, and so by what hides: as far as it can be seen from here. */
function datapaths({ links }: Links): Finding[] {
  const advice =
    "try from outside whether the port answers; what such a program serves is hidden by its own policies alone";
  return [
    ...links
      .filter(({ hasXdp }) => hasXdp)
      .map(({ name }) => warn(`${name} has an XDP program, which may take packets before any rule is asked`, advice)),
    ...links
      .filter(({ name }) => name === "cilium_host")
      .map(() => warn("Cilium is here, whose eBPF programs may lead packets past the rules", advice)),
  ];
}

function deafOnes(all: Links): Finding[] {
  const names = deaf(all).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    warn(
      `what is hidden is hidden on ${names.join(" ")}, too, but no knock is heard there`,
      `options.interface: [${[...all.wanted, ...names].join(", ")}] hears them; allow: lets networks in without a knock`,
    ),
  ];
}

function judge(name: string, link: Link | undefined, how: string): Finding {
  if (link === undefined)
    return fail(`${name}: no such interface, knockd waits for it`, "ip link; then set options.interface");
  if (link.master !== undefined && link.addresses.length === 0)
    return fail(
      `${name} is a port of ${link.master}, which has the addresses`,
      `set options.interface: ${link.master}`,
    );
  if (!link.up) return fail(`${name} is down`, `ip link set ${name} up`);
  if (link.addresses.length === 0)
    return fail(`${name} has no address, so no knock counts`, `ip address add ADDRESS dev ${name}`);
  return ok(`${name}${how}: up, ${link.addresses.join(" ")}`);
}
