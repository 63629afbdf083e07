// Real knocks while invented sources flood the first step: how many open, and how soon.
import { FIRST_DOOR } from "../lab.mjs";
import { quantile } from "../numbers.mjs";
import { pause } from "../shell.mjs";

const FIRST_PORT = 7000;
const STEPS = { tcp: ["7000/tcp", "8000/tcp", "9000/tcp"], udp: ["7000/udp", "8000/udp", "9000/udp"] };
const KNOCKS = 20;
/** A knocker's three packets, one after the other; and twenty knockers at a time, slow ones. */
const GAP_US = 10_000;
const SLOW_GAP_US = 500_000;
/** Until the flood has filled what it can fill. */
const FILL_MS = 2000;

export async function flood(lab, start, { protocol, rate, limitMs }) {
  const steps = STEPS[protocol];
  const contender = await start(lab, [{ steps, open: FIRST_DOOR }]);
  const [before, beganMs] = [await lab.received(), performance.now()];
  const sending = lab.sending({ protocol, ports: [FIRST_PORT], rate });
  await pause(FILL_MS);
  // Before the probes, which are packets, too.
  const measured = ((await lab.received()) - before) / ((performance.now() - beganMs) / 1000);
  const alone = await lab.knock(planFor(lab, steps), { gapUs: GAP_US, limitMs });
  const together = await lab.knock(planFor(lab, steps), { together: true, gapUs: SLOW_GAP_US, limitMs });
  await sending.stop();
  await contender.stop();
  const opened = alone.filter((us) => us !== undefined);
  return {
    protocol,
    asked: rate === 0 ? "all" : rate,
    packetsPerS: Math.round(measured),
    knocks: KNOCKS,
    opened: opened.length,
    openedTogether: together.filter((us) => us !== undefined).length,
    p50Ms: quantile(opened, 0.5) / 1000,
    worstMs: quantile(opened, 1) / 1000,
  };
}

function planFor(lab, steps) {
  return lab.knockers(KNOCKS).map((source) => ({ source, steps }));
}
