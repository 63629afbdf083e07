// The knock of a door in the words of stock tools, each line ready to be pasted.
import type { Door } from "../core/door.ts";
import type { Port } from "../core/port.ts";
import { type FlagRule, SYN } from "../core/tcp-flags.ts";
import type { Host } from "./howto-host.ts";
import { type Plan, TOOLS } from "./howto-tools.ts";

export type Shown =
  | { readonly tool: string; readonly line: string }
  | { readonly tool: string; readonly cannot: string };

const PAUSE_MS = 100;
const LIMIT_MS = 300;
/** A name server may be far away. */
const NAME_LIMIT_MS = 900;
/** How much of seq_timeout the waiting may take; the rest is for the tools themselves. */
const SHARE = 0.5;

/** One entry for each tool. The steps are given by themselves, as a door's next sequence may stand elsewhere. */
export function showKnocks(door: Door, steps: readonly Port[], host: Host): Shown[] {
  const plan = planFor(door, steps, host);
  return TOOLS.map((tool) => {
    const cannot = tool.cannot(plan);
    return cannot === undefined ? { tool: tool.name, line: tool.line(plan) } : { tool: tool.name, cannot };
  });
}

function planFor({ seqTimeoutMs, tcpflags }: Door, steps: readonly Port[], host: Host): Plan {
  const shareMs = Math.max(1, Math.floor((SHARE * seqTimeoutMs) / steps.length));
  return {
    host,
    steps,
    seqTimeoutMs,
    pauseMs: Math.min(PAUSE_MS, shareMs),
    limitMs: Math.min(host.kind === "name" ? NAME_LIMIT_MS : LIMIT_MS, shareMs),
    ...(passes(tcpflags) ? {} : { flags: tcpflags.value }),
  };
}

/** Whether the first packet of an ordinary connection will do. */
function passes({ mask, value }: FlagRule): boolean {
  return (SYN & mask) === value;
}
