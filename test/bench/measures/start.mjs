// From the start of a daemon until it listens; and many doors, knocked at in any order.
import { join } from "node:path";
import { DOORS, FIRST_DOOR } from "../lab.mjs";
import { generator, quantile, range, shuffled } from "../numbers.mjs";
import { Program, pause } from "../shell.mjs";

/** Openings that run at a time would be a measure of their own. */
const GAP_US = 1000;
const COMMAND_RUNS = 7;

export async function startUp(lab, start, { doors, runs }) {
  const found = [];
  for (let run = 0; run < runs; run++) {
    const contender = await start(lab, manyDoors(doors));
    found.push(contender.startMs);
    await contender.stop();
  }
  return { doors, p50Ms: quantile(found, 0.5), worstMs: quantile(found, 1) };
}

/** How many of the doors open to a knock from outside, in random order. */
export async function knockAtMany(lab, start, { doors, knocks }) {
  const all = manyDoors(doors);
  const contender = await start(lab, all);
  await pause(1000);
  const chosen = shuffled(all, generator(1)).slice(0, knocks);
  const sources = lab.knockers(knocks);
  const plan = chosen.map(({ steps, open }, at) => ({ source: sources[at], steps, door: open }));
  const found = await lab.knock(plan, { gapUs: GAP_US, limitMs: 1000 });
  await contender.stop();
  const opened = found.filter((us) => us !== undefined);
  return { doors, knocks, opened: opened.length, p50Ms: quantile(opened, 0.5) / 1000 };
}

/** Three random ports each, the same in every run. */
function manyDoors(count) {
  const random = generator(7);
  const ports = shuffled(range(1024, 19_000).concat(range(22_000, 32_000), range(61_000, 65_000)), random);
  return range(0, Math.min(count, DOORS) - 1).map((at) => ({
    steps: [0, 1, 2].map((step) => `${ports[3 * at + step]}/tcp`),
    open: FIRST_DOOR + at,
  }));
}

/** How long commands take, in terms of a Node.js that does nothing, which is measured beside each. @param {string} checkout */
export async function commandStarts(checkout) {
  const program = join(checkout, "dist/knockd.js");
  const config = join(checkout, "config/knockd.yaml");
  const commands = {
    "--version": ["--version"],
    "--help": ["--help"],
    complete: ["complete", "--", "knockd", "sta"],
    "complete doors": ["complete", "--", "knockd", "enroll", "-c", config, ""],
    check: ["check", "-c", config],
    status: ["status"],
  };
  const ratios = {};
  for (const [name, argv] of Object.entries(commands)) {
    const found = [];
    for (let run = 0; run < COMMAND_RUNS; run++) {
      const nothingMs = await took(["-e", "0"]);
      found.push((await took([program, ...argv])) / nothingMs);
    }
    ratios[name] = quantile(found, 0.5);
  }
  return ratios;
}

async function took(argv) {
  const before = performance.now();
  // `status` finds no daemon here: that is said as soon as its answer would be.
  await new Program([process.execPath, ...argv], { env: { RUNTIME_DIRECTORY: "/nonexistent" } }).ended();
  return performance.now() - before;
}
