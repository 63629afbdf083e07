// YAML text -> Config. All problems at once, each with place, value and expectation.
import leven from "leven";
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import type { Family } from "./address.ts";
import type { Command, Commands, Door } from "./door.ts";
import { formatPort } from "./port.ts";
import { formatPath, type Problem } from "./problem.ts";
import { type ConfigInput, configSchema, DOOR_NAME_MAX, type DoorInput } from "./schema.ts";

export interface Network {
  readonly family: Family;
  /** Canonical, with prefix length. */
  readonly text: string;
}

export type FirewallKind = "nftables" | "iptables" | "none";

export interface Config {
  /** Names, or `any` alone; empty: the interface of the default route. */
  readonly interfaces: readonly string[];
  readonly logFormat: "text" | "json";
  readonly logLevel: "error" | "warn" | "info" | "debug";
  readonly firewall: FirewallKind;
  readonly allow: readonly Network[];
  readonly scanGuard: boolean;
  readonly onStop: "close" | "keep";
  readonly doors: readonly Door[];
}

export type Parsed = { readonly config: Config } | { readonly problems: readonly Problem[] };

/** BOUNDED: bytes of a config file. */
export const CONFIG_BYTES_MAX = 4 * 1024 * 1024;

const DEFAULT_GRANT_MS = 10_000;
const DOOR_NAME = new RegExp(`^[A-Za-z][\\w.-]{0,${DOOR_NAME_MAX - 1}}$`);
/** The largest edit distance at which an unknown key is still taken for a typing error. */
const TYPO_DISTANCE = 3;

export function parseConfig(text: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) => ({
        path: "",
        ...positionOf(lines, error.pos[0]),
        message: lowerFirst(error.message),
      })),
    };
  }
  const value: unknown = document.toJS();
  const place = (path: readonly PropertyKey[]): { line: number; column: number } =>
    positionOf(lines, offsetOf(document, path));
  const parsed = configSchema.safeParse(value ?? {});
  if (!parsed.success)
    return { problems: sortByPlace(parsed.error.issues.flatMap((issue) => problemsOf(issue, value, place))) };
  const problems: Problem[] = [];
  const report: Report = (path, message) => problems.push({ path: formatPath(path), ...place(path), message });
  const config = build(parsed.data, report);
  return problems.length > 0 ? { problems: sortByPlace(problems) } : { config };
}

type Report = (path: readonly PropertyKey[], message: string) => void;

function build({ options, doors }: ConfigInput, report: Report): Config {
  return {
    interfaces: options.interface ?? [],
    logFormat: options.log_format,
    logLevel: options.log_level,
    firewall: options.firewall,
    allow: options.allow,
    scanGuard: options.scan_guard,
    onStop: options.on_stop,
    doors: Object.entries(doors).map(([name, door]) => {
      checkDoor(name, door, options.firewall, report);
      return buildDoor(name, door);
    }),
  };
}

function buildDoor(name: string, input: DoorInput): Door {
  const start6 = input.start_command_6 ?? input.start_command;
  const stop6 = input.stop_command_6 ?? input.stop_command;
  return {
    name,
    sequence: input.sequence ?? [],
    ...(input.one_time_sequences === undefined ? {} : { oneTimeSequences: input.one_time_sequences }),
    seqTimeoutMs: input.seq_timeout,
    seqCooldownMs: input.seq_cooldown,
    tcpflags: input.tcpflags,
    ...(input.target === undefined ? {} : { target: input.target }),
    open: [...new Map((input.open ?? []).map((port) => [formatPort(port), port])).values()],
    sets: {
      ...(input.set === undefined ? {} : { 4: input.set }),
      ...(input.set_6 === undefined ? {} : { 6: input.set_6 }),
    },
    grantMs: input.for ?? input.cmd_timeout ?? DEFAULT_GRANT_MS,
    commands: { 4: buildCommands(input.start_command, input.stop_command), 6: buildCommands(start6, stop6) },
  };
}

/** As in knockd, an empty command is none, and without a start command the stop command does not run either. */
function buildCommands(start: Command | undefined, stop: Command | undefined): Commands {
  if (isEmpty(start)) return {};
  return isEmpty(stop) ? { start } : { start, stop };
}

function isEmpty(command: Command | undefined): command is undefined {
  return command === undefined || ("shell" in command && command.shell.trim() === "");
}

/** What the form of single keys cannot say. */
function checkDoor(name: string, door: DoorInput, firewall: FirewallKind, report: Report): void {
  const at = ["doors", name];
  if (!DOOR_NAME.test(name)) {
    report(
      at,
      `a door's name begins with a letter and has 1 to ${DOOR_NAME_MAX} letters, digits, "_", "." or "-", got ${JSON.stringify(name)}`,
    );
  }
  if (door.sequence === undefined && door.one_time_sequences === undefined) {
    report(at, "expected sequence or one_time_sequences: nobody could ever open this door");
  }
  if (door.sequence !== undefined && door.one_time_sequences !== undefined) {
    report([...at, "one_time_sequences"], "a door has either sequence or one_time_sequences, got both");
  }
  if (door.for !== undefined && door.cmd_timeout !== undefined && door.for !== door.cmd_timeout) {
    report(
      [...at, "cmd_timeout"],
      "a grant has one end: for and cmd_timeout must be equal where both are given, or leave one out",
    );
  }
  for (const [index, port] of (door.open ?? []).entries()) {
    const step = (door.sequence ?? []).findIndex((other) => formatPort(other) === formatPort(port));
    if (step >= 0)
      report(
        [...at, "open", index],
        `${formatPort(port)} is already watched: it is step ${step + 1} of this door's own sequence`,
      );
  }
  for (const key of ["set", "set_6"] as const) {
    const words = door[key]?.split(" ").length ?? 0;
    if (firewall === "iptables" && words === 3)
      report([...at, key], `with firewall: iptables, expected the name of an ipset, got ${JSON.stringify(door[key])}`);
    if (firewall === "nftables" && words === 1) {
      report(
        [...at, key],
        `expected family, table and set, such as "inet filter ssh_allowed", got ${JSON.stringify(door[key])}`,
      );
    }
  }
}

function problemsOf(
  issue: z.core.$ZodIssue,
  root: unknown,
  place: (path: readonly PropertyKey[]) => { line: number; column: number },
): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return {
        path: formatPath(path),
        ...place(path),
        message: `unknown key${suggestion(key, knownKeys(issue.path))}`,
      };
    });
  }
  const found = valueAt(root, issue.path);
  const complete =
    issue.code === "custom" ||
    issue.code === "too_small" ||
    issue.code === "too_big" ||
    issue.code === "invalid_format";
  const wanted = issue.message.startsWith("Invalid input") ? "a mapping of keys to values" : issue.message;
  const got = found === undefined ? "nothing" : (JSON.stringify(found) ?? String(found));
  const message = !complete
    ? `expected ${wanted}, got ${got}`
    : issue.message.includes(", got ")
      ? issue.message
      : `${issue.message}, got ${got}`;
  return [{ path: formatPath(issue.path), ...place(issue.path), message }];
}

/** The keys that may stand at a path: the file's own, those of `options`, those of a door. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  const { options, doors } = configSchema.shape;
  if (path.length === 0) return Object.keys(configSchema.shape);
  return Object.keys(path[0] === "options" ? options.unwrap().shape : doors.valueType.shape);
}

function suggestion(key: string, known: readonly string[]): string {
  const [closest] = known
    .map((name) => ({ name, distance: leven(name, key.toLowerCase().replaceAll("-", "_")) }))
    .sort((a, b) => a.distance - b.distance);
  if (closest === undefined || closest.distance > Math.min(TYPO_DISTANCE, key.length / 2))
    return `, expected one of ${known.join(" ")}`;
  return `, did you mean ${closest.name}?`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}

/** Where the value at `path` stands; for a key without a value of its own, where the key stands; else the nearest parent. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair !== undefined) return startOf(length === path.length && isScalar(pair.value) ? pair.value : pair.key);
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return startOf(node);
  }
  return 0;
}

function isNode(node: unknown): node is Node {
  return typeof node === "object" && node !== null && "range" in node;
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function positionOf(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function sortByPlace(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
