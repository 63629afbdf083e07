import { describe, expect, it } from "vitest";
import { formatPath, formatProblem } from "../../../src/core/config/problem.ts";

describe("a problem", () => {
  it.each([
    [[], ""],
    [["options"], "options"],
    [["doors", "ssh", "sequence", 1], "doors.ssh.sequence[1]"],
    [[0], "[0]"],
  ])("has the path %j written as %j", (path, text) => {
    expect(formatPath(path)).toBe(text);
  });

  it("is a line that editors can jump to", () => {
    const problem = { path: "doors.ssh.for", line: 7, column: 10, message: "expected a time" };
    expect(formatProblem("knockd.yaml", problem)).toBe("knockd.yaml:7:10: doors.ssh.for: expected a time");
    expect(formatProblem("knockd.yaml", { ...problem, path: "" })).toBe("knockd.yaml:7:10: expected a time");
  });
});
