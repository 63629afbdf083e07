// Plays a round in a lab and records what could be seen: knocks, one fault, all runs out, and a last knock at every door.
import { setTimeout as delay } from "node:timers/promises";
import { inject } from "./faults.ts";
import type { TortureLab } from "./lab.ts";
import { DOORS, type DoorName, GRANT_MS, type Plan, type SourceName } from "./plan.ts";
import { HELPERS, type Processes } from "./processes.ts";
import { emptyRecord, nowMs, type RoundRecord } from "./record.ts";

/** A knock so long before the fault must have opened by then. */
const SOUND_MS = 500;
/** After a fault, all should work again by then. */
const RECOVERED_MS = 1500;
/** More than any check allows, on a machine that has other work. */
const QUIET_LIMIT_MS = 15_000;
/** For a helper that is just being started, or still on its way out. */
const HEALTHY_LIMIT_MS = 10_000;
const LOOK_MS = 100;
/** What the commands note comes a little after what they do. */
const SETTLED_MS = 300;

export async function playRound(lab: TortureLab, plan: Plan): Promise<RoundRecord> {
  const processes = await lab.processes();
  const record = emptyRecord(plan);
  const knock = async (source: SourceName, door: DoorName, sound: boolean): Promise<void> => {
    record.knocks.push({ door, source, sound, atMs: await lab.knock(source, door) });
  };
  const fault = async (): Promise<void> => {
    await sleepUntil(record.startMs + plan.faultMs);
    await inject[plan.fault]({ lab, plan, record, processes });
    await delay(RECOVERED_MS);
  };
  const knocks = plan.knocks.map(async ({ door, source, atMs }) => {
    await sleepUntil(record.startMs + atMs);
    await knock(source, door, atMs + SOUND_MS < plan.faultMs);
  });
  await Promise.all([fault(), ...knocks]);

  await runOut(lab, record, "the fault");
  for (const door of DOORS) await knock("first", door, true);
  await runOut(lab, record, "the last knocks");
  await examine(lab, record);
  record.looks = lab.looks();
  record.journal = lab.journal();
  return Object.assign(record, lab.said());
}

async function runOut(lab: TortureLab, record: RoundRecord, what: string): Promise<void> {
  const lastMs = Math.max(...record.knocks.map(({ atMs }) => atMs));
  await sleepUntil(lastMs + GRANT_MS + SETTLED_MS);
  if (!(await lab.quiet(QUIET_LIMIT_MS))) record.ailments.push(`doors are still open long after ${what}`);
  await delay(SETTLED_MS);
}

/** One of each, and nothing left behind. */
async function examine(lab: TortureLab, record: RoundRecord): Promise<void> {
  const limitMs = nowMs() + HEALTHY_LIMIT_MS;
  let ailments = ailmentsOf(await lab.processes());
  while (ailments.length > 0 && nowMs() < limitMs) {
    await delay(LOOK_MS);
    ailments = ailmentsOf(await lab.processes());
  }
  record.ailments.push(...ailments);
}

function ailmentsOf(processes: Processes): string[] {
  const roles = ["daemon", ...HELPERS] as const;
  return roles.flatMap((role) =>
    processes[role].length === 1 ? [] : [`${processes[role].length} processes: ${role}`],
  );
}

async function sleepUntil(atMs: number): Promise<void> {
  await delay(Math.max(0, atMs - nowMs()));
}
