// A strict reader of the Prometheus text format 0.0.4: throws at whatever promtool or a scrape would not like.
// https://prometheus.io/docs/instrumenting/exposition_formats

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`);
const HELP = new RegExp(String.raw`^# HELP (${NAME}) ((?:[^\\]|\\[\\n])+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge)$`);
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|NaN|[+-]Inf)$/i;

export function readPage(page: string): ReadSample[] {
  if (!page.endsWith("\n")) throw new Error("the last line must end with a newline");
  const lines = page.slice(0, -1).split("\n");
  const samples: ReadSample[] = [];
  const families = new Set<string>();
  const series = new Set<string>();
  let family = "";
  let type = "";
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const help = HELP.exec(line);
    if (help !== null) {
      family = help[1] ?? "";
      if (families.has(family)) throw new Error(`family ${family} twice`);
      families.add(family);
      const typeLine = TYPE.exec(lines[++index] ?? "");
      if (typeLine?.[1] !== family) throw new Error(`no TYPE after HELP of ${family}`);
      type = typeLine[2] ?? "";
      if ((type === "counter") !== family.endsWith("_total")) throw new Error(`${family} must not be a ${type}`);
      continue;
    }
    const [, name = "", labelText = "", value = ""] = SAMPLE.exec(line) ?? [];
    if (name === "") throw new Error(`not a sample: ${line}`);
    if (name !== family) throw new Error(`${name} stands in the family ${family}`);
    if (!VALUE.test(value)) throw new Error(`not a number: ${line}`);
    if (type === "counter" && !(Number(value) >= 0)) throw new Error(`a counter below zero: ${line}`);
    if (series.has(`${name}{${labelText}}`)) throw new Error(`twice: ${line}`);
    series.add(`${name}{${labelText}}`);
    samples.push({ name, labels: labelsOf(labelText), value: Number(value) });
  }
  return samples;
}

/** `knockd_openings_total{door="ssh"}` -> its value in the page. */
export function readingOf(page: string, series: string): number | undefined {
  const [, name, labelText = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(series) ?? [];
  const wanted = JSON.stringify(labelsOf(labelText));
  return readPage(page).find((sample) => sample.name === name && JSON.stringify(sample.labels) === wanted)?.value;
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([^=,{]+)="((?:[^"\\]|\\.)*)"/g)];
  const unescaped = (value: string): string => value.replace(/\\(.)/g, (_all, sign) => (sign === "n" ? "\n" : sign));
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, unescaped(value)]));
}
