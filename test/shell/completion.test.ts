import { describe, expect, it } from "vitest";
import { fitting } from "../../src/shell/completion.ts";
import type { Program } from "../../src/shell/program.ts";

const config = { flags: ["-c", "--config"], takes: "file", says: "the config file" };
const json = { flags: ["--json"], takes: undefined, says: "print JSON" };
const howto: Program = { name: "howto", says: "print a knock", options: [config, json], takes: ["door"], commands: [] };
const close: Program = { name: "close", says: "close", options: [], takes: ["door", "address"], commands: [] };
const help: Program = { name: "help", says: "print help", options: [], takes: ["command"], commands: [] };
const knockd: Program = { name: "knockd", says: "", options: [json], takes: [], commands: [howto, close, help] };

function offered(...words: string[]): readonly string[] | string {
  const fits = fitting(knockd, words);
  return fits.kind === "words" ? fits.candidates.map(({ word }) => word) : `${fits.prefix}<${fits.takes}>`;
}

describe("what may stand at the cursor", () => {
  it.each([
    [["ho"], ["howto", "close", "help"]],
    [["--"], ["--json"]],
    [["howto", ""], "<door>"],
    [
      ["howto", "-"],
      ["--config", "--json"],
    ],
    [["howto", "ssh", ""], []],
    [["howto", "-c", ""], "<file>"],
    [["howto", "--config=/e"], "--config=<file>"],
    [["howto", "-c", "a file", ""], "<door>"],
    [["howto", "--config=x", "--json", ""], "<door>"],
    [["howto", "--json=x"], []],
    [["howto", "--", "-"], "<door>"],
    [["close", "ssh", "2"], "<address>"],
    [
      ["help", ""],
      ["howto", "close", "help"],
    ],
    [["nonsense", ""], []],
    [[], ["howto", "close", "help"]],
  ])("%j: %j", (words, fits) => {
    expect(offered(...words)).toEqual(fits);
  });

  it("comes with what was said before it", () => {
    const said = (...words: string[]) => {
      const fits = fitting(knockd, words);
      return fits.kind === "value" ? fits.said : undefined;
    };
    expect(said("howto", "-c", "x.yaml", "")).toMatchObject({ command: "howto", given: [] });
    expect(said("howto", "-c", "x.yaml", "")?.values.get("--config")).toBe("x.yaml");
    expect(said("howto", "--config=y=z", "")?.values.get("--config")).toBe("y=z");
    expect(said("close", "ssh", "")).toMatchObject({ command: "close", given: ["ssh"] });
  });
});
