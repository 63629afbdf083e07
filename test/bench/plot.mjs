// The plot for the README: over the rate of a flood, how many of 20 real knocks open, and how soon. SVG, on light and dark.

const WHO = [
  { name: "ours", label: "this knockd", color: "#2f81f7" },
  { name: "knockd", label: "C knockd", color: "#e5534b" },
  { name: "nftables", label: "nftables alone", color: "#8b949e" },
];
const [WIDTH, HEIGHT] = [860, 330];
const PANEL = { width: 330, height: 210, top: 60 };
const RATES = { from: 1000, to: 1_000_000 };
const TIMES = { from: 0.01, to: 1000 };

/** Reads what bench.mjs writes. */
export function plot({ measures: { flood } }) {
  const runs = WHO.map((who) => ({ ...who, rows: merged(flood?.[who.name] ?? []) }));
  const share = panel(
    60,
    "real knocks that open (%)",
    [0, 25, 50, 75, 100].map((at) => [linear(at), String(at)]),
  );
  const time = panel(
    500,
    "last knock to open door, median (ms)",
    [0.01, 0.1, 1, 10, 100, 1000].map((at) => [logarithmic(at, TIMES), String(at)]),
  );
  const lines = runs.map(({ color, rows }) => [
    line(
      60,
      color,
      rows.map((row) => [row.packetsPerS, linear((100 * row.opened) / row.knocks)]),
    ),
    line(
      500,
      color,
      rows
        .filter(({ p50Ms }) => Number.isFinite(p50Ms) && p50Ms !== null)
        .map((row) => [row.packetsPerS, logarithmic(row.p50Ms, TIMES)]),
    ),
  ]);
  const legend = WHO.map(
    ({ label, color }, at) =>
      `<circle cx="${70 + at * 140}" cy="18" r="5" fill="${color}"/><text x="${82 + at * 140}" y="22">${label}</text>`,
  );
  // Text and lines in a grey that is readable on white and on black alike.
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#7d8590">`,
    "<title>Real knocks during a flood of spoofed first knocks</title>",
    ...legend,
    share,
    time,
    ...lines.flat(),
    "</svg>",
    "",
  ].join("\n");
}

/** TCP and UDP floods of the same rate are one point: all their knocks, and the worse median. */
function merged(rows) {
  const byRate = groupBy(rows, ({ asked }) => asked);
  const total = (list, key) => list.reduce((sum, row) => sum + row[key], 0);
  return [...byRate.values()]
    .map((list) => ({
      packetsPerS: total(list, "packetsPerS") / list.length,
      opened: total(list, "opened") + total(list, "openedTogether"),
      knocks: 2 * total(list, "knocks"),
      p50Ms: Math.max(...list.map(({ p50Ms }) => p50Ms ?? Number.NaN).filter(Number.isFinite)),
    }))
    .sort((a, b) => a.packetsPerS - b.packetsPerS);
}

function groupBy(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

function panel(left, title, marks) {
  const bottom = PANEL.top + PANEL.height;
  const rates = [1000, 10_000, 100_000, 1_000_000].map((rate) => [xOf(left, rate), rate.toLocaleString("en")]);
  return [
    `<text x="${left}" y="${PANEL.top - 16}" font-weight="bold">${title}</text>`,
    ...marks.map(
      ([y, text]) =>
        `<path d="M${left} ${y}h${PANEL.width}" stroke="#7d8590" stroke-opacity=".3"/><text x="${left - 6}" y="${y + 4}" text-anchor="end">${text}</text>`,
    ),
    ...rates.map(([x, text]) => `<text x="${x}" y="${bottom + 18}" text-anchor="middle">${text}</text>`),
    `<text x="${left + PANEL.width / 2}" y="${bottom + 38}" text-anchor="middle">spoofed first knocks a second</text>`,
  ].join("\n");
}

function line(left, color, points) {
  const places = points.map(([rate, y]) => [xOf(left, rate).toFixed(1), y.toFixed(1)]);
  const dots = places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.5" fill="${color}"/>`);
  return [
    `<polyline points="${places.map((place) => place.join(",")).join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...dots,
  ].join("\n");
}

function xOf(left, rate) {
  return left + PANEL.width * fraction(rate, RATES);
}

function linear(percent) {
  return PANEL.top + PANEL.height * (1 - percent / 100);
}

function logarithmic(value, scale) {
  return PANEL.top + PANEL.height * (1 - fraction(value, scale));
}

function fraction(value, { from, to }) {
  return Math.min(1, Math.max(0, Math.log(value / from) / Math.log(to / from)));
}
