// What a check of the machine is: it looks, changes nothing, and says what it found and what to do next.
import type { Machine } from "./machine.ts";

export type State = "ok" | "warn" | "fail";

export interface Finding {
  readonly state: State;
  readonly text: string;
  /** What to do next. */
  readonly advice?: string;
  /** What the advice costs, and what else there is. */
  readonly more?: readonly string[];
}

export interface Check {
  readonly name: string;
  look(machine: Machine): readonly Finding[] | Promise<readonly Finding[]>;
}

export function ok(text: string): Finding {
  return { state: "ok", text };
}

export function warn(text: string, advice?: string, more: readonly string[] = []): Finding {
  return { ...fail(text, advice, more), state: "warn" };
}

export function fail(text: string, advice?: string, more: readonly string[] = []): Finding {
  return { state: "fail", text, ...(advice === undefined ? {} : { advice }), ...(more.length === 0 ? {} : { more }) };
}
