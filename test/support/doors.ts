// Doors and configs for tests, through the real parser: what a test uses is what an administrator could write.

import type { z } from "zod";
import { type Config, parseConfig } from "../../src/core/config/config.ts";
import { formatProblem } from "../../src/core/config/problem.ts";
import type { configSchema } from "../../src/core/config/schema.ts";
import type { Door } from "../../src/core/door.ts";

type Input = z.input<typeof configSchema>;

/** The keys of a door as in knockd.yaml, and its name. */
export type DoorOptions = Input["doors"][string] & { readonly name?: string };

/** The config in a text of YAML; throws all its problems. */
export function configOf(yaml: string): Config {
  const parsed = parseConfig(yaml);
  if ("config" in parsed) return parsed.config;
  throw new Error(parsed.problems.map((problem) => formatProblem("test", problem)).join("\n"));
}

export function doorsOf(yaml: string): readonly Door[] {
  return configOf(yaml).doors;
}

/** A config of these doors. */
export function config(doors: readonly DoorOptions[], options: Input["options"] = {}): Config {
  const entries = doors.map((each) => {
    const { name, ...keys } = withDefaults(each);
    return [name, keys];
  });
  return configOf(JSON.stringify({ options, doors: Object.fromEntries(entries) }));
}

/** A door; without options it is `ssh`, knocked at 7000, 8000, 9000 (tcp), and only logs. */
export function door(options: DoorOptions = {}): Door {
  const [only] = config([options]).doors;
  if (only === undefined) throw new Error("no door");
  return only;
}

function withDefaults(options: DoorOptions): DoorOptions {
  const earned = options.one_time_sequences === undefined ? { sequence: "7000,8000,9000" } : {};
  return { name: "ssh", ...earned, ...options };
}
