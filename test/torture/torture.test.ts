// The daemon under faults, with real everything: see plan.ts for what happens, verdict.ts for what must hold all the same.
// `npm run torture -- --rounds 200` is the long form.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../support/netns.ts";
import { TortureLab } from "./lab.ts";
import { FAULTS, planOf } from "./plan.ts";
import { playRound } from "./round.ts";
import { Tally } from "./tally.ts";
import { judge } from "./verdict.ts";

const from = Number(process.env["TORTURE_FROM"] ?? 0);
const rounds = Number(process.env["TORTURE_ROUNDS"] ?? FAULTS.length);
const seed = Number(process.env["TORTURE_SEED"] ?? 1);
const labs = Math.min(rounds, Number(process.env["TORTURE_LABS"] ?? 5));
/** Instead of all of them. */
const only = FAULTS.find((fault) => fault === process.env["TORTURE_FAULT"]);
/** Far more than a round takes. */
const ROUND_LIMIT_MS = 40_000;

describe.skipIf(!root)(`torture, seed ${seed}, rounds ${from} to ${from + rounds - 1}`, () => {
  it(
    "no door is open too long, lost or seen by a stranger, whatever is killed or flushed",
    async () => {
      const tally = new Tally(seed);
      let next = from;
      const worker = async (): Promise<void> => {
        while (next < from + rounds) {
          const lab = new TortureLab();
          try {
            await lab.open();
            while (next < from + rounds && (await play(lab, tally, next++)));
          } finally {
            await lab.close();
          }
        }
      };
      await Promise.all(Array.from({ length: labs }, worker));
      process.stdout.write(`\n${tally.text}\n\n`);
      expect(tally.violations).toEqual([]);
    },
    60_000 + (rounds * ROUND_LIMIT_MS) / labs,
  );
});

/** Whether the lab is still good for another round. */
async function play(lab: TortureLab, tally: Tally, round: number): Promise<boolean> {
  const planned = planOf(seed, round);
  const plan = { ...planned, fault: only ?? planned.fault };
  try {
    const record = await playRound(lab, plan);
    const verdict = judge(record);
    const log = lab.takeLog();
    const trace = join(tmpdir(), `knockd-torture-${seed}-${round}.json`);
    if (verdict.violations.length > 0) writeFileSync(trace, JSON.stringify({ verdict, record, log }, null, 1));
    tally.add(record, verdict, trace);
    return true;
  } catch (error) {
    tally.broken(plan, error);
    return false;
  }
}
