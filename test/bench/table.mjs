// The results as one table: a line for each number, who reached what, how much better than the C knockd, and our target.

const HEAD = ["measure", "this knockd", "with cap", "C knockd", "nftables alone", "C : this", "target", ""];

/** @param {{measures: Record<string, Record<string, object[]>>}} results as bench.mjs writes them */
export function table({ measures, machine, quick }) {
  const lines = [HEAD, ...rowsOf(measures)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const said = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd(),
  );
  const about = `${machine.cpus} cores, Linux ${machine.kernel}, Node ${machine.node}, load before ${machine.loadBefore.toFixed(2)}`;
  return [`${quick ? "quick run, " : ""}${about}`, "", said[0], "-".repeat(said[0].length), ...said.slice(1)].join(
    "\n",
  );
}

/** Most measures have a row a setting; `better` is which way is good. */
function rowsOf(measures) {
  const { latency, flood, packets, memoryUse, cpuOfFlood, cpuOfUnwatched, openings, knockAtMany, scans, startUp } =
    measures;
  return [
    ...rows(
      latency,
      () => "last knock -> open, p50 ms",
      (r) => r.p50Ms,
      { digits: 3, most: 1 },
    ),
    ...rows(
      latency,
      (r) => `  p99 ms, of ${r.openings}`,
      (r) => r.p99Ms,
      { digits: 3, most: 5 },
    ),
    ...rows(
      flood,
      (r) => `${floodName(r)}: 20 knocks`,
      (r) => r.opened,
      { least: 20 },
    ),
    ...rows(
      flood,
      (r) => `${floodName(r)}: 20 slow ones at once`,
      (r) => r.openedTogether,
      { least: 20 },
    ),
    ...rows(
      flood,
      (r) => `${floodName(r)}: p50 ms`,
      (r) => r.p50Ms,
      { digits: 2 },
    ),
    ...rows(
      flood,
      (r) => `${floodName(r)}: packets/s seen by the kernel`,
      (r) => r.packetsPerS,
      { ratio: false },
    ),
    ...rows(
      packets,
      (r) => `${packetsName(r)}: 20 sequences`,
      (r) => r.sequences,
      { least: 20 },
    ),
    ...rows(
      packets,
      (r) => `${packetsName(r)}: 20 packets of known networks`,
      (r) => r.known,
      { least: 20 },
    ),
    ...rows(
      packets,
      (r) => `${packetsName(r)}: 20 packets of newcomers`,
      (r) => r.newcomers,
      { ratio: false },
    ),
    ...rows(
      packets,
      (r) => `${packetsName(r)}: CPU % of all processes`,
      (r) => r.cpuPercent,
      { digits: 0, ratio: false },
    ),
    ...rows(
      cpuOfFlood,
      (r) => `CPU us/packet, ${r.sources} sources at ${near(r.packetsPerS)}/s`,
      (r) => r.usPerPacket,
      { digits: 2, most: 3 },
    ),
    ...rows(
      cpuOfUnwatched,
      (r) => `CPU % at ${near(r.packetsPerS)}/s that no door watches`,
      (r) => r.percent,
      { digits: 1, most: 1 },
    ),
    ...rows(
      memoryUse,
      () => "memory MB (PSS), idle",
      (r) => r.idleMb,
      { digits: 1, most: 95 },
    ),
    ...rows(
      memoryUse,
      (r) => `  more after ${r.sources} sources`,
      (r) => r.floodedMb - r.idleMb,
      { digits: 1, most: 16 },
    ),
    ...rows(
      openings,
      () => "openings/s, none lost",
      (r) => r.perS,
      { least: 2000 },
    ),
    ...rows(
      startUp,
      (r) => `start -> listening, ${r.doors} doors, p50 ms`,
      (r) => r.p50Ms,
      { digits: 0, most: (r) => (r.doors === 1 ? 300 : 1000) },
    ),
    ...rows(
      knockAtMany,
      (r) => `of ${r.doors} doors, ${r.knocks} knocked at: opened`,
      (r) => r.opened,
      { least: (r) => r.knocks },
    ),
    ...["ascending", "descending", "random", "full"].flatMap((kind) =>
      rows(
        scans,
        (r) => `opened by ${r[kind].scans} scans, ${kind}`,
        (r) => r[kind].opened,
        { most: 0, ratio: false },
      ),
    ),
  ];
}

function rows(runs, nameOf, numberOf, { digits = 0, most, least, ratio = true }) {
  const byName = (settings) => new Map(settings.map((setting) => [nameOf(setting), setting]));
  const all = Object.fromEntries(Object.entries(runs ?? {}).map(([who, settings]) => [who, byName(settings)]));
  const names = [...new Set(Object.values(all).flatMap((settings) => [...settings.keys()]))];
  return names.map((name) => {
    const value = (who) => (all[who]?.has(name) ? numberOf(all[who].get(name)) : undefined);
    const [ours, theirs] = [value("ours"), value("knockd")];
    const limit = (bound) => (typeof bound === "function" && all.ours?.has(name) ? bound(all.ours.get(name)) : bound);
    const [top, bottom] = [limit(most), limit(least)];
    const target = typeof top === "number" ? `<= ${top}` : typeof bottom === "number" ? `>= ${bottom}` : "";
    const missed = ours !== undefined && (ours > top || ours < bottom);
    const times =
      ratio && ours > 0 && theirs !== undefined && theirs !== null ? `${(theirs / ours).toPrecision(2)}` : "";
    const cell = (number) => (number === undefined ? "-" : Number.isFinite(number) ? number.toFixed(digits) : "none");
    return [
      name,
      cell(ours),
      cell(value("cap")),
      cell(theirs),
      cell(value("nftables")),
      Number(times) ? String(Number(times)) : "",
      target,
      missed ? "MISSED" : "",
    ];
  });
}

function packetsName({ keys, packetsPerS }) {
  return `${keys} ${keys === 1 ? "key" : "keys"}, ${near(packetsPerS)} packets/s that look signed`;
}

function floodName({ protocol, asked }) {
  return `${asked === "all" ? "all-out" : `${asked}/s`} ${protocol} flood`;
}

/** Two digits are enough for a name, and the same for both daemons. */
function near(number) {
  return Number(number.toPrecision(1));
}
