// Openings a second: the highest rate of knocks, each from a source of its own, at which none is lost or late.
import { FIRST_DOOR } from "../lab.mjs";
import { pause } from "../shell.mjs";

/** One step, so that nothing but opening counts. */
const DOOR = { steps: ["7000/udp"], open: FIRST_DOOR };
const FIRST_SOURCE = "10.79.0.0";
/** How long after the last knock its door may still be shut. */
const LATE_MS = 500;

export async function openings(lab, start, { rates, seconds }) {
  const tried = [];
  for (const rate of rates) {
    const one = await atRate(lab, start, rate, Math.round(rate * seconds));
    tried.push(one);
    if (one.opened < one.knocks) break;
  }
  const best = tried.filter(({ opened, knocks }) => opened === knocks).at(-1);
  return { perS: best?.perS ?? 0, tried };
}

async function atRate(lab, start, rate, count) {
  const contender = await start(lab, [DOOR]);
  await pause(500);
  const { seconds } = await lab.send({ protocol: "udp", ports: [7000], rate, count, first: FIRST_SOURCE });
  await pause(LATE_MS);
  const opened = await contender.countOpen();
  await contender.stop();
  return { perS: Math.round(count / seconds), knocks: count, opened };
}
