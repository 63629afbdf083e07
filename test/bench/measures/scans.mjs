// Scans that open a door of three steps: from the lowest port to the highest, the other way round, and in random orders.
import { FIRST_DOOR } from "../lab.mjs";
import { generator, range, shuffled } from "../numbers.mjs";
import { pause } from "../shell.mjs";

const DOOR = { steps: ["7000/tcp", "8000/tcp", "9000/tcp"], open: FIRST_DOOR };
const SOME = range(6000, 9499);
const ALL = range(1, 65_535);

export async function scans(lab, start, { randomScans, fullScans, rate }) {
  const contender = await start(lab, [DOOR]);
  await pause(500);
  const random = generator(42);
  const repeated = (times, order) => Array.from({ length: times }, order);
  const result = {
    ascending: await opened(lab, [SOME, ALL], rate),
    descending: await opened(lab, [SOME.toReversed(), ALL.toReversed()], rate),
    random: await opened(
      lab,
      repeated(randomScans, () => shuffled(SOME, random)),
      rate,
    ),
    full: await opened(
      lab,
      repeated(fullScans, () => shuffled(ALL, random)),
      rate,
    ),
    // Whoever knocks gets in: otherwise a dead daemon would be the safest.
    knock: (await lab.knock([{ source: lab.knockers()[0], steps: DOOR.steps }], { gapUs: 1000 }))[0] !== undefined,
  };
  await contender.stop();
  return result;
}

async function opened(lab, orders, rate) {
  const sources = lab.knockers(orders.length);
  for (const [at, ports] of orders.entries()) {
    await lab.send({ ports, count: ports.length, rate, sources: 1, first: sources[at] });
  }
  await pause(300);
  const seen = await lab.knock(
    sources.map((source) => ({ source, steps: [] })),
    { together: true, probeUs: 20_000, limitMs: 500 },
  );
  return { scans: orders.length, opened: seen.filter((us) => us !== undefined).length };
}
