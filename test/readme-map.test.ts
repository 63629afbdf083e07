// README's map of where a change goes: every file and folder that it names exists, so that it does not lead astray.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const PAGE = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [, TABLE = ""] = /\| to change +\|.*\n\|[-| ]+\|\n((?:\|.*\n)+)/.exec(PAGE) ?? [];
const ROWS = TABLE.trimEnd().split("\n");
const [, PATH = ""] = /```\n(io\/capture -> .*)\n```/.exec(PAGE) ?? [];

/** As the page names them: from the top, or from src, or beside the one before. */
function missing(cell: string): string[] {
  const lost: string[] = [];
  let folder = "";
  for (const [, name = ""] of cell.matchAll(/`([\w./-]+)`/g)) {
    const places = [name, `src/${name}`, `${folder}/${name}`];
    const found = places.find((place) => existsSync(new URL(`../${place}`, import.meta.url)));
    if (found === undefined) lost.push(name);
    else folder = found.replace(/\/[^/]*$/, "");
  }
  return lost;
}

describe("the map in README", () => {
  it.each(ROWS)("%s", (row) => {
    const [, , edit = "", prove = ""] = row.split("|");
    expect(edit).toMatch(/`/);
    expect(prove).toMatch(/`/);
    expect(missing(edit + prove)).toEqual([]);
  });

  it("draws the path through files that exist", () => {
    const stages = [...PATH.matchAll(/[a-z]+\/[\w/-]+/g)].map(([stage]) => stage);
    expect(stages.length).toBeGreaterThan(6);
    const lost = stages.filter((stage) =>
      ["", ".ts"].every((end) => !existsSync(new URL(`../src/${stage}${end}`, import.meta.url))),
    );
    expect(lost).toEqual([]);
  });
});
