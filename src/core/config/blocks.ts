// The blocks of a YAML file as they are written, before a schema has looked at them: what our config and the client's have in common.
import { quoted, quotedPath } from "./config-problem.ts";
import type { Problem } from "./problem.ts";
import type { YamlFile } from "./yaml-file.ts";

/** Of a door, a key, a profile. */
export const NAME_LENGTH_MAX = 64;
export const NAME = new RegExp(`^[A-Za-z][\\w.-]{0,${NAME_LENGTH_MAX - 1}}$`);

/** What is no mapping is an empty one. */
export function mapping(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** A file, or a block of it, of which every line is commented out is as good as none. */
export function withoutEmpty(value: unknown): unknown {
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
}

/** Of the names in `doors`, `keys` or `profiles`. */
export function nameProblems(file: YamlFile, block: string): Problem[] {
  const wanted = `a ${block.slice(0, -1)}'s name begins with a letter and has 1 to ${NAME_LENGTH_MAX} letters, digits, "_", "." or "-"`;
  return Object.keys(mapping(mapping(file.value)[block]))
    .filter((name) => !NAME.test(name))
    .map((name) => {
      const path = [block, name];
      return { path: quotedPath(path), ...file.placeOfKey(path), message: `${wanted}, got ${quoted(name)}` };
    });
}
