import { describe, expect, it } from "vitest";
import { fitting } from "../../src/shell/completion.ts";
import type { Program } from "../../src/shell/program.ts";

const config = { flags: ["-c", "--config"], takes: "file", says: "the config file" };
const json = { flags: ["--json"], takes: undefined, says: "print JSON" };
const show: Program = { name: "show", says: "print a knock", options: [config, json], takes: ["door"], commands: [] };
const close: Program = { name: "close", says: "close", options: [], takes: ["door", "address"], commands: [] };
const help: Program = { name: "help", says: "print help", options: [], takes: ["command"], commands: [] };
const knockd: Program = { name: "knockd", says: "", options: [json], takes: [], commands: [show, close, help] };

function offered(...words: string[]): readonly string[] | string {
  const fits = fitting(knockd, words);
  return fits.kind === "words" ? fits.candidates.map(({ word }) => word) : `${fits.prefix}<${fits.takes}>`;
}

describe("what may stand at the cursor", () => {
  it.each([
    [["sh"], ["show", "close", "help"]],
    [["--"], ["--json"]],
    [["show", ""], "<door>"],
    [
      ["show", "-"],
      ["--config", "--json"],
    ],
    [["show", "ssh", ""], []],
    [["show", "-c", ""], "<file>"],
    [["show", "--config=/e"], "--config=<file>"],
    [["show", "-c", "a file", ""], "<door>"],
    [["show", "--config=x", "--json", ""], "<door>"],
    [["show", "--json=x"], []],
    [["show", "--", "-"], "<door>"],
    [["close", "ssh", "2"], "<address>"],
    [
      ["help", ""],
      ["show", "close", "help"],
    ],
    [["nonsense", ""], []],
    [[], ["show", "close", "help"]],
  ])("%j: %j", (words, fits) => {
    expect(offered(...words)).toEqual(fits);
  });

  it("comes with what was said before it", () => {
    const said = (...words: string[]) => {
      const fits = fitting(knockd, words);
      return fits.kind === "value" ? fits.said : undefined;
    };
    expect(said("show", "-c", "x.yaml", "")).toMatchObject({ command: "show", given: [] });
    expect(said("show", "-c", "x.yaml", "")?.values.get("--config")).toBe("x.yaml");
    expect(said("show", "--config=y=z", "")?.values.get("--config")).toBe("y=z");
    expect(said("close", "ssh", "")).toMatchObject({ command: "close", given: ["ssh"] });
  });
});
