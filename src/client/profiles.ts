// The text of config.yaml -> profiles. All problems at once, each with place, value and expectation.

import { problemsOf, quoted, quotedPath } from "../core/config/config-problem.ts";
import type { Problem } from "../core/config/problem.ts";
import { readYaml, type YamlFile } from "../core/config/yaml-file.ts";
import { knownKeys, PROFILE_NAME, PROFILE_NAME_MAX, type Profiles, profilesSchema } from "./profile-schema.ts";

export type ParsedProfiles = { readonly profiles: Profiles } | { readonly problems: readonly Problem[] };

export function parseProfiles(text: string): ParsedProfiles {
  const file = readYaml(text);
  if ("problems" in file) return file;
  const parsed = profilesSchema.safeParse(withoutEmpty(file.value));
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, file, knownKeys))),
    ...nameProblems(file),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  return { problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

export function holdsSecrets(profiles: Profiles): boolean {
  return Object.values(profiles).some(({ spa, totp }) => spa !== undefined || totp?.secret !== undefined);
}

function nameProblems(file: YamlFile): Problem[] {
  const wanted = `a profile's name begins with a letter and has 1 to ${PROFILE_NAME_MAX} letters, digits, "_", "." or "-"`;
  return Object.keys(mapping(mapping(file.value)["profiles"]))
    .filter((name) => !PROFILE_NAME.test(name))
    .map((name) => {
      const path = ["profiles", name];
      return { path: quotedPath(path), ...file.placeOfKey(path), message: `${wanted}, got ${quoted(name)}` };
    });
}

/** A file, or a block of it, of which every line is commented out. */
function withoutEmpty(value: unknown): unknown {
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
