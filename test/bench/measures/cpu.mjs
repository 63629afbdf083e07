// What a packet costs a daemon: one of a flood of first knocks, from few or many sources; and one that no door watches.
import { FIRST_DOOR } from "../lab.mjs";
import { cpuMs } from "../processes.mjs";
import { pause } from "../shell.mjs";

const DOOR = { steps: ["7000/tcp", "8000/tcp", "9000/tcp"], open: FIRST_DOOR };
const UNWATCHED_PORT = 9;

/** Microseconds of CPU for each packet that arrived. */
export async function cpuOfFlood(lab, start, { rate, count, sources }) {
  const { cpu, packets, seconds } = await cost(lab, start, { ports: [7000], rate, count, sources });
  return { sources, packetsPerS: Math.round(packets / seconds), usPerPacket: (cpu * 1000) / packets };
}

/** Percent of one core. */
export async function cpuOfUnwatched(lab, start, { rate, count }) {
  const { cpu, packets, seconds } = await cost(lab, start, { ports: [UNWATCHED_PORT], rate, count });
  return { packetsPerS: Math.round(packets / seconds), percent: cpu / 10 / seconds };
}

async function cost(lab, start, flood) {
  const contender = await start(lab, [DOOR]);
  await pause(1000);
  const [cpu, packets] = [cpuMs(contender.pid), await lab.received()];
  const { seconds } = await lab.send(flood);
  // What was still in its queues counts, too.
  await pause(300);
  const result = { cpu: cpuMs(contender.pid) - cpu, packets: (await lab.received()) - packets, seconds };
  await contender.stop();
  return result;
}
