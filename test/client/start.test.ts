// A plain knock leaves at once: what it loads at its start is its own, and no library. (How large it is when built: test/program/knock.test.ts.)

import { describe, expect, it } from "vitest";
import { loadedBy } from "../support/loaded-by.ts";

describe("the start of a plain knock", () => {
  const source = loadedBy(new URL("../../src/knock.ts", import.meta.url));

  it("loads nothing but Node's own modules and files of ours", () => {
    expect([...source.keys()].filter((target) => !/^(file:|node:|\.\.\/package\.json)/.test(target))).toEqual([]);
  });

  it("does not load what only profiles, codes, packets and waiting need", () => {
    const files = [...source.keys()].map((target) => target.replace(/.*\//, ""));
    expect(files).toContain("send.ts");
    expect(files.filter((file) => /profile|config|schema|yaml|packet|code|wait|print\.ts/.test(file))).toEqual([]);
  });
});
