// Each port that a door opens: hidden from strangers, and not dropped by somebody else's rules for those who knocked.
import type { Family } from "../../core/address.ts";
import type { Door } from "../../core/door.ts";
import { formatInside, type Opening } from "../../core/opening.ts";
import { formatPort, type Port } from "../../core/port.ts";
import { type Link, usable } from "../links.ts";
import type { Machine } from "../machine.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";
import { type Exposure, exposureOf, placeText, remedy } from "../ruleset/exposure.ts";
import type { Chain } from "../ruleset/ruleset.ts";

type Shut = Extract<Exposure, { is: "shut" }>;

export const hiding: Check = {
  name: "hidden",
  async look(machine) {
    const doors = (machine.config?.doors ?? []).filter(({ open }) => open.length > 0);
    if (doors.length === 0 || machine.config?.firewall === "none") return [];
    const rules = await machine.rules();
    if ("unseen" in rules) return [warn(`cannot see the firewall's rules: ${rules.unseen}`, "sudo knockd doctor")];
    // Without nft our table cannot be seen, and that nft is missing has been said.
    if (rules.withoutNft && machine.config?.firewall === "nftables") return [];
    const links = await arrivals(machine);
    return doors.flatMap((door) => door.open.flatMap((port) => judge(rules.chains, door, port, links)));
  },
};

/** Without an interface yet, the rules are asked all the same. */
async function arrivals(machine: Machine): Promise<readonly Link[]> {
  const all = await machine.links();
  const found = usable(all);
  return found.length > 0
    ? found
    : [{ name: all.wanted[0] ?? "", up: false, kind: undefined, master: undefined, addresses: ["0.0.0.0"] }];
}

function judge(chains: readonly Chain[], door: Door, port: Opening, links: readonly Link[]): Finding[] {
  const exposures = links.flatMap(({ name, addresses }) =>
    familiesOf(addresses).map((family) => ({ family, name, exposure: exposureOf(chains, door, port, family, name) })),
  );
  const what = `door ${door.name}: ${formatPort(port)}`;
  const visible = exposures.filter(({ exposure }) => exposure.is === "visible");
  if (visible.length > 0) {
    const where = [...new Set(visible.map(({ family, name }) => `IPv${family} on ${name}`))].join(", ");
    return [fail(`${what} is visible to everyone (${where}): none of our rules hides it`, "systemctl restart knockd")];
  }
  // Led on before any rule for this machine's own ports is asked; what is not led on shall end there.
  if (port.to !== undefined) return [ok(`${what} is hidden, and leads those who knocked to ${formatInside(port.to)}`)];
  const shut = exposures.flatMap(({ family, exposure }) =>
    exposure.is === "shut" ? [{ family, shut: exposure }] : [],
  );
  if (shut.length === 0) return [ok(`${what} is hidden, and open to those who knocked`)];
  const places = new Set(shut.map(({ shut }) => placeText(shut.place)));
  return [...places].map((place) => {
    const here = shut.filter(({ shut }) => placeText(shut.place) === place);
    return shutFinding(
      what,
      door,
      port,
      [...new Set(here.map(({ family }) => family))],
      here.map(({ shut }) => shut),
    );
  });
}

function shutFinding(
  what: string,
  door: Door,
  port: Port,
  families: readonly Family[],
  [first, ...more]: readonly Shut[],
): Finding {
  if (first === undefined) return ok(what);
  const advice = remedy(door, port, families, first.place);
  const text = `${what} is dropped even for those who knocked, by ${placeText(first.place)}`;
  const [exception] = [first, ...more].flatMap(({ exceptions }) => exceptions);
  if (exception === undefined) return fail(text, advice);
  return warn(`${text}, but for those of ${placeText(exception)}`, advice);
}

function familiesOf(addresses: readonly string[]): Family[] {
  return ([4, 6] as const).filter((family) => addresses.some((text) => text.includes(":") === (family === 6)));
}
