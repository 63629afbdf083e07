// The last words of `knockd explain`: for each source, what opened, or the one cause why nothing did; and what was assumed.

import { progressWords } from "../core/verdict/progress.ts";
import { hint, painted, print } from "../io/terminal.ts";
import type { Answer } from "./explainer.ts";

/** BOUNDED: sources that the summary names; a capture of a scan or a flood holds many. */
const NAMED_MAX = 20;

export type KnownGuards = "all" | "unknown" | "none";

export function printSummary(answer: Answer, guards: KnownGuards, json: boolean): void {
  if (json) return print(JSON.stringify(summaryJson(answer, guards)));
  const { best, frames, forgotten, refused } = answer;
  if (refused > 0) print(`${refused} signed packet${refused === 1 ? " opens" : "s open"} nothing, as said above`);
  if (best.length === 0 && refused === 0)
    print(`nobody knocked: ${frames} frames, none of them at a step of these doors`);
  else print("");
  for (const progress of best.slice(0, NAMED_MAX))
    print(painted(progress.opened ? "good" : undefined, `${progress.source}: ${progressWords(progress)}`));
  const more = best.length - NAMED_MAX;
  if (more > 0) print(`and ${forgotten > 0 ? "many" : more} more sources, none of which came further`);
  for (const text of remarks(answer, guards)) hint(text);
}

function remarks({ takenForOurs, unknownLinkType, wentBack }: Answer, guards: KnownGuards): string[] {
  return [
    ...(takenForOurs.length > 0
      ? [`taken for the daemon's own: ${takenForOurs.join(", ")}; if not all of them are, say which with --address`]
      : []),
    ...(guards === "unknown"
      ? ["which ports near the steps are guard ports is not known here: only the daemon's own state directory says so"]
      : []),
    ...(unknownLinkType === undefined ? [] : [`frames of link type ${unknownLinkType} cannot be read`]),
    ...(wentBack ? ["the capture's clock goes back, so times are uncertain"] : []),
  ];
}

function summaryJson(answer: Answer, guards: KnownGuards): Record<string, unknown> {
  const { opened, best, frames, refused, takenForOurs, wentBack, unknownLinkType } = answer;
  return {
    event: "summary",
    opened: opened,
    sources: best.slice(0, NAMED_MAX).map((progress) => ({
      source: progress.source,
      door: progress.door,
      opened: progress.opened,
      stage: progress.stage,
      text: progressWords(progress),
    })),
    frames,
    refused,
    taken_for_ours: takenForOurs,
    guards,
    clock_went_back: wentBack,
    ...(unknownLinkType === undefined ? {} : { unknown_link_type: unknownLinkType }),
  };
}
