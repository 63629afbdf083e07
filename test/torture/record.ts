// What happened in a round, as seen from outside. All times are milliseconds of CLOCK_MONOTONIC.
import type { DoorName, Plan, SourceName } from "./plan.ts";

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One look of the prober: a state for each source and door, in the order of SOURCES and DOORS. */
export interface Look {
  readonly atMs: number;
  readonly states: string;
  readonly controlMs: number;
}

export interface Knock {
  readonly door: DoorName;
  readonly source: SourceName;
  readonly atMs: number;
  /** Nothing was wrong when it came: the door must open. */
  readonly sound: boolean;
}

/** What the daemon said that it has done, and so must keep. */
export interface Promised {
  readonly act: "opened" | "extended";
  readonly door: string;
  readonly ip: string;
  readonly atMs: number;
}

/** A line of what start_command and stop_command wrote. */
export interface JournalLine {
  readonly act: "start" | "stop";
  readonly ip: string;
  readonly atMs: number;
}

/** The daemon is down, from the signal until it listens again. */
export interface Down extends Span {
  readonly signal: "SIGKILL" | "SIGTERM";
  /** When the process was gone, and when the next one was started. */
  readonly goneMs: number;
  readonly againMs: number;
}

/** Somebody else took rules away. */
export interface Taken {
  readonly doors: readonly DoorName[];
  readonly fromMs: number;
  /** All was there again that the administrator puts there. */
  readonly restoredMs: number;
  /** How long the repair may take after that. */
  readonly repairMs: number;
}

export interface RoundRecord {
  readonly plan: Plan;
  readonly startMs: number;
  readonly knocks: Knock[];
  readonly downs: Down[];
  readonly taken: Taken[];
  looks: readonly Look[];
  promised: readonly Promised[];
  journal: readonly JournalLine[];
  /** Something is wrong with the daemon. */
  readonly ailments: string[];
  /** What it logged as an error; some faults are errors. */
  failures: readonly string[];
}

export function emptyRecord(plan: Plan): RoundRecord {
  const startMs = nowMs();
  return {
    plan,
    startMs,
    knocks: [],
    downs: [],
    taken: [],
    looks: [],
    promised: [],
    journal: [],
    ailments: [],
    failures: [],
  };
}

export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function inside(spans: readonly Span[], atMs: number): boolean {
  return spans.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs);
}
