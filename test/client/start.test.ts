// A plain knock leaves at once: what it loads at its start is its own, and no library.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const ENTRY = new URL("../../src/knock.ts", import.meta.url);

/** Whatever is loaded before the first line runs: types vanish, and `import()` waits until it is called. */
function loadedBy(file: URL, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file.href)) return loaded;
  loaded.add(file.href);
  const statements = readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)";/gm);
  for (const [, target = ""] of statements) {
    if (target.startsWith(".")) loadedBy(new URL(target, file), loaded);
    else loaded.add(target);
  }
  return loaded;
}

describe("the start of a plain knock", () => {
  const loaded = [...loadedBy(ENTRY)];

  it("loads nothing but Node's own modules and small files of ours", () => {
    expect(loaded.filter((target) => !target.startsWith("file:") && !target.startsWith("node:"))).toEqual([]);
  });

  it("does not load what only profiles need", () => {
    const files = loaded.map((target) => target.replace(/.*\//, ""));
    expect(files).toContain("send.ts");
    expect(files.filter((file) => /profile|config|schema|yaml|packet|code|wait/.test(file))).toEqual([]);
  });
});
