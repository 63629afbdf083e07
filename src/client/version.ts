// The version of the client: the one of its package.

import { readFileSync } from "node:fs";

const PACKAGE = new URL("../../package.json", import.meta.url);

export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(PACKAGE, "utf8"));
  if (typeof manifest !== "object" || manifest === null || !("version" in manifest)) return "unknown";
  return String(manifest.version);
}
