// Each port that a door opens: hidden from strangers, and not dropped by somebody else's rules for those who knocked.
import type { Config } from "../../core/config/config.ts";
import type { Door } from "../../core/door.ts";
import { formatInside, type Opening } from "../../core/opening.ts";
import { formatPort } from "../../core/port.ts";
import { BACK_ENDS } from "../../io/firewall/firewalls.ts";
import { OUR_CHAINS } from "../../io/firewall/iptables/iptables-chains.ts";
import { dropInLine } from "../../io/unit-files.ts";
import { type LetIn, letIn, type Shut } from "../let-in.ts";
import { arrivalsOf } from "../links.ts";
import { type Check, type Finding, fail, ok, warn } from "../machine-check.ts";
import { readRuleFiles } from "../rule-files.ts";
import { type Arrival, type Exposure, exposureOf, placeText } from "../ruleset/exposure.ts";
import { keeperOf, type RuleFiles } from "../ruleset/keeper.ts";
import type { Chain, Place } from "../ruleset/ruleset.ts";
import { translatorText } from "../ruleset/translator.ts";

interface Found {
  readonly arrival: Arrival;
  readonly exposure: Exposure;
}
interface Around {
  readonly chains: readonly Chain[];
  readonly arrivals: readonly Arrival[];
  readonly files: RuleFiles;
  readonly firewall: Config["firewall"];
}

export const hiding: Check = {
  name: "hidden",
  async look(machine) {
    const { doors = [], firewall = "none" } = machine.config ?? {};
    const hidden = doors.filter(({ open }) => open.length > 0);
    if (hidden.length === 0 || firewall === "none") return [];
    const rules = await machine.rules();
    if ("unseen" in rules) return [warn(`cannot see the firewall's rules: ${rules.unseen}`, "sudo knockd doctor")];
    // Without nft our table cannot be seen, and that nft is missing has been said.
    if (rules.withoutNft && BACK_ENDS[firewall].tools.includes("nft")) return [];
    const arrivals = arrivalsOf(await machine.links());
    const around = { chains: rules.chains, arrivals, files: readRuleFiles(), firewall };
    return hidden.flatMap((door) => door.open.flatMap((port) => judge(around, door, port)));
  },
};

function judge(around: Around, door: Door, port: Opening): Finding[] {
  const found = around.arrivals.map((arrival) => ({
    arrival,
    exposure: exposureOf(around.chains, door, port, arrival),
  }));
  const what = `door ${door.name}: ${formatPort(port)}`;
  const visible = found.filter(({ exposure }) => exposure.is === "visible");
  if (visible.length > 0) return [visibleFinding(what, visible)];
  // Led on before any rule for this machine's own ports is asked; what is not led on shall end there.
  if (port.to !== undefined) return [ok(`${what} is hidden, and leads those who knocked to ${formatInside(port.to)}`)];
  const shuts = found.flatMap(({ arrival, exposure }) => (exposure.is === "shut" ? [{ arrival, exposure }] : []));
  if (shuts.length > 0) return shutFindings(what, around, door, port, shuts);
  const [led] = found.flatMap(({ exposure }) => (exposure.is === "hidden" ? (exposure.translated ?? []) : []));
  const on = led === undefined ? "" : `; ${translatorText(led)}`;
  return [ok(`${what} is hidden, and open to those who knocked${on}`)];
}

function visibleFinding(what: string, visible: readonly Found[]): Finding {
  const where = [...new Set(visible.map(({ arrival: { family, name } }) => `IPv${family} on ${name}`))].join(", ");
  const [led] = visible.flatMap(({ exposure }) => (exposure.is === "visible" ? (exposure.translated ?? []) : []));
  const text = `${what} is visible to everyone (${where})`;
  if (led === undefined) return fail(`${text}: none of our rules hides it`, "systemctl restart knockd");
  // All translations come after our rules: then it is these that are missing.
  return fail(`${text}: ${translatorText(led)} before our rules are asked`, "systemctl restart knockd");
}

type ShutAt = { readonly arrival: Arrival; readonly exposure: Extract<Exposure, { is: "shut" }> };

function shutFindings(what: string, around: Around, door: Door, port: Opening, all: readonly ShutAt[]): Finding[] {
  const shuts = all.map(({ arrival, exposure: { place, exceptions } }) => ({
    place,
    exceptions,
    family: arrival.family,
    keeper: keeperOf(place, around.chains, arrival.name, around.files),
  }));
  return [...new Set(shuts.map(groupOf))].flatMap((group) => {
    const [first, ...more] = shuts.filter((shut) => groupOf(shut) === group);
    if (first === undefined) return [];
    const own =
      !BACK_ENDS[around.firewall].othersMayDrop &&
      first.keeper.kind !== "nftables" &&
      first.keeper.kind !== "firewalld";
    const how = own ? oursFirst(first.place, around.chains) : letIn(door, port, [first, ...more]);
    const text = `${what} is dropped even for those who knocked, by ${how.keeper}: ${placeText(first.place)}`;
    const [exception] = [first, ...more].flatMap(({ exceptions }) => exceptions);
    if (exception === undefined) return [fail(text, how.line, how.more)];
    return [warn(`${text}, but for those of ${placeText(exception)}`, how.line, how.more)];
  });
}

/** One keeper is told once, whatever its rules; of nftables each chain by itself. */
function groupOf({ keeper, place: { chain } }: Shut): string {
  return keeper.kind === "nftables" ? `${chain.table} ${chain.name}` : keeper.kind;
}

/** Our own chain accepts what these rules drop, if it is there and is asked before them. */
function oursFirst({ chain }: Place, chains: readonly Chain[]): LetIn {
  const tool = chain.legacy === true ? `${chain.by}-legacy` : chain.by;
  const isThere = chains.some(
    ({ by, legacy, name }) => by === chain.by && legacy === chain.legacy && name === OUR_CHAINS,
  );
  if (!isThere) {
    const keeper = `rules of ${tool}, where ours are not`;
    if (chain.legacy !== true) return { keeper, line: "systemctl restart knockd", more: [] };
    return { keeper, line: dropInLine("knockd-root.conf"), more: [`${tool} needs more than the service has: root`] };
  }
  const line = `${tool} -D INPUT -j ${OUR_CHAINS}; ${tool} -I INPUT -j ${OUR_CHAINS}`;
  return { keeper: "a rule before ours", line, more: [`our chain ${OUR_CHAINS} is to be the first in INPUT`] };
}
