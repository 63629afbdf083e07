// The version of this program, from its package.
import manifest from "../package.json" with { type: "json" };

export function readVersion(): string {
  return manifest.version;
}
