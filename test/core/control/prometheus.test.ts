import { describe, expect, it } from "vitest";
import { formatFamilies } from "../../../src/core/control/prometheus.ts";
import { readPage } from "../../support/prometheus.ts";

describe("the text format of Prometheus", () => {
  it("has HELP, TYPE and samples of each family together", () => {
    const page = formatFamilies([
      { name: "a_total", type: "counter", help: "A.", samples: [{ value: 3 }] },
      {
        name: "b",
        type: "gauge",
        help: "B.",
        samples: [
          { labels: { door: "ssh", reason: "x" }, value: 1.5 },
          { labels: { door: "web" }, value: 0 },
        ],
      },
    ]);
    expect(page).toBe(
      `# HELP a_total A.\n# TYPE a_total counter\na_total 3\n# HELP b B.\n# TYPE b gauge\nb{door="ssh",reason="x"} 1.5\nb{door="web"} 0\n`,
    );
  });

  it.each([String.raw`back\slash`, 'quo"te', "new\nline", String.raw`\n`, '\\"\n\\\\', ""])(
    "brings the label %j and back",
    (value) => {
      const page = formatFamilies([
        { name: "a", type: "gauge", help: value || "x", samples: [{ labels: { value }, value: 1 }] },
      ]);
      expect(readPage(page)).toEqual([{ name: "a", labels: { value }, value: 1 }]);
    },
  );

  it("escapes as the format says", () => {
    const page = formatFamilies([
      { name: "a", type: "gauge", help: 'a\\b\n"c"', samples: [{ labels: { l: 'a\\b\n"c"' }, value: 1 }] },
    ]);
    expect(page).toBe('# HELP a a\\\\b\\n"c"\n# TYPE a gauge\na{l="a\\\\b\\n\\"c\\""} 1\n');
  });

  it("leaves out a family that has nothing to say", () => {
    expect(formatFamilies([{ name: "a", type: "gauge", help: "A.", samples: [] }])).toBe("");
  });
});

describe("the reader that the tests use", () => {
  const head = "# HELP a_total A.\n# TYPE a_total counter\n";
  it.each([
    ["no newline at the end", `${head}a_total 1`],
    ["no HELP", "# TYPE a_total counter\na_total 1\n"],
    ["no TYPE", "# HELP a_total A.\na_total 1\n"],
    ["a family twice", `${head}a_total 1\n${head}`],
    ["a series twice", `${head}a_total{a="1"} 1\na_total{a="1"} 2\n`],
    ["a foreign sample", `${head}b_total 1\n`],
    ["no number", `${head}a_total undefined\n`],
    ["less than nothing", `${head}a_total -1\n`],
    ["an open label", `${head}a_total{a="1} 1\n`],
    ["a bare quote in a label", `${head}a_total{a="1"2"} 1\n`],
    ["an unknown escape", `${head}a_total{a="\\t"} 1\n`],
    ["a counter without _total", "# HELP a A.\n# TYPE a counter\na 1\n"],
    ["an empty line", `${head}\na_total 1\n`],
  ])("refuses %s", (_what, page) => {
    expect(() => readPage(page)).toThrow();
  });
});
