import { expect, it } from "vitest";
import { table } from "../../../src/core/text/table.ts";

it("a table's columns are as wide as their widest cell, and no line ends in blanks", () => {
  const rows = [
    ["DOOR", "ADDRESS", "BY"],
    ["ssh", "2001:db8::7", "knock"],
    ["a-long-name", "192.0.2.7", ""],
  ];
  expect(table(rows)).toEqual([
    "DOOR         ADDRESS      BY",
    "ssh          2001:db8::7  knock",
    "a-long-name  192.0.2.7",
  ]);
  expect(table([])).toEqual([]);
});
