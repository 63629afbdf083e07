// Before anything is hidden: whether those who knock would come through the rules that are there. For init and check.
import type { Config } from "../core/config/config.ts";
import type { Door } from "../core/door.ts";
import { formatPort, type Port } from "../core/port.ts";
import { DEFAULT_CONFIG } from "../io/config-text.ts";
import { missingSets } from "../io/firewall/admin-sets.ts";
import { BACK_ENDS } from "../io/firewall/firewalls.ts";
import { loadConfig } from "../io/read-config.ts";
import { keptOut } from "./kept-out.ts";
import { type LetIn, letIn, type Shut } from "./let-in.ts";
import { arrivalsOf, learnLinks } from "./links.ts";
import { readRuleFiles } from "./rule-files.ts";
import { learnRules } from "./rules.ts";
import { knockerAt, packetTo, placeText } from "./ruleset/exposure.ts";
import { keeperOf } from "./ruleset/keeper.ts";

/** A port that a knock would not open. */
export interface Obstacle extends LetIn {
  readonly door: string;
  readonly port: Port;
  /** The rule, or policy, that drops it. */
  readonly where: string;
}

/** Empty also where the rules cannot be seen: without the right to, or without nft. */
export async function obstaclesFor(doors: readonly Door[], interfaces: readonly string[]): Promise<Obstacle[]> {
  const rules = await learnRules();
  // Without a chain nothing is dropped, wherever it comes in.
  if ("unseen" in rules || rules.chains.length === 0) return [];
  const arrivals = arrivalsOf(await learnLinks(interfaces));
  const files = readRuleFiles();
  return doors.flatMap((door) =>
    door.open.flatMap((port) => {
      if (port.to !== undefined) return [];
      const [first, ...more] = arrivals.flatMap((arrival): Shut[] => {
        const packet = packetTo(port, arrival);
        const fate = packet === undefined ? undefined : knockerAt(rules.chains, door, packet);
        if (fate?.fate !== "dropped" || fate.exceptions.length > 0) return [];
        const { place } = fate;
        return [{ place, keeper: keeperOf(place, rules.chains, arrival.name, files), family: arrival.family }];
      });
      if (first === undefined) return [];
      const same = more.filter(({ keeper }) => keeper.kind === first.keeper.kind);
      return [{ ...letIn(door, port, [first, ...same]), door: door.name, port, where: placeText(first.place) }];
    }),
  );
}

/** For `knockd check`: of this machine, as far as we may look. The service's own check is not root's, and need not wait. */
export async function machineHints(config: Config): Promise<string[]> {
  const { doors, interfaces, firewall } = config;
  if (process.getuid?.() !== 0) return [];
  const missing = (await missingSets(config)).map(
    ({ door, set }) => `doors.${door}: the set ${set} does not exist on this machine`,
  );
  if (!BACK_ENDS[firewall].othersMayDrop || !doors.some(({ open }) => open.length > 0)) return missing;
  return [...missing, ...(await obstaclesFor(doors, interfaces).catch(() => [])).map(obstacleText)];
}

/** For `knockd open`: why the address will not come in all the same, as far as the rules tell and the usual file is the daemon's. */
export async function obstaclesOn(doorName: string, ip: string): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  try {
    const { doors, interfaces, firewall } = loadConfig(DEFAULT_CONFIG);
    const door = doors.filter(({ name }) => name === doorName);
    const rules = await learnRules();
    if (firewall === "none" || "unseen" in rules) return [];
    const banned = keptOut(rules.chains, door, await learnLinks(interfaces), ip);
    if (banned.length > 0) return banned.map(({ text, advice }) => `${text}; ${advice}`);
    return BACK_ENDS[firewall].othersMayDrop ? (await obstaclesFor(door, interfaces)).map(obstacleText) : [];
  } catch {
    return [];
  }
}

function obstacleText({ door, port, keeper, where, line, more }: Obstacle): string {
  return `doors.${door}.open: ${keeper} would drop ${formatPort(port)} even for those who knocked (${where}); let it through: ${line} (${more[0]})`;
}
