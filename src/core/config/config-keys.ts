// The keys of the config: rules as the path needs them, and what is wrong between keys and doors.
import type { Family } from "../address.ts";
import type { KeyRule } from "../spa/key.ts";
import { mapping } from "./blocks.ts";
import { quoted, quotedPath } from "./config-problem.ts";
import type { Problem } from "./problem.ts";
import type { ConfigInput } from "./schema.ts";
import type { YamlFile } from "./yaml-file.ts";

type Keys = ConfigInput["keys"];

export function keyRules(keys: Keys): KeyRule[] {
  return Object.entries(keys).map(([name, { expires, prefix = {}, ...rule }]) => ({
    name,
    ...rule,
    ...(expires === undefined ? {} : { expires }),
    prefixes: prefix,
  }));
}

/** How many bits the networks have that keys may open at this door. */
export function prefixesOf(door: string, keys: Keys): Record<Family, readonly number[]> {
  const opening = Object.values(keys).filter(({ doors }) => doors.includes(door));
  const bitsOf = (family: Family) => [...new Set(opening.flatMap(({ prefix = {} }) => prefix[family] ?? []))];
  return { 4: bitsOf(4).filter((bits) => bits < 32), 6: bitsOf(6).filter((bits) => bits < 128) };
}

/** A key for a door that is not there, or that takes no signed packets, would open nothing. */
export function keyDoorProblems(file: YamlFile): Problem[] {
  const doors = mapping(mapping(file.value)["doors"]);
  return Object.entries(mapping(mapping(file.value)["keys"])).flatMap(([name, key]) => {
    const written = mapping(key)["doors"];
    const isList = Array.isArray(written);
    const names: readonly unknown[] = isList ? written : [written];
    return names.flatMap((door, index) => {
      if (typeof door !== "string") return [];
      const path = ["keys", name, "doors", ...(isList ? [index] : [])];
      const spa = mapping(doors[door])["spa"];
      if (Object.hasOwn(doors, door) && spa !== undefined && spa !== false) return [];
      const wanted = Object.hasOwn(doors, door) ? "a door that says spa: true" : "the name of a door";
      return [{ path: quotedPath(path), ...file.place(path), message: `expected ${wanted}, got ${quoted(door)}` }];
    });
  });
}
