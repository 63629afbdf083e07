// The administrator's own sets, which doors with `set` fill: one that is not there lets nobody in, and is worth a word at start.
import type { Config } from "../../core/config/config.ts";
import { reasonOf, words } from "../../core/text/words.ts";
import type { Log } from "../log/log.ts";
import { runTool } from "../tool.ts";
import type { BackEnd } from "./back-end.ts";
import { BACK_ENDS } from "./firewalls.ts";

export async function warnOfSets(config: Pick<Config, "doors" | "firewall">, log: Log): Promise<void> {
  for (const { door, set } of await missingSets(config))
    log.warn({ event: "set-missing", door, set }, words.setMissing(door, set));
}

/** What lists a set of the administrator's, by who keeps it. */
const LISTINGS: Record<BackEnd["sets"], ((set: string) => [string, ...string[]]) | undefined> = {
  nft: (set) => ["nft", "--terse", "list", "set", ...set.split(" ")],
  ipset: (set) => ["ipset", "list", set, "-terse"],
  nobody: undefined,
};

export interface MissingSet {
  readonly door: string;
  readonly set: string;
}

/** What cannot be asked for is not missing. */
export async function missingSets({ doors, firewall }: Pick<Config, "doors" | "firewall">): Promise<MissingSet[]> {
  const listing = LISTINGS[BACK_ENDS[firewall].sets];
  if (listing === undefined) return [];
  const wanted = doors.flatMap(({ name, sets }) =>
    [sets[4] ?? [], sets[6] ?? []].flat().map((set) => ({ door: name, set })),
  );
  const looked = wanted.map(async (each) => {
    return await runTool(listing(each.set)).then(
      () => [],
      (error) => (/does not exist|No such file/.test(reasonOf(error)) ? [each] : []),
    );
  });
  return (await Promise.all(looked)).flat();
}
