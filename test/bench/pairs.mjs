// npm run bench -- --pairs CHECKOUT: this commit and that of another checkout, which is built, in turn in one run. Prints ratios:
// only those of one run mean anything, and their spread tells how much.
import { fileURLToPath } from "node:url";
import { builtIn, CONTENDERS } from "./contenders.mjs";
import { cpuOfFlood } from "./measures/cpu.mjs";
import { flood } from "./measures/flood.mjs";
import { latency } from "./measures/latency.mjs";
import { memoryUse } from "./measures/memory.mjs";
import { openings } from "./measures/openings.mjs";
import { packets } from "./measures/packets.mjs";
import { commandStarts, startUp } from "./measures/start.mjs";
import { quantile } from "./numbers.mjs";

const ROUNDS = 5;
const OURS = fileURLToPath(new URL("../..", import.meta.url));

/** By name: what is measured, and which numbers of it are compared. `bare`: with a ruleset alone beside it. */
const MEASURES = {
  latency: {
    bare: true,
    run: (lab, { start }) => latency(lab, start, { openings: 100 }),
    numbers: { "last knock -> open, p50 ms": (r) => r.p50Ms, "  p99 ms": (r) => r.p99Ms },
  },
  commands: {
    run: (_lab, { checkout }) => commandStarts(checkout),
    numbers: Object.fromEntries(
      ["--version", "--help", "complete", "complete doors", "check", "status"].map((name) => [
        `knockd ${name} : node -e 0`,
        (r) => r[name],
      ]),
    ),
  },
  start: {
    run: (lab, { start }) => startUp(lab, start, { doors: 1, runs: 3 }),
    numbers: { "start -> listening, ms": (r) => r.p50Ms },
  },
  memory: {
    run: (lab, { start }) => memoryUse(lab, start, { sources: 1000, rate: 10_000 }),
    numbers: { "idle memory of all processes, MB": (r) => r.idleMb },
  },
  flooded: {
    run: (lab, { start }) => memoryUse(lab, start, { sources: 5_000_000, rate: 200_000 }),
    numbers: { "after 5 million sources, MB": (r) => r.floodedMb, "  idle, MB": (r) => r.idleMb },
  },
  cpu: {
    run: (lab, { start }) => cpuOfFlood(lab, start, { sources: 100_000, rate: 100_000, count: 300_000 }),
    numbers: { "CPU in a flood, us/packet": (r) => r.usPerPacket },
  },
  flood: {
    run: (lab, { start }) => flood(lab, start, { protocol: "tcp", rate: 0, limitMs: 500 }),
    numbers: {
      "all-out flood: 20 knocks": (r) => r.opened,
      "  20 slow ones at once": (r) => r.openedTogether,
      "  p50 ms": (r) => r.p50Ms,
    },
  },
  packets: {
    run: (lab, { start }) => packets(lab, start, { keys: 64, rate: 15_000, limitMs: 500 }),
    numbers: {
      "64 keys, 15,000 packets/s that look signed: 20 sequences": (r) => r.sequences,
      "  20 packets of known networks": (r) => r.known,
      "  20 packets of newcomers": (r) => r.newcomers,
      "  idle memory of all processes, MB": (r) => r.idleMb,
    },
  },
  openings: {
    run: (lab, { start }) => openings(lab, start, { rates: [1000, 2000, 4000, 6000, 8000, 12_000], seconds: 1 }),
    numbers: { "openings a second": (r) => r.perS },
  },
};

/** @param {readonly string[]} words names of measures, none: all; `--rounds=N` */
export async function pairs(lab, checkout, words) {
  const rounds = Number(words.find((word) => word.startsWith("--rounds="))?.split("=")[1] ?? ROUNDS);
  const named = words.filter((word) => !word.startsWith("--"));
  const sides = {
    before: { checkout, start: builtIn(checkout) },
    now: { checkout: OURS, start: builtIn(OURS) },
    bare: { start: CONTENDERS.nftables },
  };
  const lines = [["measure", "before", "now", "now : before", "spread", "now : bare", "spread"]];
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (named.length > 0 && !named.includes(name)) continue;
    const found = await inTurn(lab, measure, sides, rounds);
    for (const [label, number] of Object.entries(measure.numbers)) lines.push(lineOf(label, found, number));
  }
  return columns(lines);
}

/** Each round gives every side its turn, in another order: what the machine does besides meets them alike. */
async function inTurn(lab, measure, sides, rounds) {
  const names = Object.keys(sides).filter((side) => side !== "bare" || measure.bare);
  const found = Object.fromEntries(names.map((side) => [side, []]));
  for (let round = 0; round < rounds; round++) {
    for (const side of round % 2 === 0 ? names : names.toReversed()) {
      const row = await measure.run(lab, sides[side]);
      process.stderr.write(`bench: ${side} ${JSON.stringify(row)}\n`);
      found[side].push(row);
    }
  }
  return found;
}

function lineOf(label, { before, now, bare }, number) {
  const median = (rows) => quantile(rows.map(number), 0.5).toFixed(3);
  const against = (rows) => spread(now.map((row, round) => number(row) / number(rows[round])));
  return [label, median(before), median(now), ...against(before), ...(bare === undefined ? ["", ""] : against(bare))];
}

/** Median, and from the smallest to the largest. */
function spread(ratios) {
  const at = (share) => quantile(ratios, share).toFixed(2);
  return [at(0.5), `${at(0)}..${at(1)}`];
}

function columns(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
