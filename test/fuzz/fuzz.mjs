// npm run fuzz: inputs that reach new code are kept and changed further (V8 tells which blocks ran). Five minutes, or
//   npm run fuzz -- --seconds 3600 --target decode     so long, on one target alone
// What lies in test/fuzz/corpus/TARGET is where it begins, and what every run tries first. A finding is written there, too.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { parseArgs } from "node:util";
import { mutated, randomFrom } from "./mutate.mjs";
import { TARGETS } from "./targets.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    target: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
const CORPUS = new URL("./corpus/", import.meta.url);
/** Asking V8 costs more than many inputs do, so it is asked once for so many. */
const BATCH = 2000;
/** BOUNDED: bytes of an input, inputs that are kept. */
const BYTES_MAX = 4096;
const KEPT_MAX = 2000;
/** Longer than any of them needs on any machine; a target that takes so long hangs. */
const SLOW_MS = 5000;
/** What is said of bad input. */
const EXPECTED = new Set(["RangeError", "SyntaxError", "Failure"]);

const random = randomFrom(Number(values.seed));
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

const names = values.target === undefined ? Object.keys(TARGETS) : [values.target];
const shareMs = (Number(values.seconds) * 1000) / names.length;
let failed = 0;
say(`seed ${values.seed}`);
for (const name of names) await fuzz(name, TARGETS[name]);
process.exitCode = failed > 0 ? 1 : 0;

async function fuzz(name, target) {
  const directory = new URL(`${name}/`, CORPUS);
  mkdirSync(directory, { recursive: true });
  const seeds = readdirSync(directory).map((file) => readFileSync(new URL(file, directory)));
  const kept = [];
  /** By function that ran: what of it never has. */
  const never = new Map();
  const findings = new Set();
  let runs = 0;

  const run = (input) => {
    runs++;
    const beganMs = performance.now();
    try {
      target(Buffer.from(input));
    } catch (error) {
      if (!EXPECTED.has(error?.constructor?.name) && !EXPECTED.has(error?.name)) tell(input, error);
    }
    if (performance.now() - beganMs > SLOW_MS) tell(input, new Error(`took longer than ${SLOW_MS} ms`));
  };
  const tell = (input, error) => {
    const where = String(error?.stack ?? error)
      .split("\n")
      .slice(0, 3)
      .join(" | ");
    if (findings.has(where)) return;
    findings.add(where);
    failed++;
    const file = new URL(`finding-${createHash("sha256").update(input).digest("hex").slice(0, 12)}`, directory);
    writeFileSync(file, input);
    say(`${name}: FINDING ${file.pathname}: ${where}`);
  };
  /** Whether something ran since the last question that never had before; `note`: from now on it has. */
  const fresh = async (note = false) => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    let isNew = false;
    for (const { url, functions } of result) {
      if (!url.includes("/build/src/")) continue;
      for (const { ranges } of functions) {
        const [{ startOffset, endOffset, count }] = ranges;
        if (count === 0) continue;
        const place = `${url} ${startOffset} ${endOffset}`;
        const idle = ranges.filter((range) => range.count === 0).map((range) => [range.startOffset, range.endOffset]);
        const before = never.get(place);
        const after = before === undefined ? idle : common(before, idle);
        if (before !== undefined && lengthOf(after) === lengthOf(before)) continue;
        isNew = true;
        if (note) never.set(place, after);
      }
    }
    return isNew;
  };
  const keep = async (input) => {
    run(input);
    if ((await fresh(true)) && kept.length < KEPT_MAX) kept.push(input);
  };

  /** Keeps those that reach something new: halves, and halves of halves, as long as there is something new in them. */
  const sift = async (inputs, untilMs) => {
    if (performance.now() > untilMs) return;
    if (inputs.length === 1) return await keep(inputs[0]);
    for (const input of inputs) run(input);
    if (!(await fresh())) return;
    const half = inputs.length >> 1;
    for (const part of [inputs.slice(0, half), inputs.slice(half)]) await sift(part, untilMs);
  };

  await fresh();
  for (const seed of seeds) await keep(seed);
  if (kept.length === 0) kept.push(...(seeds.length > 0 ? seeds : [Buffer.alloc(64)]));
  const first = coverage(never);
  const untilMs = performance.now() + shareMs;
  while (performance.now() < untilMs) {
    const batch = Array.from({ length: BATCH }, () => mutated(kept, random).subarray(0, BYTES_MAX));
    await sift(batch, untilMs);
  }
  say(
    `${name}: ${runs} executions, ${first} covered by the corpus, ${coverage(never)} now, ${kept.length} inputs, ${findings.size} findings`,
  );
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

/** What is in both; each a list of ranges. */
function common(these, those) {
  return these.flatMap(([from, to]) =>
    those.flatMap(([start, end]) => (start < to && from < end ? [[Math.max(from, start), Math.min(to, end)]] : [])),
  );
}

function lengthOf(ranges) {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** `37 functions, 91 %`: of their text. */
function coverage(never) {
  const all = [...never.keys()].reduce(
    (sum, place) => sum + (Number(place.split(" ")[2]) - Number(place.split(" ")[1])),
    0,
  );
  const idle = [...never.values()].reduce((sum, ranges) => sum + lengthOf(ranges), 0);
  return `${never.size} functions, ${Math.round(100 - (100 * idle) / Math.max(1, all))} %`;
}
