import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "../../../src/core/text/line-splitter.ts";

describe("lines", () => {
  it("are the same however their text comes in pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 })), fc.array(fc.nat(30)), (lines, cuts) => {
        const wanted = lines.map((line) => line.replaceAll("\n", "."));
        const text = wanted.map((line) => `${line}\n`).join("");
        const splitter = new LineSplitter(20);
        const found: string[] = [];
        let start = 0;
        for (const cut of [...cuts, text.length]) {
          found.push(...splitter.push(text.slice(start, start + cut)));
          start += cut;
        }
        expect(found).toEqual(wanted);
      }),
    );
  });

  it("have an end before they are too long, or there is no going on", () => {
    expect(new LineSplitter(5).push("12345\n12345")).toEqual(["12345"]);
    expect(() => new LineSplitter(5).push("123456\n")).toThrow("a line is longer than 5 bytes");
    const splitter = new LineSplitter(5);
    splitter.push("12345");
    expect(() => splitter.push("6")).toThrow(RangeError);
  });
});
