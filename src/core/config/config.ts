// YAML text -> Config. All problems at once, each with place, value and expectation.
import type { Family } from "../address.ts";
import type { Door } from "../door.ts";
import type { KeyRule } from "../spa/key.ts";
import { mapping, nameProblems, withoutEmpty } from "./blocks.ts";
import { codeRangeProblems } from "./config-codes.ts";
import { keyDoorProblems, keyRules, prefixesOf } from "./config-keys.ts";
import { problemsOf, quoted, quotedPath } from "./config-problem.ts";
import { type FirewallKind, isFirewallKind, SET_FORMS } from "./firewall-kinds.ts";
import { foreignFile } from "./foreign-file.ts";
import type { Problem } from "./problem.ts";
import { remarksOn, withOddCharacters } from "./remarks.ts";
import { type ConfigInput, configSchema, knownKeys } from "./schema.ts";
import { buildDoor } from "./schema-door.ts";
import { readYaml, type YamlFile } from "./yaml-file.ts";

export interface Network {
  readonly family: Family;
  /** Canonical, with prefix length. */
  readonly text: string;
}

export interface Config {
  /** Names, or `any` alone; empty: the interface of the default route. */
  readonly interfaces: readonly string[];
  readonly sniffer: "auto" | "tcpdump" | "cap";
  readonly logFormat: "text" | "json";
  readonly logLevel: "error" | "warn" | "info" | "debug";
  /** Absolute; undefined: stdout. */
  readonly logFile?: string;
  /** Absolute; undefined: none is written. */
  readonly metricsFile?: string;
  readonly firewall: FirewallKind;
  readonly allow: readonly Network[];
  readonly scanGuard: boolean;
  /** What happens to open doors with a stop command when the daemon ends. */
  readonly onStop: "close" | "keep";
  /** Where signed packets are looked for, of UDP. */
  readonly spaPort: number;
  readonly spaMaxAgeMs: number;
  readonly keys: readonly KeyRule[];
  readonly doors: readonly Door[];
}

export type Parsed =
  | {
      readonly config: Config;
      readonly place: YamlFile["place"];
      /** What is legal, and not what it looks like. */
      readonly remarks: readonly Problem[];
    }
  | { readonly problems: readonly Problem[] };

/** Code that zod makes and V8 compiles for it would be worth its time from some hundreds of files on. */
const ONCE = { jitless: true };

export function parseConfig(text: string): Parsed {
  const foreign = foreignFile(text);
  if (foreign !== undefined) return { problems: [{ path: "", line: 1, column: 1, message: foreign }] };
  const file = readYaml(text);
  if ("problems" in file) return { problems: withOddCharacters(file.problems, text) };
  const parsed = configSchema.safeParse(withoutEmpty(file.value), ONCE);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, file, knownKeys))),
    ...nameProblems(file, "doors"),
    ...nameProblems(file, "keys"),
    ...setProblems(file),
    ...keyDoorProblems(file),
    ...(parsed.success ? codeRangeProblems(parsed.data.doors, file) : []),
  ];
  if (parsed.success && problems.length === 0)
    return { config: build(parsed.data), place: file.place, remarks: remarksOn(text, file) };
  const inOrder = problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { problems: withOddCharacters(inOrder, text) };
}

function build({ options, keys, doors }: ConfigInput): Config {
  return {
    interfaces: options.interface ?? [],
    sniffer: options.sniffer,
    logFormat: options.log_format,
    logLevel: options.log_level,
    ...(options.log_file === undefined ? {} : { logFile: options.log_file }),
    ...(options.metrics_file === undefined ? {} : { metricsFile: options.metrics_file }),
    firewall: options.firewall,
    allow: options.allow,
    scanGuard: options.scan_guard,
    onStop: options.on_stop,
    spaPort: options.spa_port.number,
    spaMaxAgeMs: options.spa_max_age,
    keys: keyRules(keys),
    doors: Object.entries(doors).map(([name, door]) => buildDoor(name, door, prefixesOf(name, keys))),
  };
}

/** How a set is named depends on who keeps it; an address fits only a set of its own family. */
function setProblems(file: YamlFile): Problem[] {
  const root = mapping(file.value);
  const kind = mapping(root["options"])["firewall"] ?? "nftables";
  return Object.entries(mapping(root["doors"])).flatMap(([name, door]) =>
    (["set", "set_6"] as const).flatMap((key) => {
      const value = mapping(door)[key];
      const wanted = typeof value === "string" ? wantedSet(key, value.split(" "), kind) : undefined;
      if (wanted === undefined) return [];
      const path = ["doors", name, key];
      return [{ path: quotedPath(path), ...file.place(path), message: `expected ${wanted}, got ${quoted(value)}` }];
    }),
  );
}

function wantedSet(key: "set" | "set_6", words: readonly string[], firewall: unknown): string | undefined {
  return isFirewallKind(firewall) ? SET_FORMS[firewall](words, key === "set" ? 4 : 6) : undefined;
}
