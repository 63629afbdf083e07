// A plain knock leaves at once: what it loads at its start is small, its own, and no library.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** With zod and yaml it would be over a million. */
const BYTES_MAX = 40_000;

/** Whatever is loaded before the first line runs: types vanish, and `import()` waits until it is called. */
function loadedBy(file: URL, loaded = new Map<string, string>()): ReadonlyMap<string, string> {
  if (loaded.has(file.href)) return loaded;
  const text = readFileSync(file, "utf8");
  loaded.set(file.href, text);
  for (const [, target = ""] of text.matchAll(/^(?:import|export) (?!type )(?:[^;"]*?from )?"([^"]+)"/gm)) {
    if (target.startsWith(".") && !target.endsWith(".json")) loadedBy(new URL(target, file), loaded);
    else loaded.set(target, "");
  }
  return loaded;
}

describe("the start of a plain knock", () => {
  const source = loadedBy(new URL("../../src/knock.ts", import.meta.url));
  const built = loadedBy(new URL("../../dist/knock.js", import.meta.url));

  it("loads nothing but Node's own modules and files of ours", () => {
    expect([...source.keys()].filter((target) => !/^(file:|node:|\.\.\/package\.json)/.test(target))).toEqual([]);
  });

  it("does not load what only profiles, codes, packets and waiting need", () => {
    const files = [...source.keys()].map((target) => target.replace(/.*\//, ""));
    expect(files).toContain("send.ts");
    expect(files.filter((file) => /profile|config|schema|yaml|packet|code|wait|print/.test(file))).toEqual([]);
  });

  it("is small when it is built, too", () => {
    const bytes = [...built.values()].reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(BYTES_MAX);
  });
});
