// The text of config.yaml -> profiles. All problems at once, each with place, value and expectation.

import { nameProblems, withoutEmpty } from "../core/config/blocks.ts";
import { problemsOf } from "../core/config/config-problem.ts";
import type { Problem } from "../core/config/problem.ts";
import { readYaml } from "../core/config/yaml-file.ts";
import { knownKeys, type Profiles, profilesSchema } from "./profile-schema.ts";

export type ParsedProfiles = { readonly profiles: Profiles } | { readonly problems: readonly Problem[] };

export function parseProfiles(text: string): ParsedProfiles {
  const file = readYaml(text);
  if ("problems" in file) return file;
  const parsed = profilesSchema.safeParse(withoutEmpty(file.value));
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, file, knownKeys))),
    ...nameProblems(file, "profiles"),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  return { problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

export function holdsSecrets(profiles: Profiles): boolean {
  return Object.values(profiles).some(({ spa, totp }) => spa !== undefined || totp?.secret !== undefined);
}
