// What is legal in a config but unwise: said by `check`, and once at start.

import type { Door } from "../door.ts";
import { formatPort } from "../port.ts";
import type { Config } from "./config.ts";

const STEPS_FEW = 3;

/** Sequences that every tutorial and every attacker knows. */
const FAMOUS = new Set([
  "7000 8000 9000",
  "9000 8000 7000",
  "12345 54321 24680 13579",
  "2222 3333 4444",
  "1111 2222 3333",
  "1234 5678 9012",
]);

/** One sentence each, with the door's name first. */
export function weaknesses({ doors, firewall }: Config): string[] {
  return [
    ...doors.flatMap((door) => sequenceWeaknesses(door).map((text) => `doors.${door.name}.sequence: ${text}`)),
    ...watchedOpenPorts(doors),
    ...(doors.length === 0 ? ["doors: none, so nothing can be opened"] : []),
    ...(firewall === "none" && doors.some((door) => door.open.length > 0)
      ? ["options.firewall: none hides and opens nothing, openings are only logged"]
      : []),
  ];
}

function sequenceWeaknesses({ sequence, oneTimeSequences }: Door): string[] {
  if (oneTimeSequences !== undefined) return [];
  const numbers = sequence.map((step) => step.number);
  const gaps = numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0));
  const found: string[] = [];
  if (FAMOUS.has(numbers.join(" ")))
    found.push(`${numbers.join(", ")} is an example that everybody knows, choose your own`);
  if (sequence.length === 1) found.push(`one step is found by whoever tries all ports once, use ${STEPS_FEW} or more`);
  if (sequence.length === 2)
    found.push(`two steps are found by every other scan in random order, use ${STEPS_FEW} or more`);
  if (gaps.length > 0 && gaps.every((gap) => Math.abs(gap) <= 1)) found.push("all steps are neighbours, spread them");
  else if (gaps.length > 1 && gaps.every((gap) => gap > 0)) found.push("ascending, the order that scanners use");
  else if (gaps.length > 1 && gaps.every((gap) => gap < 0)) found.push("descending, an order that scanners use");
  return found;
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
