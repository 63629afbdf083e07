// Counts what the rounds brought, and tells it.
import type { Plan } from "./plan.ts";
import type { RoundRecord } from "./record.ts";
import { CHECKS, type Verdict, type Violation } from "./verdict.ts";

/** Past so much the machine, not the daemon, was looked at. */
const STALLED_MS = 500;

export class Tally {
  readonly #seed: number;
  readonly #faults = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly violations: string[] = [];
  readonly #byCheck = new Map<string, number>();
  #rounds = 0;
  #knocks = 0;
  #restarts = 0;
  #stalled = 0;
  #latestCloseMs = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** `trace` is where the record of a round with violations was kept. */
  add(record: RoundRecord, { violations, latestCloseMs, stalledMs }: Verdict, trace: string): void {
    this.#rounds++;
    this.#knocks += record.knocks.length;
    this.#restarts += record.downs.length;
    if (stalledMs > STALLED_MS) this.#stalled++;
    this.#latestCloseMs = Math.max(this.#latestCloseMs, latestCloseMs);
    count(this.#faults, record.plan.fault);
    for (const failure of record.failures) count(this.#failures, failure.replace(/ .*/s, ""));
    for (const violation of violations) this.#blame(record.plan, violation, trace);
  }

  /** A round that could not be played to its end: the daemon does not come up, or something like it. */
  broken(plan: Plan, error: unknown): void {
    this.#rounds++;
    count(this.#faults, plan.fault);
    this.#blame(plan, { check: "V5", what: error instanceof Error ? error.message : String(error) }, "no record");
  }

  get text(): string {
    const lines = [
      `seed ${this.#seed}: ${this.#rounds} rounds, ${this.#knocks} knocks, ${this.#restarts} restarts`,
      `faults: ${listed(this.#faults)}`,
      `errors in the log: ${listed(this.#failures)}`,
      `latest close: ${Math.round(this.#latestCloseMs)} ms after its time; rounds with a stalled machine: ${this.#stalled}`,
      ...Object.entries(CHECKS).map(([check, what]) => `${check}, ${what}: ${this.#byCheck.get(check) ?? 0}`),
      ...this.violations,
    ];
    return lines.join("\n");
  }

  #blame({ round, fault }: Plan, { check, what }: Violation, trace: string): void {
    count(this.#byCheck, check);
    this.violations.push(`seed ${this.#seed} round ${round} (${fault}) ${check}: ${what} [${trace}]`);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([key, number]) => `${key} ${number}`).join(", ") || "none";
}
