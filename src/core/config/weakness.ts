// What is legal in a config but unwise: said by `check` and `doctor`, and once at start. Never a reason not to run.

import type { Door } from "../door.ts";
import { type WidthClass, widthClassOf } from "../guard/guard.ts";
import { oddsOf, packetsText, WEAK_BITS } from "../guard/odds.ts";
import { formatPort } from "../port.ts";
import type { Config } from "./config.ts";

const STEPS_FEW = 3;
const FAVOURITES_WEAK = 2;

/** A sequence that is found soon, by trying. */
export interface WeakSequence {
  readonly door: string;
  /** What it costs to open the door. */
  readonly cost: string;
  /** The same behind what makes it so: it names steps, hence is for whoever may read the file. */
  readonly message: string;
}

/** One sentence each, with the door's name first. */
export function weaknesses(config: Config): string[] {
  return [...weakSequences(config).map(weakSequenceText), ...weakPoints(config)];
}

export function weakSequences({ doors, scanGuard }: Config): WeakSequence[] {
  const widthClass = widthClassOf(doors, scanGuard);
  return doors.flatMap((door) => gradeOf(door, widthClass) ?? []);
}

export function weakSequenceText({ door, message }: WeakSequence): string {
  return `doors.${door}.sequence: ${message}`;
}

/** What is unwise beside sequences. */
export function weakPoints({ doors, firewall }: Config): string[] {
  return [
    ...watchedOpenPorts(doors),
    ...(doors.length === 0 ? ["doors: none, so nothing can be opened"] : []),
    ...(firewall === "none" && doors.some((door) => door.open.length > 0)
      ? ["options.firewall: none hides and opens nothing, openings are only logged"]
      : []),
  ];
}

/** Undefined: it is a good one, or nobody knows it here. */
function gradeOf(door: Door, widthClass: WidthClass): WeakSequence | undefined {
  if (door.oneTimeSequences !== undefined || door.sequence.length === 0) return undefined;
  const { bits, favourites, pattern } = oddsOf(door, widthClass);
  // Two of a dictionary are weak however many others there are: the odds only say what the dictionaries that we know would cost.
  if (bits >= WEAK_BITS && favourites.length < FAVOURITES_WEAK) return undefined;
  const ports = new Set(door.sequence.map(formatPort)).size;
  const causes = [
    ...(ports === 1 ? [`one step is found by whoever tries all ports once, use ${STEPS_FEW} or more`] : []),
    ...(ports === 2 ? [`two steps are few, use ${STEPS_FEW} or more`] : []),
    ...(favourites.length >= FAVOURITES_WEAK
      ? [`${favourites.map(formatPort).join(", ")} are ports that scanners try first`]
      : []),
    ...(pattern === "neighbours" ? ["all steps are neighbours, spread them"] : []),
    ...(pattern === "even" ? ["the steps are evenly spaced"] : []),
    ...(widthClass === "none" ? ["scan_guard is off"] : []),
  ];
  const cost = `a scan needs ${packetsText(bits)} packets to open the door`;
  return { door: door.name, cost, message: causes.length > 0 ? `${causes.join("; ")}: ${cost}` : cost };
}

/** A connection through the opened door would count as a knock at the other one. */
function watchedOpenPorts(doors: readonly Door[]): string[] {
  const watchers = new Map<string, string>();
  for (const { name, sequence } of doors) for (const step of sequence) watchers.set(formatPort(step), name);
  return doors.flatMap(({ name, open }) =>
    [...new Set(open.map(formatPort))].flatMap((port) => {
      const watcher = watchers.get(port);
      if (watcher === undefined) return [];
      const place = `doors.${name}.open: ${port} is already watched by door ${watcher}`;
      return [`${place}: each connection to it counts as a knock there`];
    }),
  );
}
