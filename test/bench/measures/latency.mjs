// How soon the door is open: from the last knock packet to the first packet that gets in.

import { FIRST_DOOR } from "../lab.mjs";
import { quantile } from "../numbers.mjs";
import { pause } from "../shell.mjs";

const DOOR = { steps: ["17301/tcp", "4312/tcp", "28119/udp"], open: FIRST_DOOR };
/** So that steps cannot overtake each other between two cores. */
const GAP_US = 1000;

export async function latency(lab, start, { openings }) {
  const contender = await start(lab, [DOOR]);
  await pause(1000);
  const plan = lab.knockers(openings).map((source) => ({ source, steps: DOOR.steps }));
  // The first openings of a daemon find everything cold; all of them count.
  const found = await lab.knock(plan, { gapUs: GAP_US, probeUs: 25 });
  await contender.stop();
  const opened = found.filter((us) => us !== undefined);
  return {
    openings,
    opened: opened.length,
    p50Ms: quantile(opened, 0.5) / 1000,
    p99Ms: quantile(opened, 0.99) / 1000,
    worstMs: quantile(opened, 1) / 1000,
  };
}
