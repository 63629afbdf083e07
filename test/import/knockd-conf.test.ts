import { describe, expect, it } from "vitest";
import { readKnockdConf } from "../../src/import/knockd-conf.ts";

function read(text: string) {
  const silent = () => {};
  return readKnockdConf(new TextEncoder().encode(text), silent, silent);
}

describe("comments in a knockd.conf", () => {
  it("stay with the directive below them", () => {
    const [section] = read("[a]\n# one\n\n  # two\nsequence = 1\n#three\ntimeout = 2\n").sections;
    expect(section?.directives.map(({ key, comments, line }) => ({ key, comments, line }))).toEqual([
      { key: "sequence", comments: [" one", " two"], line: 5 },
      { key: "timeout", comments: ["three"], line: 7 },
    ]);
  });

  it.each([
    ["right above a section's name belong to it", "#x\n", [], ["x"]],
    ["before an empty line belong to what is above", "#x\n\n", ["x"], []],
    ["on both sides of an empty line are shared", "#x\n\n#y\n", ["x"], ["y"]],
    ["that are indented belong to what is above", "  #x\n", ["x"], []],
    ["of two parts above an empty line keep it", "#x\n\n#y\n\n#z\n", ["x", "", "y"], ["z"]],
  ])("%s", (_title, between, above, own) => {
    const { sections } = read(`[a]\nsequence = 1\n${between}[b]\nsequence = 2\n`);
    expect({ above: sections[0]?.after, own: sections[1]?.comments }).toEqual({ above, own });
  });

  it("at the top and at the bottom stand apart", () => {
    const { head, sections, end } = read("# head\n\n# of a\n[a]\nsequence = 1\n# in a\n\n# end\n");
    expect({ head, own: sections[0]?.comments, after: sections[0]?.after, end }).toEqual({
      head: [" head"],
      own: [" of a"],
      after: [" in a"],
      end: [" end"],
    });
    expect(read("# alone\n\n# all\n").head).toEqual([" alone", "", " all"]);
  });
});
