// The help text, rendered from the table of options.
import { expect, it } from "vitest";
import { OPTIONS } from "../../src/client/option-table.ts";
import { usage } from "../../src/client/usage.ts";

const lines = usage().split("\n");

it("has a line for every option, and for nothing else", () => {
  const names = lines.flatMap((line) => /^ {2}(?:-\w, )?--([\w-]+).* {2}\S/.exec(line)?.[1] ?? []);
  expect(names).toEqual(Object.keys(OPTIONS));
});

it("begins every sentence in one column, and fits a terminal of 110 columns", () => {
  const columns = lines.flatMap((line) => /^ {2}-.*? {2,}(?=\S)/.exec(line)?.[0].length ?? []);
  expect(new Set(columns)).toEqual(new Set([22]));
  expect(lines.filter((line) => line.length > 110)).toEqual([]);
});
