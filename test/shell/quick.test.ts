// What is answered before anything else is loaded, and what is not.
import { describe, expect, it } from "vitest";
import type { Outline } from "../../src/shell/outline.ts";
import { quickAnswer, quickFitting } from "../../src/shell/quick.ts";

const OUTLINE: Outline = {
  version: "1.2.3",
  help: { "": "all\n", status: "of status\n" },
  programs: {
    knockd: {
      name: "knockd",
      says: "",
      options: [],
      takes: [],
      commands: [
        { name: "status", says: "what is open", options: [], takes: [], commands: [] },
        { name: "howto", says: "how to knock", options: [], takes: ["door"], commands: [] },
      ],
    },
  },
};

describe("the quick answer", () => {
  it.each([
    ["--version", "1.2.3\n"],
    ["-V", "1.2.3\n"],
    ["--help", "all\n"],
    ["-h", "all\n"],
    ["help", "all\n"],
    ["help status", "of status\n"],
    ["status --help", "of status\n"],
    ["status -h", "of status\n"],
    ["complete -- knockd st", "status\twhat is open\n"],
  ])("to %s is what the program would say", (words, answer) => {
    expect(quickAnswer(OUTLINE, words.split(" "))).toBe(answer);
  });

  it.each([
    "",
    "status",
    "--help status",
    "help nothing",
    "nothing --help",
    "help help",
    "status --json --help",
    "run",
  ])("to %j is the program's own", (words) => {
    expect(quickAnswer(OUTLINE, words === "" ? [] : words.split(" "))).toBeUndefined();
  });

  it.each(["complete knockd st", "complete -- other st", "complete -- constructor st"])("to %s is none", (words) => {
    expect(quickAnswer(OUTLINE, words.split(" "))).toBeUndefined();
    expect(quickFitting(OUTLINE, words.split(" "))).toBeUndefined();
  });

  it("leaves to others what only the machine can tell", () => {
    const words = "complete -- knockd howto x".split(" ");
    expect(quickAnswer(OUTLINE, words)).toBeUndefined();
    expect(quickFitting(OUTLINE, words)).toMatchObject({ kind: "value", takes: "door" });
  });
});
