// What is legal in a config but unwise: said by `check`, and once at start.

import type { Door } from "../door.ts";
import { type WidthClass, widthClassOf } from "../guard.ts";
import { oddsOf, packetsText, WEAK_BITS } from "../odds.ts";
import { formatPort } from "../port.ts";
import type { Config } from "./config.ts";

const STEPS_FEW = 3;

/** One sentence each, with the door's name first. */
export function weaknesses({ doors, firewall, scanGuard }: Config): string[] {
  const widthClass = widthClassOf(doors, scanGuard);
  return [
    ...doors.flatMap((door) =>
      sequenceWeaknesses(door, widthClass).map((text) => `doors.${door.name}.sequence: ${text}`),
    ),
    ...watchedOpenPorts(doors),
    ...(doors.length === 0 ? ["doors: none, so nothing can be opened"] : []),
    ...(firewall === "none" && doors.some((door) => door.open.length > 0)
      ? ["options.firewall: none hides and opens nothing, openings are only logged"]
      : []),
  ];
}

/** Whether the sequence is weak, and what makes it so: one sentence, with what it costs to open the door. */
function sequenceWeaknesses(door: Door, widthClass: WidthClass): string[] {
  if (door.oneTimeSequences !== undefined || door.sequence.length === 0) return [];
  const { bits, favourites, pattern } = oddsOf(door, widthClass);
  if (bits >= WEAK_BITS) return [];
  const ports = new Set(door.sequence.map(formatPort)).size;
  const causes = [
    ...(ports === 1 ? [`one step is found by whoever tries all ports once, use ${STEPS_FEW} or more`] : []),
    ...(ports === 2 ? [`two steps are few, use ${STEPS_FEW} or more`] : []),
    ...(favourites.length > 1 ? [`${favourites.map(formatPort).join(", ")} are ports that scanners try first`] : []),
    ...(pattern === "neighbours" ? ["all steps are neighbours, spread them"] : []),
    ...(pattern === "even" ? ["the steps are evenly spaced"] : []),
    ...(widthClass === "none" ? ["scan_guard is off"] : []),
  ];
  return [
    `${causes.length > 0 ? `${causes.join("; ")}: ` : ""}a scan needs ${packetsText(bits)} packets to open the door`,
  ];
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
