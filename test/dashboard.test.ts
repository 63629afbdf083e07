// The Grafana dashboard asks for what the daemon tells, and for nothing else.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Counters } from "../src/core/control/counters.ts";
import { metricsText } from "../src/core/control/metrics-page.ts";
import { readPage } from "./support/prometheus.ts";

const FILE = fileURLToPath(new URL("../config/grafana-dashboard.json", import.meta.url));
const dashboardSchema = z.object({
  title: z.string(),
  uid: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.string() })) }),
  panels: z
    .array(
      z.object({
        id: z.int(),
        title: z.string().min(1),
        gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
        targets: z.array(z.object({ expr: z.string(), refId: z.string(), legendFormat: z.string() })).min(1),
      }),
    )
    .min(1),
});
const dashboard = dashboardSchema.parse(JSON.parse(readFileSync(FILE, "utf8")));

function metrics(): Map<string, Set<string>> {
  const counters = new Counters();
  counters.apply([{ name: "ssh" }]);
  const captures = [{ state: "capturing", received: 1, dropped: 1, lost: 1, packets: { received: 1, dropped: 1 } }];
  const page = metricsText(counters, { version: "1", startedMs: 0, captures, attempts: 0, forgotten: 0, grants: [] });
  // `instance` comes with the scrape.
  return new Map(readPage(page).map(({ name, labels }) => [name, new Set([...Object.keys(labels), "instance"])]));
}

const queries = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [title, expr])),
  ...dashboard.templating.list
    .filter(({ name }) => name === "instance")
    .map(({ name, query }): [string, string] => [name, query]),
];

describe("the Grafana dashboard", () => {
  it.each(queries)("%s: %s names metrics and labels that exist", (_title, expression) => {
    const known = metrics();
    const names = [...expression.matchAll(/knockd_\w+/g)].map(([name]) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    const labels = [
      ...[...expression.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label = ""]) => label),
      ...[...expression.matchAll(/by \((\w+)\)/g)].map(([, label = ""]) => label),
    ];
    expect(labels.filter((label) => !names.every((name) => known.get(name)?.has(label)))).toEqual([]);
  });

  it("takes rates of counters, and no others", () => {
    for (const [, expression] of queries)
      for (const [, call = "", name = ""] of expression.matchAll(/(?:(rate|increase)\()?\b(knockd_\w+)/g))
        expect(`${name} ${call !== ""}`).toBe(`${name} ${name.endsWith("_total")}`);
  });

  it("shows every metric that the daemon tells", () => {
    const shown = queries.map(([, expression]) => expression).join(" ");
    const hidden = [...metrics().keys()].filter((name) => !shown.includes(name));
    expect(hidden).toEqual(["knockd_closings_total"]);
  });

  it("has panels side by side, none over another", () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_each, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
