// What a module loads before its first line runs.

import { readFileSync } from "node:fs";

/** Types vanish, and `import()` waits until it is called. A library is kept by its name. */
export function loadedBy(file: URL, loaded = new Map<string, string>()): ReadonlyMap<string, string> {
  if (loaded.has(file.href)) return loaded;
  const text = readFileSync(file, "utf8");
  loaded.set(file.href, text);
  for (const [, target = ""] of text.matchAll(/^(?:import|export) (?!type )(?:[^;"]*?from )?"([^"]+)"/gm)) {
    if (target.startsWith(".") && !target.endsWith(".json")) loadedBy(new URL(target, file), loaded);
    else loaded.set(target, "");
  }
  return loaded;
}
