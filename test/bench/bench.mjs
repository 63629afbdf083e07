// npm run bench: every measure for every contender, one table, one JSON file, one plot.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { fileURLToPath } from "node:url";
import { CONTENDERS } from "./contenders.mjs";
import { Lab } from "./lab.mjs";
import { budget } from "./measures/budget.mjs";
import { cpuOfFlood, cpuOfUnwatched } from "./measures/cpu.mjs";
import { flood } from "./measures/flood.mjs";
import { latency } from "./measures/latency.mjs";
import { memoryUse } from "./measures/memory.mjs";
import { openings } from "./measures/openings.mjs";
import { packets } from "./measures/packets.mjs";
import { scans } from "./measures/scans.mjs";
import { knockAtMany, startUp } from "./measures/start.mjs";
import { pairs } from "./pairs.mjs";
import { plan } from "./plan.mjs";
import { plot } from "./plot.mjs";
import { stopAll } from "./shell.mjs";
import { table } from "./table.mjs";

const MEASURES = {
  latency,
  budget,
  flood,
  packets,
  cpuOfFlood,
  cpuOfUnwatched,
  memoryUse,
  openings,
  scans,
  knockAtMany,
  startUp,
};
const RESULTS = new URL("./results/latest.json", import.meta.url);
const PLOT = new URL("./flood.svg", import.meta.url);

const words = process.argv.slice(2);
const quick = words.includes("--quick");
/** Another checkout to compare with. */
const other = words.includes("--pairs") ? words.splice(words.indexOf("--pairs"), 2)[1] : undefined;
/** Names of measures and of contenders; none: all. */
const only = words.filter((word) => !word.startsWith("--"));

const lab = new Lab();
let stopped = false;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void stop());

try {
  await lab.open();
  if (other === undefined) report(await measure());
  else process.stdout.write(`\n${await pairs(lab, other, words)}\n`);
} catch (error) {
  if (!stopped) throw error;
} finally {
  await lab.close();
}

function report(results) {
  mkdirSync(new URL(".", RESULTS), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  if (only.length === 0) writeFileSync(PLOT, plot(results));
  process.stdout.write(`\n${table(results)}\n`);
  process.stdout.write(`\nall numbers: ${fileURLToPath(RESULTS)}\n`);
}

async function measure() {
  const machine = { cpus: cpus().length, kernel: release(), node: process.version, loadBefore: loadavg()[0] };
  const results = { at: new Date().toISOString(), quick, machine, measures: {} };
  for (const [measureName, runs] of Object.entries(plan(quick))) {
    for (const [name, settings] of Object.entries(runs)) {
      const wanted = (among) => only.some((word) => among.includes(word));
      if (wanted(Object.keys(MEASURES)) && !only.includes(measureName)) continue;
      if (wanted(Object.keys(CONTENDERS)) && !only.includes(name)) continue;
      results.measures[measureName] ??= {};
      const rows = [];
      for (const setting of settings) {
        process.stderr.write(`bench: ${measureName} ${name} ${JSON.stringify(setting)}\n`);
        const row = await MEASURES[measureName](lab, CONTENDERS[name], setting);
        process.stderr.write(`bench:   ${JSON.stringify(row)}\n`);
        rows.push(row);
      }
      results.measures[measureName][name] = rows;
    }
  }
  return results;
}

/** What is under way fails, and the lab is taken down on the way out. */
async function stop() {
  stopped = true;
  await stopAll();
}
