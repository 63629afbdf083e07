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
  /** When the process was gone. */
  readonly goneMs: number;
}

/** Somebody else took rules away. */
export interface Taken {
  readonly doors: readonly DoorName[];
  readonly fromMs: number;
  /** All was there again that the administrator puts there. */
  readonly restoredMs: number;
  /** Their elements went, too. */
  readonly elements: boolean;
  /** How long the repair may take after that. */
  readonly repairMs: number;
}

export interface Record {
  readonly plan: Plan;
  readonly knocks: Knock[];
  readonly downs: Down[];
  readonly taken: Taken[];
  looks: readonly Look[];
  promised: readonly Promised[];
  journal: readonly JournalLine[];
  /** Something is wrong with the daemon after the round. */
  readonly ailments: string[];
}

export function emptyRecord(plan: Plan): Record {
  return { plan, knocks: [], downs: [], taken: [], looks: [], promised: [], journal: [], ailments: [] };
}

export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function inside(spans: readonly Span[], atMs: number): boolean {
  return spans.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs);
}
