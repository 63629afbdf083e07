// Memory of a daemon and all it started: idle, and after a flood of first knocks from ever new sources.
import { FIRST_DOOR } from "../lab.mjs";
import { memory } from "../processes.mjs";
import { pause } from "../shell.mjs";

const DOOR = { steps: ["7000/tcp", "8000/tcp", "9000/tcp"], open: FIRST_DOOR };
const SETTLE_MS = 3000;

export async function memoryUse(lab, start, { sources, rate }) {
  const contender = await start(lab, [DOOR]);
  await pause(SETTLE_MS);
  const idle = memory(contender.pid);
  await lab.send({ ports: [7000], count: sources, rate });
  const flooded = memory(contender.pid);
  await contender.stop();
  return { idleMb: idle.mb, sources, floodedMb: flooded.mb, members: idle.members, membersFlooded: flooded.members };
}
